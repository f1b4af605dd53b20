//! Waits for the head of an answer, and hands on what the server asks meanwhile on its session's own stream. A server that
//! answers with JSON sends nothing of it before its questions are answered.

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use tokio::time::Instant;

use super::answer_stream::reply_on;
use super::ask::Ask;
use super::connection::AnswerBody;
use super::error::McpError;
use super::http::Http;
use super::link::Session;
use super::pace::Pace;
use super::question::Desk;
use super::target::Target;

/// Sends a request of a session whose caller can be asked.
pub(super) async fn send_attended(
    http: &Http,
    target: &Target,
    (headers, body): (HeaderMap, Bytes),
    ask: &Ask<'_>,
    session: &Session,
    desk: &mut Desk<'_>,
) -> Result<Response<AnswerBody>, McpError> {
    let begun = Instant::now();
    // Here, and not in the connection, because questions move the limit.
    let latest = desk.latest();
    let unhurried = Pace {
        first_byte: latest.saturating_duration_since(begun),
        deadline: latest,
        ..ask.pace
    };
    let sending = http.send(Method::POST, target, headers, body, &unhurried);
    tokio::pin!(sending);
    loop {
        let until = desk.head_until(&ask.pace, begun);
        tokio::select! {
            response = &mut sending => return response,
            reply = desk.next() => if let Some(reply) = reply {
                reply_on(http, target, Some(session), reply).await;
            },
            () = tokio::time::sleep_until(until) => {
                return Err(McpError::sent(ask.pace.late_head(until)));
            }
        }
    }
}
