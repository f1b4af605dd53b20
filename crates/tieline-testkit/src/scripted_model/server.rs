//! The HTTP side of the scripted model.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use tieline_domain::ModelKind;

use super::render::{Frame, frames};
use super::reply::ModelReply;
use super::{ModelCall, Shared};

const MAX_BODY: usize = 64 << 20;

pub(super) async fn run(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let router = Router::new().fallback(answer).with_state(shared);
    // Without this, an event waits for the reader's acknowledgement of the one before.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, router)
        .await
        .expect("serving ends only with its task");
}

/// Counts a request while it lives, its streamed body included.
struct InFlight(Arc<Shared>);

impl InFlight {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let in_flight = InFlight::new(&shared);
    let (parts, body) = request.into_parts();
    let kind = match parts.uri.path() {
        "/v1/messages" => ModelKind::Anthropic,
        "/v1/chat/completions" => ModelKind::OpenAi,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts.headers;
    let call = ModelCall {
        kind,
        headers,
        body,
    };
    let reply = shared.reply_to(&call);
    if shared.keeps_calls.load(Ordering::SeqCst) {
        let mut calls = shared.calls.lock().expect("no holder of this lock panics");
        calls.push(call);
    }
    if reply.hang {
        wait(&shared).await;
    }
    respond(&reply, kind, in_flight)
}

/// Takes one release.
async fn wait(shared: &Shared) {
    if let Ok(permit) = shared.released.acquire().await {
        permit.forget();
    }
}

fn respond(reply: &ModelReply, kind: ModelKind, in_flight: InFlight) -> Response {
    let status = StatusCode::from_u16(reply.status).expect("the test's own status is valid");
    let media = if reply.body.is_some() {
        "application/json"
    } else {
        "text/event-stream"
    };
    let mut response = Response::builder().status(status);
    let says_media = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
    if !reply.headers.iter().any(says_media) {
        response = response.header(http::header::CONTENT_TYPE, media);
    }
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let writes = cut(recut(frames(reply, kind), reply), reply.cut_after);
    let body = stream::unfold(
        (writes.into_iter(), in_flight),
        |(mut writes, in_flight)| async move {
            loop {
                let item = match writes.next()? {
                    Write::Bytes(bytes) => Ok(bytes),
                    Write::Break => {
                        // What was written so far is flushed while the body has nothing to give.
                        tokio::task::yield_now().await;
                        tokio::task::yield_now().await;
                        Err(io::Error::other("the script breaks the connection"))
                    }
                    Write::Pause => {
                        wait(&in_flight.0).await;
                        continue;
                    }
                };
                return Some((item, (writes, in_flight)));
            }
        },
    );
    response
        .body(Body::from_stream(body))
        .expect("the test's own headers are valid")
}

enum Write {
    Bytes(Bytes),
    Pause,
    Break,
}

/// Other pieces than one for each event, if the reply wants them.
fn recut(frames: Vec<Frame>, reply: &ModelReply) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut at = 0;
    for frame in frames {
        let mut bytes = match frame {
            Frame::Pause => {
                writes.push(Write::Pause);
                continue;
            }
            Frame::Bytes(bytes) => bytes,
        };
        while !bytes.is_empty() {
            let mut take = reply.piece.unwrap_or(bytes.len()).clamp(1, bytes.len());
            if let Some(split) = reply.split_at
                && (at + 1..at + take).contains(&split)
            {
                take = split - at;
            }
            writes.push(Write::Bytes(bytes.split_to(take)));
            at += take;
        }
    }
    if reply.split_at.is_some() {
        return join(writes, reply.split_at);
    }
    writes
}

/// Everything before the cut in one write, everything after it in another.
fn join(writes: Vec<Write>, split: Option<usize>) -> Vec<Write> {
    let mut joined: Vec<Vec<u8>> = vec![Vec::new(), Vec::new()];
    let mut at = 0;
    for write in writes {
        if let Write::Bytes(bytes) = write {
            let side = usize::from(split.is_some_and(|split| at >= split));
            joined[side].extend_from_slice(&bytes);
            at += bytes.len();
        }
    }
    joined
        .into_iter()
        .filter(|bytes| !bytes.is_empty())
        .map(|bytes| Write::Bytes(bytes.into()))
        .collect()
}

fn cut(writes: Vec<Write>, after: Option<usize>) -> Vec<Write> {
    let Some(mut left) = after else {
        return writes;
    };
    let mut kept = Vec::new();
    for write in writes {
        match write {
            Write::Bytes(mut bytes) => {
                if bytes.len() > left {
                    bytes.truncate(left);
                    kept.push(Write::Bytes(bytes));
                    break;
                }
                left -= bytes.len();
                kept.push(Write::Bytes(bytes));
            }
            other => kept.push(other),
        }
    }
    kept.push(Write::Break);
    kept
}
