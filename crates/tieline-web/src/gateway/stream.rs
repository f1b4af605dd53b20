//! An answer as a stream: notifications about the call while it runs, then its result.
//!
//! The stream owns its call and the receiver of its notifications, so nothing of another call can reach it.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::poll_fn;
use serde_json::value::RawValue;
use tieline_mcp::wire::{sse_keep_alive, sse_message};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use super::relay::Relay;
use super::routed::ReadyCall;

/// How many frames wait for a slow reader; more progress than that is dropped, the result never is.
const FRAMES: usize = 32;
/// How many notifications of the server wait to be passed on.
const NOTIFICATIONS: usize = 64;
/// How long a reader may take to fetch the result before it counts as gone.
const LAST_FRAME: Duration = Duration::from_secs(30);

/// Starts the call and answers with the stream that it fills.
pub(super) fn start(call: ReadyCall<'static>, relay: Relay) -> Response {
    let (frames, mut waiting) = mpsc::channel(FRAMES);
    tokio::spawn(fill(call, relay, frames));
    let stream = poll_fn(move |context| waiting.poll_recv(context)).map(Ok::<Bytes, Infallible>);
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Proxies that collect an answer before they pass it on would hold back the progress.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

async fn fill(call: ReadyCall<'static>, relay: Relay, frames: mpsc::Sender<Bytes>) {
    let (notify, mut notified) = mpsc::channel::<Box<RawValue>>(NOTIFICATIONS);
    let running = call.run_asking(notify, &frames);
    tokio::pin!(running);
    let every = call.keep_alive();
    let mut keep_alive = interval_at(Instant::now() + every, every);
    let mut client_waits = true;
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome,
            Some(message) = notified.recv() => pass_on(&relay, &message, &frames),
            _ = keep_alive.tick() => drop(frames.try_send(sse_keep_alive())),
            () = frames.closed(), if client_waits => {
                client_waits = false;
                call.client_left();
            }
        }
    };
    // What was sent before the result belongs before it.
    while let Ok(message) = notified.try_recv() {
        pass_on(&relay, &message, &frames);
    }
    let result = sse_message(&call.message_of(&outcome));
    // A reader that left, or stopped reading, does not get it; there is no one else to give it to.
    let _ = frames.send_timeout(result, LAST_FRAME).await;
}

fn pass_on(relay: &Relay, message: &RawValue, frames: &mpsc::Sender<Bytes>) {
    if let Some(message) = relay.incoming(message) {
        let _ = frames.try_send(sse_message(&message));
    }
}
