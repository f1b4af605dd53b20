//! Stops asking a server that failed five times in a row, and asks again after a while that doubles; leaves one alone
//! that asked for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_domain::{ConnectorId, Entropy, Table};
use tokio::time::Instant;

const FAILURES_TO_OPEN: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// One breaker for each connector, kept while the process lives.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    by_connector: Mutex<Table<ConnectorId, Arc<Breaker>>>,
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
    /// The server asked not to be called before that.
    resting_until: Option<Instant>,
}

/// Why a call has to wait, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The server failed too often in a row.
    Failing(Duration),
    /// The server asked for it.
    Asked(Duration),
}

impl Breaker {
    /// Whether a call may pass at `now`; otherwise how long until one may.
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Wait> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = state.resting_until {
            if now < until {
                return Err(Wait::Asked(until - now));
            }
            state.resting_until = None;
        }
        match state.closed_again_at {
            Some(at) if now < at => Err(Wait::Failing(at - now)),
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
            *state = State {
                resting_until: state.resting_until,
                ..State::default()
            };
        }
    }

    /// The server asked not to be called for so long. Nobody else's call may disturb it either; an absurd wish is met
    /// for a minute.
    pub(crate) fn rest(&self, now: Instant, wait: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.resting_until = Some(now + wait.min(LONGEST_PAUSE));
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

    /// How long a call has to wait because of failures.
    fn pause(breaker: &Breaker) -> Duration {
        match breaker.admit(Instant::now()) {
            Err(Wait::Failing(wait)) => wait,
            other => panic!("{other:?}"),
        }
    }
    use tieline_testkit::SeededEntropy;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_asks_for_it_is_left_alone_as_long_as_it_asks() {
        let breaker = Breaker::default();
        breaker.rest(Instant::now(), Duration::from_secs(3));
        // A call that was under way before ends well meanwhile.
        breaker.succeeded();
        tokio::time::advance(Duration::from_millis(2_999)).await;
        let wait = breaker.admit(Instant::now()).unwrap_err();
        assert_eq!(wait, Wait::Asked(Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(breaker.admit(Instant::now()).is_ok());
        breaker.rest(Instant::now(), Duration::from_secs(99_999));
        tokio::time::advance(LONGEST_PAUSE).await;
        assert!(breaker.admit(Instant::now()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_five_failures_and_lets_one_probe_pass() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(1));
        for _ in 0..4 {
            breaker.failed(Instant::now(), &entropy);
        }
        assert!(breaker.admit(Instant::now()).is_ok());
        breaker.failed(Instant::now(), &entropy);
        let wait = pause(&breaker);
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
            if let Err(Wait::Failing(wait)) = breaker.admit(Instant::now()) {
                tokio::time::advance(wait).await;
                assert!(breaker.admit(Instant::now()).is_ok(), "the probe");
            }
        }
        breaker.failed(Instant::now(), &entropy);
        assert!(pause(&breaker) <= LONGEST_PAUSE.mul_f64(1.2));
        assert!(pause(&breaker) >= LONGEST_PAUSE.mul_f64(0.8));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_do_not_make_the_pause_longer() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(3));
        for _ in 0..200 {
            breaker.failed(Instant::now(), &entropy);
        }
        assert!(pause(&breaker) <= FIRST_PAUSE.mul_f64(1.2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_nobody_waited_for_is_followed_by_another() {
        let (breaker, entropy) = (Breaker::default(), SeededEntropy::new(4));
        for _ in 0..5 {
            breaker.failed(Instant::now(), &entropy);
        }
        for _ in 0..3 {
            let wait = pause(&breaker);
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
