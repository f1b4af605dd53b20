//! `GET /activity?tab=calls|audit`

use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use tieline_hub::ConnectorView;

use super::list::{ListQuery, Of, calls, changes};
use super::view::{ActivityPage, Day};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::moment::hour_and_minute;
use crate::dashboard::page::page;
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::{grouped, took};
use crate::problem::Problem;
use crate::state::AppState;

/// The page.
pub(crate) async fn activity_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let shell = asked.shell(&state, &who, Section::Activity).await;
    let now = state.hub.clock().now();
    let mut view = blank(&state, shell);
    if query.wants_audit() {
        view.audit = Some(changes(&state, &query, Of::Everything(&[]), now).await?);
    } else {
        let connectors = state.hub.list_connectors().await?.connectors;
        view.calls = Some(calls(&state, &query, Of::Everything(&connectors), now).await?);
        let day = day(&state, &query, &connectors).await?;
        if query.is_live() {
            view.shell.live = query.address("/events", ("view", "activity"));
        }
        view.today = today(&query, &day);
        view.day = Some(day);
    }
    view.exports = [("As CSV", "csv"), ("As JSON lines", "jsonl")]
        .map(|(label, format)| (label, query.address("/activity/export", ("format", format))))
        .into();
    Ok(page(&view))
}

fn blank(state: &AppState, shell: Shell) -> ActivityPage {
    let days = state.hub.settings_in_force().keep_calls_days;
    ActivityPage {
        shell,
        intro: format!(
            "Every tool call and every change an admin made. Calls are kept for {days} days."
        ),
        today: String::new(),
        day: None,
        exports: Vec::new(),
        calls: None,
        audit: None,
    }
}

/// What stands beside the name of the tab; nothing as long as filters leave calls out.
pub(super) fn today(query: &ListQuery, day: &Day) -> String {
    match day.figures.first().filter(|_| query.is_everything()) {
        Some((calls, _)) => format!("{calls} in 24 h"),
        None => String::new(),
    }
}

/// The last 24 hours of what fits the filters.
pub(super) async fn day(
    state: &AppState,
    query: &ListQuery,
    connectors: &[ConnectorView],
) -> Result<Day, Problem> {
    let filter = query.whole_filter(state, connectors).await?;
    let summary = state.hub.calls_summary(&filter).await?;
    let hours = summary.hours.map(|hour| Interval {
        calls: hour.calls,
        failed: hour.failed,
    });
    let calls: u64 = hours.iter().map(|hour| u64::from(hour.calls)).sum();
    let failed: u64 = hours.iter().map(|hour| u64::from(hour.failed)).sum();
    let share = (failed * 1000).checked_div(calls).unwrap_or(0);
    let mut figures = vec![
        (
            grouped(calls),
            match calls {
                1 => "call in 24 hours".to_owned(),
                _ => "calls in 24 hours".to_owned(),
            },
        ),
        (
            grouped(failed),
            if failed == 0 {
                "failed".to_owned()
            } else {
                format!("failed ({}.{}%)", share / 10, share % 10)
            },
        ),
    ];
    if let Some(times) = summary.times {
        figures.push((took(times.typical), "typical".to_owned()));
        figures.push((took(times.slowest), "slowest 5 %".to_owned()));
    }
    let now = state.hub.clock().now();
    Ok(Day {
        chart: Chart::wide(&hours, 1002, 64),
        figures,
        axis: [24, 18, 12, 6]
            .map(|hours| hour_and_minute(now.minus(Duration::from_secs(hours * 3600))))
            .into(),
    })
}
