//! A future that is polled only when something that it waits for happened.
//!
//! A connection is one task, which polls whatever it is made of each time that anything stirs in it: the request that a
//! client sent wakes it once more when its body was taken, and so does the answer of a server. A call lies many futures
//! deep, so that turning it over for nothing costs more than asking first whether it was meant.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Work that knows whether it was woken. What wakes it during its own turn, it sees to at the end of that turn.
#[derive(Debug)]
pub(crate) struct Awake<F> {
    work: F,
    bell: Arc<Bell>,
    waker: Waker,
}

#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    /// While it is the work's turn nobody else has to be woken.
    in_turn: AtomicBool,
    task: AtomicWaker,
}

impl<F: Future + Unpin> Awake<F> {
    pub(super) fn new(work: F) -> Self {
        let bell = Arc::new(Bell {
            rung: AtomicBool::new(true),
            in_turn: AtomicBool::new(false),
            task: AtomicWaker::new(),
        });
        let waker = bell.clone().into();
        Self { work, bell, waker }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        // Either this sees that the turn is over, or the end of the turn sees that the bell was rung.
        if !self.in_turn.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl<F: Future + Unpin> Future for Awake<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        // Before the bell is looked at, so that whoever rings it after that finds the task.
        this.bell.task.register(context.waker());
        if !this.bell.rung.swap(false, Ordering::SeqCst) {
            return Poll::Pending;
        }
        this.bell.in_turn.store(true, Ordering::SeqCst);
        let polled = Pin::new(&mut this.work).poll(&mut Context::from_waker(&this.waker));
        this.bell.in_turn.store(false, Ordering::SeqCst);
        if polled.is_pending() && this.bell.rung.load(Ordering::SeqCst) {
            context.waker().wake_by_ref();
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn work_has_a_turn_at_first_and_whenever_it_is_woken() {
        let woken = Arc::new(Woken::default());
        let waker = woken.clone().into();
        let mut context = Context::from_waker(&waker);
        let (tell, mut told) = oneshot::channel();
        let turns = AtomicUsize::new(0);
        let mut work = Awake::new(poll_fn(|context| {
            turns.fetch_add(1, Ordering::SeqCst);
            Pin::new(&mut told).poll(context)
        }));
        for _ in 0..3 {
            assert!(Pin::new(&mut work).poll(&mut context).is_pending());
        }
        assert_eq!(turns.load(Ordering::SeqCst), 1);
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        tell.send(7).expect("somebody waits");
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(Pin::new(&mut work).poll(&mut context), Poll::Ready(Ok(7)));
        assert_eq!(turns.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn what_wakes_it_in_its_own_turn_gives_it_another_one() {
        let woken = Arc::new(Woken::default());
        let waker = woken.clone().into();
        let mut context = Context::from_waker(&waker);
        let mut left = 2;
        let mut work = Awake::new(poll_fn(|context| {
            context.waker().wake_by_ref();
            left -= 1;
            if left == 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        assert!(Pin::new(&mut work).poll(&mut context).is_pending());
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert!(Pin::new(&mut work).poll(&mut context).is_ready());
        // It is done, so there is nothing to wake it for.
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_from_another_thread_is_lost() {
        for _ in 0..2_000 {
            let (tell, told) = oneshot::channel();
            let telling = tokio::spawn(async move { tell.send(()) });
            let work = Awake::new(Box::pin(async move {
                told.await.expect("told");
                tokio::task::yield_now().await;
            }));
            tokio::time::timeout(std::time::Duration::from_secs(10), work)
                .await
                .expect("woken");
            telling.await.expect("told").expect("somebody waits");
        }
    }
}
