//! Points in time as people read them: relative for a day, then the date. Always UTC; scripts may show local time.

use tieline_domain::Timestamp;

use super::parts::When;
use super::words::ago;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// "2 h ago", or "12 Oct 2026" when that says more.
pub(crate) fn when(at: Timestamp, now: Timestamp) -> When {
    let text = ago(now.since(at).as_secs())
        .filter(|_| at <= now)
        .unwrap_or_else(|| date(at));
    When::new(text, exact(at), iso(at))
}

/// The date, with the exact time behind it.
pub(crate) fn day(at: Timestamp) -> When {
    When::new(date(at), exact(at), iso(at))
}

/// The time of day, or the date when it was not within a day.
pub(crate) fn clock(at: Timestamp, now: Timestamp) -> When {
    let text = if now.since(at).as_secs() < 86_400 {
        time(at)
    } else {
        format!("{}, {}", date(at), &time(at)[..5])
    };
    When::new(text, exact(at), iso(at))
}

/// "14:31", for a mark on an axis.
pub(crate) fn hour_and_minute(at: Timestamp) -> When {
    let text = time(at).get(..5).unwrap_or_default().to_owned();
    When::new(text, exact(at), iso(at))
}

/// "just now", "40 s ago", "on 12 Oct 2026": for the middle of a sentence.
pub(crate) fn in_sentence(at: Timestamp, now: Timestamp) -> String {
    ago(now.since(at).as_secs()).unwrap_or_else(|| format!("on {}", date(at)))
}

fn iso(at: Timestamp) -> String {
    at.to_string()
}

/// "12 Oct 2026"
pub(crate) fn date(at: Timestamp) -> String {
    let text = iso(at);
    let mut parts = text.get(..10).unwrap_or_default().split('-');
    let (year, month, day) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let month = month
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let day = day.unwrap_or_default().trim_start_matches('0');
    format!("{day} {} {year}", month.unwrap_or(&""))
}

/// "14:31:05"
pub(crate) fn time(at: Timestamp) -> String {
    iso(at).get(11..19).unwrap_or("00:00:00").to_owned()
}

fn exact(at: Timestamp) -> String {
    format!("{}, {} UTC", date(at), time(at))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{clock, day, in_sentence, when};
    use tieline_domain::Timestamp;

    #[test]
    fn a_moment_is_relative_for_a_day_and_a_date_afterwards() {
        let at = Timestamp::from_millis(1_791_802_865_000);
        let later = |seconds| at.plus(Duration::from_secs(seconds));
        assert_eq!(when(at, later(40)).text, "40 s ago");
        assert_eq!(when(at, later(90_000)).text, "12 Oct 2026");
        assert_eq!(
            day(at).exact,
            "12 Oct 2026, 14:21:05 UTC".replace("14:21:05", &super::time(at))
        );
        assert_eq!(in_sentence(at, later(200_000)), "on 12 Oct 2026");
        assert_eq!(clock(at, later(10)).text.len(), 8);
    }
}
