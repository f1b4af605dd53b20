//! `GET /activity?tab=calls|audit`

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::{Timestamp, UserId};
use tieline_hub::{
    AuditFilter, AuditRow as AuditEntry, CallFilter, CallRow as Call, ConnectorView,
};

use super::audit_words::{detail, what};
use super::view::{ActivityPage, AuditRow, CallRow, FilterSelect, SelectOption};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::integrations::status::failing_word;
use crate::dashboard::moment::{clock, hour_and_minute};
use crate::dashboard::monogram::{Monogram, initials};
use crate::dashboard::page::page;
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::{grouped, shown, took};
use crate::problem::Problem;
use crate::state::AppState;

const PER_PAGE: u32 = 50;
const OUTCOMES: [(&str, &str); 4] = [
    ("ok", "Done"),
    ("tool_error", "Tool said no"),
    ("upstream_failure", "Failed"),
    ("refused", "Refused"),
];

/// Tab, filters and place in the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActivityQuery {
    tab: String,
    connector: String,
    person: String,
    outcome: String,
    cursor: String,
}

impl ActivityQuery {
    /// Whether the audit log is asked for, not the calls.
    pub(super) fn wants_audit(&self) -> bool {
        self.tab == "audit"
    }

    /// Which calls; a word that names nothing leaves its filter open.
    pub(super) fn filter(&self, connectors: &[ConnectorView]) -> CallFilter {
        CallFilter {
            connector: connectors
                .iter()
                .find(|connector| connector.slug.as_str() == self.connector)
                .map(|connector| connector.id),
            user: UserId::parse(&self.person).ok(),
            outcome: OUTCOMES
                .iter()
                .find(|(word, _)| *word == self.outcome)
                .map(|(word, _)| (*word).to_owned()),
            ..CallFilter::default()
        }
    }
}

/// The page.
pub(crate) async fn activity_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, Problem> {
    let mut shell = asked.shell(&state, &who, Section::Activity).await;
    shell.live = String::new();
    let now = state.hub.clock().now();
    let mut view = blank(&state, shell);
    if query.wants_audit() {
        audit(&state, &mut view, &query, now).await?;
    } else {
        calls(&state, &mut view, &query, now).await?;
    }
    view.exports = [("As CSV", "csv"), ("As JSON lines", "jsonl")]
        .map(|(label, format)| {
            (
                label,
                address(&query, "/activity/export", ("format", format)),
            )
        })
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
        filters: Vec::new(),
        filtered: false,
        calls: None,
        audit: None,
        older: String::new(),
        newest: String::new(),
    }
}

async fn calls(
    state: &AppState,
    view: &mut ActivityPage,
    query: &ActivityQuery,
    now: Timestamp,
) -> Result<(), Problem> {
    let connectors = state.hub.list_connectors().await?.connectors;
    let people: HashMap<UserId, String> = state
        .hub
        .list_users()
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    let listed = state
        .hub
        .calls_page(cursor(query), PER_PAGE, &query.filter(&connectors))
        .await?;
    day(view, &connectors, now);
    view.filters = filters(&connectors, &people, query);
    view.filtered = [&query.connector, &query.person, &query.outcome]
        .iter()
        .any(|chosen| !chosen.is_empty());
    view.calls = Some(
        listed
            .rows
            .iter()
            .map(|call| call_row(call, &connectors, &people, now))
            .collect(),
    );
    view.older = listed
        .next
        .map(|next| address(query, "/activity", ("cursor", &next)))
        .unwrap_or_default();
    view.newest = if query.cursor.is_empty() {
        String::new()
    } else {
        address(query, "/activity", ("cursor", ""))
    };
    Ok(())
}

async fn audit(
    state: &AppState,
    view: &mut ActivityPage,
    query: &ActivityQuery,
    now: Timestamp,
) -> Result<(), Problem> {
    let listed = state
        .hub
        .audit_page(cursor(query), PER_PAGE, &AuditFilter::default())
        .await?;
    view.audit = Some(
        listed
            .rows
            .iter()
            .map(|entry| audit_row(entry, now))
            .collect(),
    );
    view.older = listed
        .next
        .map(|next| address(query, "/activity", ("cursor", &next)))
        .unwrap_or_default();
    view.newest = if query.cursor.is_empty() {
        String::new()
    } else {
        address(query, "/activity", ("cursor", ""))
    };
    Ok(())
}

fn cursor(query: &ActivityQuery) -> Option<&str> {
    Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty())
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

fn filters(
    connectors: &[ConnectorView],
    people: &HashMap<UserId, String>,
    query: &ActivityQuery,
) -> Vec<FilterSelect> {
    let option = |value: &str, label: &str, chosen: &str| SelectOption {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value == chosen,
    };
    let mut by_connector = vec![option("", "All connectors", &query.connector)];
    by_connector.extend(
        connectors
            .iter()
            .map(|connector| option(connector.slug.as_str(), &connector.name, &query.connector)),
    );
    let mut names: Vec<(&UserId, &String)> = people.iter().collect();
    names.sort_by_key(|(_, name)| name.to_lowercase());
    let mut by_person = vec![option("", "All people", &query.person)];
    by_person.extend(
        names
            .into_iter()
            .map(|(id, name)| option(&id.to_string(), name, &query.person)),
    );
    let mut by_outcome = vec![option("", "Any result", &query.outcome)];
    by_outcome.extend(
        OUTCOMES
            .iter()
            .map(|(word, label)| option(word, label, &query.outcome)),
    );
    vec![
        FilterSelect {
            name: "connector",
            label: "Connector",
            options: by_connector,
        },
        FilterSelect {
            name: "person",
            label: "Person",
            options: by_person,
        },
        FilterSelect {
            name: "outcome",
            label: "Result",
            options: by_outcome,
        },
    ]
}

fn call_row(
    call: &Call,
    connectors: &[ConnectorView],
    people: &HashMap<UserId, String>,
    now: Timestamp,
) -> CallRow {
    let connector = connectors
        .iter()
        .find(|connector| connector.id == call.connector_id);
    let name = connector.map_or(call.connector_slug.as_str(), |connector| &connector.name);
    let person = people
        .get(&call.user_id)
        .cloned()
        .unwrap_or_else(|| "Somebody who left".to_owned());
    CallRow {
        when: clock(call.at, now),
        initials: initials(&person),
        person,
        from: call
            .client
            .as_deref()
            .map(|client| shown(client, 40))
            .unwrap_or_default(),
        monogram: Monogram::of(name, &call.connector_slug).greyed(connector.is_none()),
        connector: name.to_owned(),
        tool: shown(&call.tool, 80),
        result: result(call),
        took: took(u64::try_from(call.ms).unwrap_or(0)),
    }
}

fn result(call: &Call) -> Status {
    let code = call.code.as_deref();
    let reason = code.unwrap_or_default();
    match call.outcome.as_str() {
        "ok" => Status::new(Tone::Good, "Done", ""),
        "tool_error" => Status::new(Tone::Warn, "Tool said no", reason),
        "refused" => Status::new(Tone::Off, refused_word(reason), reason),
        "upstream_failure" if reason == "timeout" => Status::new(
            Tone::Warn,
            format!("Timed out after {} s", (call.ms + 500) / 1000),
            reason,
        ),
        _ => Status::new(Tone::Bad, failing_word(code, true), reason),
    }
}

fn refused_word(code: &str) -> &'static str {
    match code {
        "connector_removed" => "Refused, connector was removed",
        "connector_disabled" => "Refused, connector is off",
        "tool_unavailable" => "Refused, tool is off",
        "connector_paused" => "Refused, connector is failing",
        "key_revoked" => "Refused, key was revoked",
        "registry_stale" => "Refused, database did not answer",
        _ => "Refused",
    }
}

fn audit_row(entry: &AuditEntry, now: Timestamp) -> AuditRow {
    AuditRow {
        when: clock(entry.at, now),
        who: entry.actor_name.clone(),
        initials: initials(&entry.actor_name),
        what: what(&entry.action),
        target: shown(&entry.target, 80),
        detail: detail(&entry.detail),
    }
}

/// An address that keeps tab and filters.
fn address(query: &ActivityQuery, path: &str, further: (&str, &str)) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [
        ("tab", query.tab.as_str()),
        ("connector", &query.connector),
        ("person", &query.person),
        ("outcome", &query.outcome),
        further,
    ] {
        if !value.is_empty() {
            pairs.append_pair(name, value);
        }
    }
    format!("{path}?{}", pairs.finish())
}
