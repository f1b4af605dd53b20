//! How long a connection may take over the headers of a request, without a new timer for each request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// The clock of one connection. The requests on it follow one another, each with a later limit than the one before. So the
/// timer of the first stays set, and is moved to the limit in force only when it goes off.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadersTimer {
    at_rest: Arc<Mutex<Option<Pin<Box<time::Sleep>>>>>,
}

/// The wait for the headers of one request.
struct Wait {
    until: time::Instant,
    timer: Option<Pin<Box<time::Sleep>>>,
    home: HeadersTimer,
}

impl Timer for HeadersTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait {
            until: deadline.into(),
            timer: self.place().take(),
            home: self.clone(),
        })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }
}

impl HeadersTimer {
    fn place(&self) -> std::sync::MutexGuard<'_, Option<Pin<Box<time::Sleep>>>> {
        self.at_rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let until = this.until;
        let timer = this
            .timer
            .get_or_insert_with(|| Box::pin(time::sleep_until(until)));
        if timer.deadline() > until {
            timer.as_mut().reset(until);
        }
        while timer.deadline() < until {
            ready!(timer.as_mut().poll(context));
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(context)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            *self.home.place() = Some(timer);
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Wait")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_own_limit() {
        let clock = HeadersTimer::default();
        let first = clock.now();
        let mut wait = clock.sleep_until(first + LIMIT);
        assert!(poll!(&mut wait).is_pending());
        drop(wait);
        for seconds in [1, 20, 7] {
            time::advance(Duration::from_secs(seconds)).await;
            let begun = clock.now();
            let mut wait = clock.sleep_until(begun + LIMIT);
            assert!(poll!(&mut wait).is_pending());
            wait.await;
            let took = clock.now() - begun;
            assert!(
                took >= LIMIT && took < LIMIT + Duration::from_millis(10),
                "{took:?}"
            );
        }
        // Also one that ends sooner than the one before, which hyper does not ask for.
        let late = clock.sleep(LIMIT * 100);
        let mut soon = clock.sleep(LIMIT);
        assert!(poll!(&mut soon).is_pending());
        drop(late);
        let begun = clock.now();
        soon.await;
        assert!(clock.now() - begun < LIMIT + Duration::from_millis(10));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_a_row_share_one_timer() {
        let clock = HeadersTimer::default();
        let mut wait = clock.sleep(LIMIT);
        assert!(poll!(&mut wait).is_pending());
        drop(wait);
        let set_to = |clock: &HeadersTimer| clock.place().as_ref().map(|timer| timer.deadline());
        let first = set_to(&clock);
        assert!(first.is_some());
        time::advance(Duration::from_secs(5)).await;
        let mut wait = clock.sleep(LIMIT);
        assert!(poll!(&mut wait).is_pending());
        drop(wait);
        assert_eq!(set_to(&clock), first);
    }
}
