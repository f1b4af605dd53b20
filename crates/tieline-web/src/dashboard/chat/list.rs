//! The pane of sessions: grouped by day, the latest first.

use tieline_agent::SessionSummary;
use tieline_domain::{SessionId, Timestamp};

use super::address;
use super::view::{SessionGroup, SessionRow};
use crate::dashboard::moment;
use crate::dashboard::parts::When;
use crate::dashboard::words::shown;

const DAY: i64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// What a session without a title is called.
pub(super) const UNTITLED: &str = "New session";

/// The groups that are not empty.
pub(super) fn groups(
    sessions: Vec<SessionSummary>,
    current: Option<SessionId>,
    now: Timestamp,
) -> Vec<SessionGroup> {
    let mut groups: Vec<SessionGroup> = Vec::new();
    for session in sessions {
        let title = span(session.updated_at, now);
        let row = row(&session, current, now);
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.sessions.push(row),
            None => groups.push(SessionGroup {
                title,
                sessions: vec![row],
            }),
        }
    }
    groups
}

fn row(session: &SessionSummary, current: Option<SessionId>, now: Timestamp) -> SessionRow {
    let time = moment::clock(session.updated_at, now);
    let text = match span(session.updated_at, now) {
        "Today" | "Yesterday" => moment::time(session.updated_at)[..5].to_owned(),
        "This week" => weekday(session.updated_at).to_owned(),
        _ => moment::date(session.updated_at),
    };
    SessionRow {
        href: address(session.id),
        title: title(&session.title),
        when: When { text, ..time },
        state: if session.busy { "Working now" } else { "" },
        current: current == Some(session.id),
    }
}

/// A title as it is shown.
pub(super) fn title(title: &str) -> String {
    let title = shown(title, 120);
    if title.trim().is_empty() {
        UNTITLED.to_owned()
    } else {
        title
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY)
}

fn span(at: Timestamp, now: Timestamp) -> &'static str {
    match day(now) - day(at) {
        ..=0 => "Today",
        1 => "Yesterday",
        2..=6 => "This week",
        _ => "Older",
    }
}

/// 1 January 1970 was a Thursday.
fn weekday(at: Timestamp) -> &'static str {
    usize::try_from(day(at).rem_euclid(7))
        .ok()
        .and_then(|day| WEEKDAYS.get(day))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{span, title, weekday};
    use tieline_domain::Timestamp;

    #[test]
    fn days_have_names_for_a_week() {
        // Sunday, 22 November 2026, 00:30 UTC.
        let now = Timestamp::from_millis(1_795_307_400_000);
        let before = |hours: i64| Timestamp::from_millis(now.as_millis() - hours * 3_600_000);
        assert_eq!(
            [0, 1, 24, 49, 24 * 6, 24 * 7].map(|hours| span(before(hours), now)),
            [
                "Today",
                "Yesterday",
                "Yesterday",
                "This week",
                "This week",
                "Older"
            ]
        );
        assert_eq!(
            [0, 24, 72].map(|hours| weekday(before(hours))),
            ["Sun", "Sat", "Thu"]
        );
        assert_eq!(title(" \u{202e}"), "New session");
    }
}
