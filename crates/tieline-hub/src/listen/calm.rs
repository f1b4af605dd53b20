//! However often a server says that something changed, it is asked at most every ten seconds.

use std::time::Duration;

use tokio::time::Instant;

/// The least time between two refreshes that a server's announcements ask for.
const COALESCE: Duration = Duration::from_secs(10);

/// When the next announcement leads to a refresh.
#[derive(Debug, Default)]
pub(super) struct Calm {
    last: Option<Instant>,
    pending: bool,
}

impl Calm {
    /// Notes an announcement; `true` when it asks for a refresh at once. Otherwise one is due later.
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.pending = true;
        self.is_due(now)
    }

    /// Whether a refresh is due now; if so it is taken to happen.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.pending && self.at().is_none_or(|at| at <= now);
        if due {
            self.pending = false;
            self.last = Some(now);
        }
        due
    }

    /// When an announcement that was put off is due; never, when there is none.
    pub(super) async fn due(&self) {
        match self.at() {
            Some(at) if self.pending => tokio::time::sleep_until(at).await,
            _ if self.pending => {}
            _ => std::future::pending().await,
        }
    }

    fn at(&self) -> Option<Instant> {
        self.last.map(|last| last + COALESCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// U23: a storm of announcements.
    #[test]
    fn a_hundred_thousand_announcements_in_a_minute_ask_seven_times_at_most() {
        let begun = Instant::now();
        let mut calm = Calm::default();
        let mut asked = 0;
        for at in 0..100_000_u64 {
            let now = begun + Duration::from_micros(at * 600);
            asked += u32::from(calm.heard(now));
        }
        let after = begun + Duration::from_mins(1);
        asked += u32::from(calm.is_due(after));
        assert!((6..=7).contains(&asked), "asked {asked} times");
    }

    #[test]
    fn the_last_announcement_is_never_lost() {
        let now = Instant::now();
        let mut calm = Calm::default();
        assert!(calm.heard(now), "the first is heeded at once");
        assert!(!calm.heard(now + Duration::from_secs(1)));
        assert!(!calm.is_due(now + Duration::from_secs(9)));
        assert!(calm.is_due(now + COALESCE));
        assert!(!calm.is_due(now + COALESCE * 9), "there was nothing more");
        assert!(calm.heard(now + COALESCE * 9));
    }
}
