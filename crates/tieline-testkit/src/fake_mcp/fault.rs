//! What can go wrong, and where.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::sync::watch;

use super::Shared;

/// The point at which a server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Every request.
    Any,
    /// `server/discover`.
    Discover,
    /// `initialize`.
    Initialize,
    /// `notifications/initialized`.
    Initialized,
    /// `tools/list`.
    ListTools,
    /// `tools/call`.
    CallTool,
    /// Any other POST.
    OtherPost,
    /// GET: a listen stream, or the stream of HTTP+SSE.
    Get,
    /// DELETE: the end of a session.
    Delete,
}

/// A misbehaviour.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Never answers.
    Hang,
    /// Answers properly, but late.
    Slow(Duration),
    /// Answers properly once released.
    Hold(Hold),
    /// Answers with a bare status.
    Status(u16),
    /// Answers with whatever the test likes.
    Answer(Canned),
    /// Answers 302 with a `Location`.
    Redirect(String),
    /// Answers 200 with a web page.
    Html,
    /// Answers 200 with JSON that never ends.
    EndlessBody,
    /// Opens a stream and sends one notification after the other, never the answer.
    EndlessSse,
    /// Opens a stream whose first event never ends.
    EndlessEvent,
    /// Opens a stream and sends nothing.
    SilentSse,
    /// Opens a stream and ends it before the answer.
    SseEndsEarly,
    /// Breaks the connection after so many bytes of the proper body.
    CutAfter(usize),
    /// Answers properly, but under another id.
    WrongId,
    /// Answers 404, as for a session that is gone.
    SessionLost,
    /// Answers with a JSON-RPC error.
    RpcError {
        /// The code.
        code: i64,
        /// The message.
        message: String,
    },
}

/// An answer of the test's own making.
#[derive(Debug, Clone)]
pub struct Canned {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Canned {
    /// A JSON body with status 200.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        }
        .header("content-type", "application/json")
    }

    /// A stream of events with status 200.
    pub fn sse(body: impl Into<Bytes>) -> Self {
        let mut canned = Self::json(body);
        canned.headers.clear();
        canned.header("content-type", "text/event-stream")
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn response(&self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response
            .body(Body::from(self.body.clone()))
            .expect("the test's own headers are valid")
    }
}

/// Keeps requests waiting until it is released. Clones release the same requests.
#[derive(Debug, Clone)]
pub struct Hold {
    released: watch::Sender<bool>,
}

impl Hold {
    /// A hold that is not released.
    #[expect(
        clippy::new_without_default,
        reason = "a hold without a server to hold makes no sense as a default"
    )]
    pub fn new() -> Self {
        Self {
            released: watch::Sender::new(false),
        }
    }

    /// Lets the held requests, and all later ones, go on.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    async fn wait(&self) {
        // The sender is `self`, so the channel cannot be closed while this waits.
        let _ = self
            .released
            .subscribe()
            .wait_for(|released| *released)
            .await;
    }
}

/// The faults that are set, the newest last.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) list: Vec<(At, Fault, Option<u32>)>,
}

impl Faults {
    /// The fault for a point, counted down.
    pub(super) fn take(&mut self, at: At) -> Option<Fault> {
        let index = self.list.iter().rposition(|(point, _, times)| {
            (*point == at || *point == At::Any) && *times != Some(0)
        })?;
        let (_, fault, times) = &mut self.list[index];
        if let Some(times) = times {
            *times -= 1;
        }
        Some(fault.clone())
    }
}

/// What is left to do after the faults that come before the answer.
pub(super) enum Course {
    /// Answer like this, without looking at the request.
    Instead(Response),
    /// Answer properly, then bend the answer.
    Answer(Bend),
}

/// How a proper answer is bent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bend {
    Straight,
    OtherId,
    Error { code: i64, message: String },
    Cut(usize),
}

impl Shared {
    /// Waits, or answers instead, or says how to bend the answer, as the fault for this point has it.
    pub(super) async fn misbehave(&self, at: At) -> Course {
        let Some(fault) = self.state().faults.take(at) else {
            return Course::Answer(Bend::Straight);
        };
        let instead = match fault {
            Fault::Hang => {
                self.stop.cancelled().await;
                status(503)
            }
            Fault::Slow(wait) => {
                let _ = tokio::time::timeout(wait, self.stop.cancelled()).await;
                return Course::Answer(Bend::Straight);
            }
            Fault::Hold(hold) => {
                tokio::select! {
                    () = hold.wait() => {}
                    () = self.stop.cancelled() => {}
                }
                return Course::Answer(Bend::Straight);
            }
            Fault::CutAfter(bytes) => return Course::Answer(Bend::Cut(bytes)),
            Fault::WrongId => return Course::Answer(Bend::OtherId),
            Fault::RpcError { code, message } => {
                return Course::Answer(Bend::Error { code, message });
            }
            Fault::Status(code) => status(code),
            Fault::SessionLost => status(404),
            Fault::Answer(canned) => canned.response(),
            Fault::Redirect(location) => Canned::json("")
                .status(302)
                .header("location", &location)
                .response(),
            Fault::Html => Canned {
                status: 200,
                headers: vec![(
                    "content-type".to_owned(),
                    "text/html; charset=utf-8".to_owned(),
                )],
                body: Bytes::from_static(b"<!doctype html><title>Sign in</title><form></form>"),
            }
            .response(),
            Fault::EndlessBody => self.endless(
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"x\":\"",
                "xxxxxxxxxxxxxxxx",
            ),
            Fault::EndlessEvent => self.endless("text/event-stream", "data: ", "xxxxxxxxxxxxxxxx"),
            Fault::EndlessSse => self.endless("text/event-stream", "", NOISE),
            Fault::SilentSse => self.endless("text/event-stream", "", ""),
            Fault::SseEndsEarly => Canned::sse(NOISE).response(),
        };
        Course::Instead(instead)
    }

    /// A body that begins, and then repeats (or, repeating nothing, stays open) until the server stops.
    fn endless(&self, content_type: &str, start: &'static str, repeated: &'static str) -> Response {
        let more = if repeated.is_empty() {
            stream::pending().left_stream()
        } else {
            stream::repeat_with(move || Ok::<_, std::io::Error>(Bytes::from(repeated.repeat(256))))
                .right_stream()
        };
        // An empty chunk would end a chunked body.
        let first =
            stream::iter((!start.is_empty()).then(|| Ok(Bytes::from_static(start.as_bytes()))));
        let stop = self.stop.clone();
        let body = first
            .chain(more)
            .take_until(async move { stop.cancelled().await });
        Response::builder()
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from_stream(body))
            .expect("a constant header")
    }
}

const NOISE: &str = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"tick\"}}\n\n";

/// An answer without a body.
pub(super) fn status(code: u16) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::from_u16(code).expect("a status between 100 and 999");
    response
}

/// Breaks the connection after so many bytes of a body.
pub(super) async fn cut(response: Response, bytes: usize) -> Response {
    let (parts, body) = response.into_parts();
    let whole = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let kept = whole.slice(..bytes.min(whole.len()));
    let kept = stream::iter((!kept.is_empty()).then_some(Ok(kept)));
    let broken = stream::once(async {
        // What was sent so far goes out while the body has nothing more to give.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut by the test"))
    });
    let chunks = kept.chain(broken);
    Response::from_parts(parts, Body::from_stream(chunks))
}
