//! A request whose client may leave before it is answered.
//!
//! When the connection closes, the server drops the future that was making the answer. A tool call must not vanish
//! with it: a legacy client that is cut off has not cancelled anything, and a modern one has, which a legacy server has
//! to be told. So the rest of the work goes on in a task of its own, and learns that nobody waits any more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;

/// Work that goes on without its client.
pub(super) struct Attended<F>
where
    F: Future + Send + 'static,
{
    running: Option<Pin<Box<F>>>,
    gone: CancellationToken,
}

impl<F> Attended<F>
where
    F: Future + Send + 'static,
{
    /// `gone` is cancelled when the client leaves before `work` is done.
    pub(super) fn new(gone: CancellationToken, work: F) -> Self {
        Self {
            running: Some(Box::pin(work)),
            gone,
        }
    }
}

impl<F> Future for Attended<F>
where
    F: Future + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let running = self
            .running
            .as_mut()
            .expect("a finished future is not polled again");
        let polled = running.as_mut().poll(context);
        if polled.is_ready() {
            self.running = None;
        }
        polled
    }
}

impl<F> Drop for Attended<F>
where
    F: Future + Send + 'static,
{
    fn drop(&mut self) {
        let Some(rest) = self.running.take() else {
            return;
        };
        self.gone.cancel();
        if std::thread::panicking() {
            return;
        }
        // Without a runtime the process is ending, and the call with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                rest.await;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_is_finished_after_its_client_left() {
        let gone = CancellationToken::new();
        let (finish, finished) = oneshot::channel();
        let left = gone.clone();
        let mut work = Attended::new(gone.clone(), async move {
            left.cancelled().await;
            let _ = finish.send("done");
        });
        assert!(futures_util::poll!(&mut work).is_pending());
        assert!(!gone.is_cancelled());
        drop(work);
        assert_eq!(finished.await, Ok("done"));
    }

    #[tokio::test]
    async fn finished_work_tells_nobody() {
        let gone = CancellationToken::new();
        assert_eq!(Attended::new(gone.clone(), async { 7 }).await, 7);
        assert!(!gone.is_cancelled());
    }
}
