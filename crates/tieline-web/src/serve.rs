//! Serves the whole service on a listening socket, with one worker thread for each CPU.
//!
//! Each worker has a runtime of its own, so that a call through the gateway stays on one thread, as do the connections
//! to servers that it uses. Handing calls from thread to thread cost more than everything else that Tieline does for
//! them. What is not for the gateway is answered on the runtime that called [`serve`].

mod connection;
mod headers_timer;
mod share;
mod unless_stopped;

use std::io;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::router::App;
use share::{Share, Taken};

/// How long requests in flight may take once the server is told to stop; open event streams are cut then.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// After an error such as too many open files, a short pause lets others finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop` is cancelled, then lets requests in flight finish for a moment.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> io::Result<()> {
    let listener = listener.into_std()?;
    // Nobody else would tell the workers when the caller is dropped.
    let stop = stop.child_token();
    let _stops_with_me = stop.clone().drop_guard();
    let mut workers = Vec::new();
    let cpus = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    for (number, share) in Share::among(cpus).into_iter().enumerate() {
        let worker = Worker {
            listener: listener.try_clone()?,
            share,
            app: app.clone(),
            others: Handle::current(),
            stop: stop.clone(),
        };
        workers.push(worker.start(number)?);
    }
    drop(listener);
    for ended in workers {
        // A worker that panicked has dropped its end, which is an end as well.
        let _ = ended.await;
    }
    Ok(())
}

/// One thread that accepts connections and serves its share of them.
struct Worker {
    listener: std::net::TcpListener,
    share: Share,
    app: App,
    /// Where requests are answered that are not for the gateway.
    others: Handle,
    stop: CancellationToken,
}

impl Worker {
    fn start(self, number: usize) -> io::Result<oneshot::Receiver<()>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (ended, end) = oneshot::channel();
        let name = format!("tieline-http-{number}");
        thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(self.run());
            // Names that are still being looked up need not be waited for.
            runtime.shutdown_background();
            let _ = ended.send(());
        })?;
        Ok(end)
    }

    async fn run(mut self) {
        let listener = match TcpListener::from_std(self.listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "a worker cannot listen");
                return;
            }
        };
        let connections = TaskTracker::new();
        let serve = |taken: Taken| {
            let (app, others, stop) = (self.app.clone(), self.others.clone(), self.stop.clone());
            connections.spawn(connection::serve(taken, app, others, stop));
        };
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => break,
                taken = self.share.handed_over() => {
                    serve(taken);
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    // First the connections that have ended by now, which otherwise count still: a client that opens one
                    // after the other would be handed from worker to worker.
                    yield_now().await;
                    self.share.take_or_hand_over(stream, peer).map(serve)
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    None
                }
            };
        }
        drop(listener);
        connections.close();
        let rest = tokio::time::timeout(LAST_REQUESTS, connections.wait());
        if rest.await.is_err() {
            tracing::debug!(
                left = connections.len(),
                "connections that were still open are cut"
            );
        }
    }
}
