//! Serves a router on a listening socket, with limits on what a connection may do before anybody is known.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::router::App;

/// A client that has not sent its headers by then is given up.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// More headers than any client of ours sends; beyond it the answer is 431.
const MOST_HEADERS: usize = 100;
/// All headers together.
const HEADER_BYTES: usize = 64 * 1024;
/// How long requests in flight may take once the server is told to stop; open event streams are cut then.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// After an error such as too many open files, a short pause lets others finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop` is cancelled, then lets requests in flight finish for a moment.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, app.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(LAST_REQUESTS, connections.wait())
        .await
        .is_err()
    {
        tracing::debug!(
            left = connections.len(),
            "connections that were still open are cut"
        );
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: App, stop: CancellationToken) {
    // Small answers would otherwise wait for more to send along. Not being able to set it only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let app = app.clone();
        async move { Ok::<_, Infallible>(app.answer(request.map(Body::new), peer).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(error, "a connection ended early");
    }
}
