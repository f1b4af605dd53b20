//! A request whose client may leave before it is answered.
//!
//! When the connection closes, the server drops the future that was making the answer. A tool call must not vanish
//! with it: a legacy client that is cut off has not cancelled anything, and a modern one has, which a legacy server has
//! to be told. So the rest of the work goes on in a task of its own, and learns that nobody waits any more.
//!
//! An answer may also begin before the work on it is done. Then it is given out, and the rest of the work goes on in a
//! task of its own as well.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tieline_mcp::boxed;
use tokio_util::sync::CancellationToken;

/// Work that goes on without its client.
pub(super) struct Attended<F, E>
where
    F: Future + Send + 'static,
{
    running: Option<Pin<Box<F>>>,
    gone: CancellationToken,
    early: E,
}

impl<F, E> Attended<F, E>
where
    F: Future + Send + 'static,
    E: FnMut() -> Option<F::Output> + Unpin,
{
    /// `gone` is cancelled when the client leaves before `work` is done or `early` has an answer.
    pub(super) fn new(gone: CancellationToken, early: E, work: impl FnOnce() -> F) -> Self {
        Self {
            running: Some(boxed(work)),
            gone,
            early,
        }
    }
}

/// The rest of some work, in a task of its own.
fn go_on<F>(rest: Pin<Box<F>>)
where
    F: Future + Send + 'static,
{
    // Without a runtime the process is ending, and the call with it.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            rest.await;
        });
    }
}

impl<F, E> Future for Attended<F, E>
where
    F: Future + Send + 'static,
    E: FnMut() -> Option<F::Output> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let running = self
            .running
            .as_mut()
            .expect("a finished future is not polled again");
        let polled = running.as_mut().poll(context);
        if let Some(early) = (self.early)() {
            let rest = self.running.take();
            if let Some(rest) = rest.filter(|_| polled.is_pending()) {
                go_on(rest);
            }
            return Poll::Ready(early);
        }
        if polled.is_ready() {
            self.running = None;
        }
        polled
    }
}

impl<F, E> Drop for Attended<F, E>
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
        go_on(rest);
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
        let mut work = Attended::new(
            gone.clone(),
            || None,
            || async move {
                left.cancelled().await;
                let _ = finish.send("done");
            },
        );
        assert!(futures_util::poll!(&mut work).is_pending());
        assert!(!gone.is_cancelled());
        drop(work);
        assert_eq!(finished.await, Ok("done"));
    }

    #[tokio::test]
    async fn finished_work_tells_nobody() {
        let gone = CancellationToken::new();
        assert_eq!(
            Attended::new(gone.clone(), || None, || async { 7 }).await,
            7
        );
        assert!(!gone.is_cancelled());
    }

    #[tokio::test]
    async fn an_answer_may_begin_before_the_work_on_it_is_done() {
        let gone = CancellationToken::new();
        let (go_on, wait) = oneshot::channel::<()>();
        let (finish, finished) = oneshot::channel();
        let mut early = Some(1);
        let work = Attended::new(
            gone.clone(),
            move || early.take(),
            || async move {
                wait.await.expect("told to go on");
                let _ = finish.send("done");
                2
            },
        );
        assert_eq!(work.await, 1);
        assert!(!gone.is_cancelled());
        go_on.send(()).expect("the work goes on");
        assert_eq!(finished.await, Ok("done"));
        // It may also be done at once.
        let mut early = Some(1);
        assert_eq!(
            Attended::new(gone, move || early.take(), || async { 2 }).await,
            1
        );
    }
}
