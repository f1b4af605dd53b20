//! Stops asking a server that failed five times in a row, and asks again after a while that doubles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_domain::{ConnectorId, Entropy};
use tokio::time::Instant;

const FAILURES_TO_OPEN: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// One breaker for each connector, kept while the process lives.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    by_connector: Mutex<HashMap<ConnectorId, Arc<Breaker>>>,
}

impl Breakers {
    pub(crate) fn of(&self, id: ConnectorId) -> Arc<Breaker> {
        let mut all = self
            .by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.entry(id).or_default().clone()
    }

    /// Forgets what happened, after an admin changed the connector.
    pub(crate) fn reset(&self, id: ConnectorId) {
        self.by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }

    /// Forgets every connector that is gone.
    pub(crate) fn keep(&self, is_there: impl Fn(ConnectorId) -> bool) {
        self.by_connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, _| is_there(*id));
    }
}

/// Counts failures in a row. Closed: calls pass. Open: calls fail at once until the pause is over; then one passes.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pause: Duration,
    closed_again_at: Option<Instant>,
    /// Whether a call was let through to see if the server is back.
    probing: bool,
}

impl Breaker {
    /// Whether a call may pass at `now`; otherwise how long until one may.
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.closed_again_at {
            Some(at) if now < at => Err(at - now),
            Some(_) => {
                // This call is the probe. Others wait for what becomes of it.
                let pause = state.pause;
                state.closed_again_at = Some(now + pause);
                state.probing = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn succeeded(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failures > 0 {
            *state = State::default();
        }
    }

    pub(crate) fn failed(&self, now: Instant, entropy: &dyn Entropy) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures < FAILURES_TO_OPEN {
            return;
        }
        // Many calls may be under way when a server goes: only the first lot of failures opens the breaker, and after
        // that only a failed probe makes the pause longer.
        if state.closed_again_at.is_some() && !std::mem::take(&mut state.probing) {
            return;
        }
        state.pause = if state.pause.is_zero() {
            FIRST_PAUSE
        } else {
            (state.pause * 2).min(LONGEST_PAUSE)
        };
        state.closed_again_at = Some(now + jittered(state.pause, entropy));
    }
}

/// The duration, give or take a fifth, so that many breakers do not all probe at once.
pub(crate) fn jittered(duration: Duration, entropy: &dyn Entropy) -> Duration {
    let mut byte = [0_u8; 1];
    entropy.fill(&mut byte);
    duration.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_testkit::SeededEntropy;

    #[tokio::test(start_paused = true)]
    async fn opens_after_five_failures_and_lets_one_probe_pass() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(1));
        for _ in 0..4 {
            breaker.failed(Instant::now(), &entropy);
        }
        assert!(breaker.admit(Instant::now()).is_ok());
        breaker.failed(Instant::now(), &entropy);
        let wait = breaker.admit(Instant::now()).unwrap_err();
        assert!(wait <= Duration::from_millis(1200), "{wait:?}");
        tokio::time::advance(wait).await;
        assert!(breaker.admit(Instant::now()).is_ok());
        assert!(
            breaker.admit(Instant::now()).is_err(),
            "only one probe at a time"
        );
        breaker.succeeded();
        assert!(breaker.admit(Instant::now()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_doubles_up_to_a_minute() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(2));
        for _ in 0..40 {
            breaker.failed(Instant::now(), &entropy);
            if let Err(wait) = breaker.admit(Instant::now()) {
                tokio::time::advance(wait).await;
                assert!(breaker.admit(Instant::now()).is_ok(), "the probe");
            }
        }
        breaker.failed(Instant::now(), &entropy);
        assert!(breaker.admit(Instant::now()).unwrap_err() <= LONGEST_PAUSE.mul_f64(1.2));
        assert!(breaker.admit(Instant::now()).unwrap_err() >= LONGEST_PAUSE.mul_f64(0.8));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_do_not_make_the_pause_longer() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(3));
        for _ in 0..200 {
            breaker.failed(Instant::now(), &entropy);
        }
        assert!(breaker.admit(Instant::now()).unwrap_err() <= FIRST_PAUSE.mul_f64(1.2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_nobody_waited_for_is_followed_by_another() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(4));
        for _ in 0..5 {
            breaker.failed(Instant::now(), &entropy);
        }
        for _ in 0..3 {
            let wait = breaker.admit(Instant::now()).unwrap_err();
            tokio::time::advance(wait).await;
            assert!(breaker.admit(Instant::now()).is_ok(), "a probe");
        }
        breaker.succeeded();
        assert!(breaker.admit(Instant::now()).is_ok());
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let (breakers, entropy) = (Breakers::default(), SeededEntropy::new(5));
        let id = ConnectorId::generate(&tieline_testkit::FixedClock::default(), &entropy);
        drop(breakers.of(id));
        breakers.keep(|_| false);
        assert!(breakers.by_connector.lock().unwrap().is_empty());
    }
}
