//! `GET /activity?tab=calls|audit`

use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use tieline_domain::Timestamp;
use tieline_hub::ConnectorView;

use super::list::{ListQuery, Of, calls, changes};
use super::view::ActivityPage;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::moment::hour_and_minute;
use crate::dashboard::page::page;
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::grouped;
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
        day(&mut view, &connectors, now);
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
        chart: None,
        figures: Vec::new(),
        axis: Vec::new(),
        exports: Vec::new(),
        calls: None,
        audit: None,
    }
}

/// The last 24 hours over all connectors that are there now.
fn day(view: &mut ActivityPage, connectors: &[ConnectorView], now: Timestamp) {
    let mut hours = vec![Interval::default(); 24];
    for connector in connectors {
        for (hour, counts) in hours.iter_mut().zip(&connector.calls_24h) {
            hour.calls = hour.calls.saturating_add(counts.calls);
            hour.failed = hour.failed.saturating_add(counts.failed);
        }
    }
    let calls: u64 = hours.iter().map(|hour| u64::from(hour.calls)).sum();
    let failed: u64 = hours.iter().map(|hour| u64::from(hour.failed)).sum();
    if calls == 0 {
        return;
    }
    let share = failed * 1000 / calls;
    view.figures = vec![
        (grouped(calls), "calls in 24 hours".to_owned()),
        (
            grouped(failed),
            if failed == 0 {
                "failed".to_owned()
            } else {
                format!("failed ({}.{}%)", share / 10, share % 10)
            },
        ),
    ];
    view.today = format!("{} in 24 h", grouped(calls));
    view.axis = [24, 18, 12, 6]
        .map(|hours| hour_and_minute(now.minus(Duration::from_secs(hours * 3600))))
        .into();
    view.chart = Some(Chart::wide(&hours, 1002, 64));
}
