//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tieline_domain::{Clock, Timestamp};

/// A clock that tests set and advance. Share it in an `Arc`.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now`.
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Shows another time, earlier or later.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Goes forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }
}

/// 2026-11-22T12:00:00Z.
impl Default for FixedClock {
    fn default() -> Self {
        Self::at(Timestamp::from_millis(1_795_348_800_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_and_moves_when_told() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_string(), "2026-11-22T12:00:00.000Z");
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-11-22T12:01:30.000Z");
        clock.set(Timestamp::from_millis(0));
        assert_eq!(clock.now().as_millis(), 0);
    }
}
