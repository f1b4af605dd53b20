//! Waits for some work or for the word to stop, whichever comes first.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Poll, Waker};

use tokio_util::sync::CancellationToken;

/// The outcome of the work; nothing when it is to stop first. A connection has several turns for each request, so the token
/// is asked to wake its task once instead of in each of them.
pub(super) async fn unless_stopped<F: Future>(
    mut work: Pin<&mut F>,
    stop: &CancellationToken,
) -> Option<F::Output> {
    let mut stopped = pin!(stop.cancelled());
    let mut told: Option<Waker> = None;
    poll_fn(|context| {
        if let Poll::Ready(outcome) = work.as_mut().poll(context) {
            return Poll::Ready(Some(outcome));
        }
        let waker = context.waker();
        let is_told = told.as_ref().is_some_and(|told| told.will_wake(waker));
        if stop.is_cancelled() || !is_told {
            if stopped.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            // Pending means that the waker is kept: this wait takes no part in tokio's sharing out of turns.
            told = Some(waker.clone());
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn work_that_is_done_first_has_its_outcome() {
        let stop = CancellationToken::new();
        assert_eq!(unless_stopped(pin!(ready(7)), &stop).await, Some(7));
        stop.cancel();
        assert_eq!(unless_stopped(pin!(ready(7)), &stop).await, Some(7));
        assert_eq!(unless_stopped(pin!(pending::<()>()), &stop).await, None);
    }

    #[tokio::test]
    async fn a_word_that_comes_after_many_turns_is_heard() {
        let stop = CancellationToken::new();
        let (heard, was_heard) = oneshot::channel();
        let told = stop.clone();
        let turns = tokio::spawn(async move {
            let mut turns = 0;
            let mut heard = Some(heard);
            let work = poll_fn(|context| {
                turns += 1;
                if turns < 5 {
                    context.waker().wake_by_ref();
                } else if let Some(heard) = heard.take() {
                    let _ = heard.send(());
                }
                Poll::<()>::Pending
            });
            assert_eq!(unless_stopped(pin!(work), &told).await, None);
            turns
        });
        was_heard.await.expect("its fifth turn");
        stop.cancel();
        let turns = timeout(Duration::from_secs(10), turns).await;
        assert_eq!(turns.expect("heard").expect("no panic"), 6);
    }

    #[tokio::test]
    async fn another_task_that_takes_over_is_woken() {
        let stop = CancellationToken::new();
        let told = stop.clone();
        let mut waiting =
            Box::pin(async move { unless_stopped(pin!(pending::<()>()), &told).await });
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let taken_over = tokio::spawn(waiting);
        tokio::task::yield_now().await;
        stop.cancel();
        let outcome = timeout(Duration::from_secs(10), taken_over).await;
        assert_eq!(outcome.expect("heard").expect("no panic"), None);
    }
}
