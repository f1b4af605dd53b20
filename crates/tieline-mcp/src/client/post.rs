//! Sends a message to a server as a POST, and reads its answer: from JSON, or from a stream.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::answer_stream::answer_on_stream;
use super::ask::{Ask, Got, Outcome};
use super::attend::send_attended;
use super::collected::Collected;
use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::Http;
use super::link::Session;
use super::media::Media;
use super::message::{self, Answer, AnswerId, Inbound, Rules};
use super::pace::Pace;
use super::passing::{self, Came, PassOn};
use super::question::Desk;
use super::refusal::Refusal;
use super::target::Target;
use crate::wire::Era;

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

pub(super) fn pass_on<'a>(ask: &Ask<'a>, session: Option<&Session>) -> Option<PassOn<'a>> {
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

pub(super) fn rules(ask: &Ask<'_>, session: Option<&Session>) -> Rules {
    let batches = session.is_some_and(|session| session.revision.has_batches());
    Rules {
        max_depth: ask.max_depth,
        batches,
    }
}

/// Each request has its own stream, so an answer that names another request is a fault or an attack. Only an error may
/// leave the id out: the server may have failed before it read it.
pub(super) fn ours(whose: AnswerId, answer: Answer, id: u64) -> Result<Answer, Failure> {
    match (whose, &answer) {
        (AnswerId::Number(number), _) if number == id => Ok(answer),
        (AnswerId::Unknown, Answer::Error(_)) => Ok(answer),
        _ => Err(Failure::IdMismatch),
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
