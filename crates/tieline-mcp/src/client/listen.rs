//! Waiting for a server to say that its tools changed.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use tokio::time::Instant;

use super::connection::AnswerBody;
use super::error::{Failure, McpError};
use super::http::{Http, Media, Pace};
use super::link::{Link, Session, post_message};
use super::message::{self, Answer, Inbound, Rules, STRICT_DEPTH};
use super::refusal::Refusal;
use super::request::{modern_headers, reply_body};
use super::sse::{Event, Reader};
use super::target::Target;
use super::upstream::Upstream;
use crate::raw::RawObject;
use crate::raw::raw_str;
use serde_json::value::RawValue;

pub(super) const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

/// Streams are opened anew from time to time, so that one that died silently is noticed.
const LONGEST: Duration = Duration::from_mins(30);

impl Upstream {
    /// Waits until the server announces that its tools changed. An error means that it does not, or stopped to: the
    /// stream ended, half an hour went by, or there is no such stream.
    pub async fn wait_for_tool_change(&self, target: &Target) -> Result<(), McpError> {
        let http = &self.inner.http;
        let link = self.link(target, Pace::usual(&http.limits)).await?;
        let now = Instant::now();
        let pace = Pace {
            first_byte: http.limits.first_byte,
            idle: LONGEST,
            deadline: now + LONGEST,
            begun: now,
        };
        match &*link {
            Link::Modern => {
                let response = subscribe(http, target, &pace).await?;
                follow(http, target, response, None, &pace).await
            }
            Link::Streamable(session) => {
                let headers = session.headers(http.introduction.get_headers());
                let response = http
                    .send(Method::GET, target, headers, Bytes::new(), &pace)
                    .await?;
                follow(http, target, response, Some(session), &pace).await
            }
            Link::HttpSse(link) => {
                let waited = tokio::time::timeout_at(pace.deadline, link.wait_for_tool_change());
                waited.await.unwrap_or(Err(McpError::sent(pace.overdue())))
            }
        }
    }
}

async fn subscribe(
    http: &Http,
    target: &Target,
    pace: &Pace,
) -> Result<Response<AnswerBody>, McpError> {
    const METHOD: &str = "subscriptions/listen";
    let wanted = RawValue::from_string("{\"toolsListChanged\":true}".to_owned());
    let wanted = wanted.unwrap_or_else(|_| raw_str(""));
    let params = RawObject::new().with("notifications", wanted);
    let mut headers = http.introduction.post_headers();
    modern_headers(&mut headers, METHOD, None, None, &params);
    let id = http.ids.next();
    let body = http.introduction.modern_body(id, METHOD, &params);
    http.send(Method::POST, target, headers, body, pace).await
}

async fn follow(
    http: &Http,
    target: &Target,
    response: Response<AnswerBody>,
    session: Option<&Session>,
    pace: &Pace,
) -> Result<(), McpError> {
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        let body = http.read_error_body(body, pace).await;
        return Err(Refusal::new(head.status, &head.headers, &body, 0, target).into_error());
    }
    if Media::of(&head.headers) != Media::EventStream {
        return Err(McpError::sent(Media::of(&head.headers).refused()));
    }
    let rules = Rules {
        max_depth: STRICT_DEPTH,
        batches: session.is_some_and(|session| session.revision.has_batches()),
    };
    let mut reader = Reader::new(body);
    while let Some(event) = reader.next(&http.limits, pace).await? {
        let Event::Message(data) = event else {
            continue;
        };
        let items = match message::read(&data, rules).map_err(McpError::sent)? {
            Inbound::Batch(items) => items,
            one => vec![one],
        };
        for item in items {
            match item {
                Inbound::Notification { method, .. } if method == TOOLS_CHANGED => return Ok(()),
                Inbound::Answer(_, Answer::Error(error)) => {
                    let reason = format!("the subscription was refused with error {}", error.code);
                    return Err(McpError::sent(Failure::protocol(reason)));
                }
                // The graceful end of a modern subscription.
                Inbound::Answer(_, Answer::Result(_)) if session.is_none() => {
                    return Err(McpError::sent(Failure::Interrupted));
                }
                Inbound::Request { id, method } => {
                    if let Some(session) = session {
                        let headers = session.headers(http.introduction.post_headers());
                        drop(post_message(http, target, headers, reply_body(&id, &method)).await);
                    }
                }
                _ => {}
            }
        }
    }
    Err(McpError::sent(Failure::Interrupted))
}
