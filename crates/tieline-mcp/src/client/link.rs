//! A way of talking to one server: without state, in a legacy session, or over the two channels of 2024-11-05.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::attend::send_attended;
use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::{Collected, Http, Media, Pace};
use super::http_sse::SseLink;
use super::memory::Hold;
use super::message::{self, Answer, AnswerId, Inbound, Rules};
use super::news;
use super::passing::{self, Came, PassOn, PassedOn};
use super::question::{Asking, Desk};
use super::refusal::Refusal;
use super::request::{PROTOCOL_VERSION, legacy_body, notification_body, reply_body};
use super::sse::{Event, Next, Reader};
use super::target::Target;
use super::transport::Wire;
use super::upstream::Named;
use crate::raw::RawObject;
use crate::wire::{Era, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, ParamHeaders, Revision};

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static(HEADER_SESSION_ID);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static(HEADER_LAST_EVENT_ID);

/// One way of talking to one server.
#[derive(Debug)]
pub(crate) enum Link {
    Modern,
    Streamable(Session),
    HttpSse(SseLink),
}

/// A legacy session over Streamable HTTP. Servers may do without an id.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) revision: Revision,
    pub(crate) id: Option<HeaderValue>,
}

/// One request, whatever the link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) named: Option<Named<'a>>,
    pub(crate) params: &'a RawObject<'a>,
    pub(crate) param_headers: Option<&'a ParamHeaders>,
    pub(crate) notifications: Option<&'a mpsc::Sender<Box<RawValue>>>,
    /// What the caller can do, for a modern server; a legacy one was told when the session began.
    pub(crate) capabilities: Option<&'a RawValue>,
    /// Where requests of a legacy server on this stream go.
    pub(crate) asking: Option<&'a Asking>,
    /// What the answer takes in memory is counted here.
    pub(crate) hold: Option<&'a Hold>,
    /// How a long result goes on while it comes; without it every answer is read whole.
    pub(crate) pass_on: Option<PassOn<'a>>,
    pub(crate) pace: Pace,
    pub(crate) max_depth: usize,
}

/// What came of a request that reached the server.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Got),
    Refused(Refusal),
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Got {
    Whole(Answer),
    /// It went on to the client while it came.
    PassedOn(PassedOn),
}

impl Got {
    /// The answer to a request without a [`PassOn`], which is always read whole.
    pub(crate) fn whole(self) -> Result<Answer, McpError> {
        match self {
            Self::Whole(answer) => Ok(answer),
            Self::PassedOn(_) => {
                let reason = "an answer that was passed on to nobody";
                Err(McpError::sent(Failure::protocol(reason)))
            }
        }
    }
}

impl Link {
    pub(crate) fn wire(&self) -> Wire {
        match self {
            Self::Modern => Wire::modern(),
            Self::Streamable(session) => Wire::Streamable {
                revision: session.revision,
            },
            Self::HttpSse(link) => Wire::HttpSse {
                revision: link.revision(),
            },
        }
    }

    pub(crate) fn era(&self) -> Era {
        self.wire().era()
    }

    /// Whether the link can still carry requests. Only the stream of 2024-11-05 can die unnoticed.
    pub(crate) fn is_alive(&self) -> bool {
        match self {
            Self::HttpSse(link) => link.is_alive(),
            Self::Modern | Self::Streamable(_) => true,
        }
    }

    pub(crate) fn has_session(&self) -> bool {
        match self {
            Self::Modern => false,
            Self::Streamable(session) => session.id.is_some(),
            Self::HttpSse(_) => true,
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(
        &self,
        http: &Http,
        target: &Target,
        id: u64,
        ask: &Ask<'_>,
    ) -> Result<Outcome, McpError> {
        match self {
            Self::Modern => {
                let body = http.introduction.modern_body(
                    id,
                    ask.method,
                    (ask.params, ask.named),
                    ask.capabilities,
                );
                let headers = http.introduction.modern_headers(
                    ask.method,
                    ask.named.map(|named| named.value),
                    ask.param_headers,
                    ask.params,
                );
                post(http, target, headers, body, id, ask, None)
                    .await
                    .map(|(outcome, _)| outcome)
            }
            Self::Streamable(session) => {
                let body = legacy_body(id, ask.method, (ask.params, ask.named));
                let headers = session.headers(http.introduction.post_headers());
                let outcome = post(http, target, headers, body, id, ask, Some(session)).await;
                outcome.map(|(outcome, _)| outcome)
            }
            Self::HttpSse(link) => Box::pin(link.ask(http, target, id, ask)).await,
        }
    }

    /// Tells a legacy server that nobody waits for an answer any more.
    pub(crate) async fn cancel(&self, http: &Http, target: &Target, id: u64) {
        let params = format!("{{\"requestId\":{id},\"reason\":\"cancelled by the caller\"}}");
        // A modern server has seen the stream close.
        let body = notification_body("notifications/cancelled", Some(&params));
        self.say(http, target, body).await;
    }

    /// Sends a legacy server a message that it does not answer: a notification, or a reply to a request of its own.
    pub(crate) async fn say(&self, http: &Http, target: &Target, body: Bytes) {
        match self {
            Self::Modern => {}
            Self::Streamable(session) => {
                let headers = session.headers(http.introduction.post_headers());
                drop(post_message(http, target, headers, body).await);
            }
            Self::HttpSse(link) => drop(link.post_message(http, target, body).await),
        }
    }

    /// Ends the session with the server.
    pub(crate) async fn close(&self, http: &Http, target: &Target) {
        match self {
            Self::Streamable(session) if session.id.is_some() => {
                let pace = Pace::usual(&http.limits).first_byte_within(http.limits.detection);
                let headers = session.headers(http.introduction.get_headers());
                let sent = http
                    .send(Method::DELETE, target, headers, Bytes::new(), &pace)
                    .await;
                if let Ok(response) = sent {
                    http.read_error_body(response.into_body(), &pace).await;
                }
            }
            Self::HttpSse(link) => link.close(),
            Self::Modern | Self::Streamable(_) => {}
        }
    }
}

impl Session {
    /// Session id and, since 2025-06-18, the revision.
    pub(crate) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        if self.revision >= Revision::R20250618 {
            headers.insert(
                PROTOCOL_VERSION,
                HeaderValue::from_static(self.revision.as_str()),
            );
        }
        if let Some(id) = &self.id {
            headers.insert(SESSION_ID, id.clone());
        }
        headers
    }
}

/// POSTs a request and reads its answer, from JSON or from a stream. The headers of a 2xx answer come with it.
pub(crate) async fn post(
    http: &Http,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
    id: u64,
    ask: &Ask<'_>,
    session: Option<&Session>,
) -> Result<(Outcome, HeaderMap), McpError> {
    let mut desk = ask.asking.map(Desk::new);
    let response = match (&mut desk, session) {
        (Some(desk), Some(session)) => {
            let message = (headers, body);
            Box::pin(send_attended(http, target, message, ask, session, desk)).await?
        }
        _ => {
            http.send(Method::POST, target, headers, body, &ask.pace)
                .await?
        }
    };
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        let body = Box::pin(http.read_error_body(body, &ask.pace)).await;
        let refusal = Refusal::new(head.status, &head.headers, &body, id, target);
        return Ok((Outcome::Refused(refusal), head.headers));
    }
    let answer = match Media::of(&head.headers) {
        Media::Json => {
            // Whoever was asked meanwhile took his time.
            let attended = desk.as_ref().map(|desk| Ask {
                pace: desk.pace(&ask.pace),
                ..*ask
            });
            let ask = attended.as_ref().unwrap_or(ask);
            match read_json(http, body, id, ask, session).await {
                Ok(Came::Whole(bytes)) => {
                    let answer = answer_in(&bytes, id, ask, session).map_err(McpError::sent);
                    answer.map(Got::Whole)
                }
                Ok(Came::PassedOn(passed)) => Ok(Got::PassedOn(passed)),
                Err(error) => Err(error),
            }
        }
        Media::EventStream => {
            Box::pin(answer_on_stream(http, target, body, id, ask, session, desk)).await
        }
        other @ Media::Other { .. } => Err(McpError::sent(other.refused())),
    };
    let answer = match answer.map_err(|error| error.answered_with(head.status))? {
        Got::Whole(Answer::Error(error)) => {
            Got::Whole(Answer::Error(error.answered_with(head.status)))
        }
        result => result,
    };
    Ok((Outcome::Answer(answer), head.headers))
}

fn pass_on<'a>(ask: &Ask<'a>, session: Option<&Session>) -> Option<PassOn<'a>> {
    let era = if session.is_some() {
        Era::Legacy
    } else {
        Era::Modern
    };
    ask.pass_on.map(|on| on.from(era))
}

/// Reads a JSON body, or passes it on while it comes when it is long.
async fn read_json(
    http: &Http,
    mut body: AnswerBody,
    id: u64,
    ask: &Ask<'_>,
    session: Option<&Session>,
) -> Result<Came, McpError> {
    let mut read = Collected::within(http.limits.json_bytes, &body)?;
    let on = pass_on(ask, session);
    loop {
        if let Some(on) = &on
            && passing::is_long(&body, &read)
        {
            // Long answers are few, so what only they need lies on the heap.
            return Box::pin(passing::pass_on(http, body, read, ask, (id, on))).await;
        }
        if read.next(&mut body, &ask.pace, ask.hold).await?.is_none() {
            return Ok(Came::Whole(read.into_bytes()));
        }
    }
}

/// A JSON body holds the answer and nothing else, except in the one revision that has batches.
fn answer_in(
    bytes: &[u8],
    id: u64,
    ask: &Ask<'_>,
    session: Option<&Session>,
) -> Result<Answer, Failure> {
    match message::read(bytes, rules(ask, session))? {
        Inbound::Answer(whose, answer) => ours(whose, answer, id),
        Inbound::Batch(items) => {
            let mut answers = items.into_iter().filter_map(|item| match item {
                Inbound::Answer(whose, answer) => Some((whose, answer)),
                _ => None,
            });
            match answers.next() {
                Some((whose, answer)) => ours(whose, answer, id),
                None => Err(Failure::protocol("a batch without an answer")),
            }
        }
        Inbound::Request { .. } | Inbound::Notification { .. } => Err(Failure::protocol(
            "something else in the place of an answer",
        )),
    }
}

fn rules(ask: &Ask<'_>, session: Option<&Session>) -> Rules {
    let batches = session.is_some_and(|session| session.revision.has_batches());
    Rules {
        max_depth: ask.max_depth,
        batches,
    }
}

/// Each request has its own stream, so an answer that names another request is a fault or an attack. Only an error may
/// leave the id out: the server may have failed before it read it.
fn ours(whose: AnswerId, answer: Answer, id: u64) -> Result<Answer, Failure> {
    match (whose, &answer) {
        (AnswerId::Number(number), _) if number == id => Ok(answer),
        (AnswerId::Unknown, Answer::Error(_)) => Ok(answer),
        _ => Err(Failure::IdMismatch),
    }
}

async fn answer_on_stream(
    http: &Http,
    target: &Target,
    body: AnswerBody,
    id: u64,
    ask: &Ask<'_>,
    session: Option<&Session>,
    mut desk: Option<Desk<'_>>,
) -> Result<Got, McpError> {
    let mut reader = Reader::new(body);
    let mut on = pass_on(ask, session);
    let mut resumes = 0;
    loop {
        let longer_than = on.as_ref().map_or(usize::MAX, |_| passing::LONG);
        let pace = desk.as_ref().map_or(ask.pace, |desk| desk.pace(&ask.pace));
        if pace.deadline <= Instant::now() {
            // A server that says much keeps nobody longer than one that says nothing.
            return Err(McpError::sent(ask.pace.overdue()));
        }
        let read = match &mut desk {
            None => reader.next_or_begun(&http.limits, &pace, longer_than).await,
            Some(desk) => {
                tokio::select! {
                    reply = desk.next() => {
                        if let Some(reply) = reply {
                            reply_on(http, target, session, reply).await;
                        }
                        continue;
                    }
                    read = reader.next_or_begun(&http.limits, &pace, longer_than) => read,
                }
            }
        };
        let broken = match read {
            Ok(Some(Next::Begun)) => {
                // It is tried once for each stream: after a message that is no result there is seldom another long one.
                let Some(on) = on.take() else { continue };
                let ask = Ask { pace, ..*ask };
                let passing = passing::pass_on_event(http, &mut reader, &ask, (id, &on));
                if let Some(passed) = Box::pin(passing).await? {
                    return Ok(Got::PassedOn(passed));
                }
                continue;
            }
            Ok(Some(Next::Event(Event::Message(data)))) => {
                if let Some(hold) = ask.hold {
                    hold.grow_to(data.len()).map_err(McpError::sent)?;
                }
                let taken = take_message(http, target, &data, id, ask, session, desk.as_mut());
                if let Some(answer) = taken.await? {
                    return Ok(Got::Whole(answer));
                }
                continue;
            }
            Ok(Some(Next::Event(Event::Endpoint(_)))) => continue,
            Ok(None) => McpError::sent(Failure::Interrupted),
            Err(error) if error.failure == Failure::Interrupted => error,
            Err(error) => return Err(error),
        };
        // Servers of 2025-11-25 close streams on purpose and expect to be asked again.
        let (Some(session), Some(last_id)) = (session, reader.parser.last_id.clone()) else {
            return Err(broken);
        };
        resumes += 1;
        if resumes > http.limits.resumes {
            return Err(broken);
        }
        let body = Box::pin(resume(http, target, session, &last_id, &reader, ask)).await?;
        reader.resume(body.ok_or(broken)?);
    }
}

/// Opens the rest of a broken stream; nothing when the server keeps no rest.
async fn resume(
    http: &Http,
    target: &Target,
    session: &Session,
    last_id: &[u8],
    reader: &Reader,
    ask: &Ask<'_>,
) -> Result<Option<AnswerBody>, McpError> {
    let Ok(last_id) = HeaderValue::from_bytes(last_id) else {
        return Ok(None);
    };
    let at = reader.resume_at();
    if at >= ask.pace.deadline {
        return Ok(None);
    }
    tokio::time::sleep_until(at).await;
    let mut headers = session.headers(http.introduction.get_headers());
    headers.insert(LAST_EVENT_ID, last_id);
    let response = http
        .send(Method::GET, target, headers, Bytes::new(), &ask.pace)
        .await;
    let response = response.map_err(|error| McpError {
        sent: true,
        ..error
    })?;
    let is_stream =
        response.status().is_success() && Media::of(response.headers()) == Media::EventStream;
    Ok(is_stream.then(|| response.into_body()))
}

/// Takes one message of a stream: the answer ends the wait, notifications go to the caller, requests are answered.
async fn take_message(
    http: &Http,
    target: &Target,
    data: &[u8],
    id: u64,
    ask: &Ask<'_>,
    session: Option<&Session>,
    mut desk: Option<&mut Desk<'_>>,
) -> Result<Option<Answer>, McpError> {
    let inbound = message::read(data, rules(ask, session)).map_err(McpError::sent)?;
    for item in news::flat(inbound) {
        match item {
            Inbound::Answer(whose, answer) => {
                return ours(whose, answer, id).map(Some).map_err(McpError::sent);
            }
            Inbound::Notification { whole, .. } => deliver(ask, whole).await,
            Inbound::Request { id, method, params } => {
                if session.is_none() {
                    let reason = "a request from the server, which this revision does not allow";
                    return Err(McpError::sent(Failure::protocol(reason)));
                }
                let at_once = match desk.as_deref_mut() {
                    Some(desk) => desk.take(&id, &method, params),
                    None => Some(reply_body(&id, &method)),
                };
                if let Some(reply) = at_once {
                    reply_on(http, target, session, reply).await;
                }
            }
            Inbound::Batch(_) => {}
        }
    }
    Ok(None)
}

/// POSTs a reply to the server. It learns what it needs to know or it does not; the call goes on either way.
pub(super) async fn reply_on(
    http: &Http,
    target: &Target,
    session: Option<&Session>,
    reply: Bytes,
) {
    let headers = http.introduction.post_headers();
    let headers = session.map_or_else(HeaderMap::new, |session| session.headers(headers));
    drop(Box::pin(post_message(http, target, headers, reply)).await);
}

/// Hands a notification to the caller and waits when it is slow, but never beyond the call's deadline.
async fn deliver(ask: &Ask<'_>, whole: Box<RawValue>) {
    if let Some(sender) = ask.notifications {
        drop(tokio::time::timeout_at(ask.pace.deadline, sender.send(whole)).await);
    }
}

/// POSTs a notification or an answer, to which the server has nothing to say.
pub(crate) async fn post_message(
    http: &Http,
    target: &Target,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, McpError> {
    let pace = Pace::usual(&http.limits).first_byte_within(http.limits.detection);
    let response = http
        .send(Method::POST, target, headers, body, &pace)
        .await?;
    let status = response.status();
    let is_stream = Media::of(response.headers()) == Media::EventStream;
    if !is_stream {
        // Read to its end, so that the connection can be used again.
        http.read_error_body(response.into_body(), &pace).await;
    }
    Ok(status)
}
