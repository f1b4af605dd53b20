//! The stream of one request: its answer, what the server says and asks before, and the rest of a stream that broke.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::ask::{Ask, Got};
use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::Http;
use super::link::Session;
use super::media::Media;
use super::message::{self, Answer, Inbound};
use super::news;
use super::passing;
use super::post::{ours, pass_on, post_message, rules};
use super::question::Desk;
use super::request::reply_body;
use super::sse::{Event, Next, Reader};
use super::target::Target;
use crate::wire::HEADER_LAST_EVENT_ID;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static(HEADER_LAST_EVENT_ID);

/// Reads the stream of one request up to its answer, and goes on where it breaks when the server keeps the rest.
pub(super) async fn answer_on_stream(
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
