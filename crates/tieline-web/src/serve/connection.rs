//! One connection, with limits on what it may do before anybody is known.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::headers_timer::HeadersTimer;
use super::share::Taken;
use super::unless_stopped::unless_stopped;
use crate::problem::Problem;
use crate::router::App;

/// A client that has not sent its headers by then is given up.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// More headers than any client of ours sends; beyond it the answer is 431.
const MOST_HEADERS: usize = 100;
/// All headers together.
const HEADER_BYTES: usize = 64 * 1024;

/// Serves one connection to its end.
pub(super) async fn serve(taken: Taken, app: App, others: Handle, stop: CancellationToken) {
    let Taken {
        stream,
        peer,
        place: _counted,
    } = taken;
    // Small answers would otherwise wait for more to send along. Not being able to set it only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let (app, others) = (app.clone(), others.clone());
        async move { Ok::<_, Infallible>(answer(app, &others, request.map(Body::new), peer).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(HeadersTimer::default())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = if let Some(ended) = unless_stopped(connection.as_mut(), &stop).await {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        tracing::trace!(error, "a connection ended early");
    }
}

/// Calls are answered where they came in. Pages and REST may take their time, which nobody's call should wait for.
async fn answer(app: App, others: &Handle, request: Request<Body>, peer: SocketAddr) -> Response {
    if App::is_for_gateway(&request) {
        return app.answer_gateway(request).await;
    }
    let answering = others.spawn(async move { app.answer(request, peer).await });
    // Whoever does not wait any more ends the work.
    AbortOnDropHandle::new(answering)
        .await
        .unwrap_or_else(|_| Problem::panicked().into_response())
}
