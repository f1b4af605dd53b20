//! Example data for the Activity page.

use super::view::{ActivityPage, AuditRow, CallRow, FilterSelect, SelectOption};
use crate::dashboard::chart::Chart;
use crate::dashboard::integrations::samples::{HOSTILE, day};
use crate::dashboard::monogram::{Monogram, initials};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::samples::when;
use crate::dashboard::shell::Shell;

/// Calls, audit log, and the empty page.
pub fn activity(shell: &Shell) -> Vec<(&'static str, ActivityPage)> {
    let select = |name, label, first: &str| FilterSelect {
        name,
        label,
        options: vec![
            SelectOption {
                value: String::new(),
                label: first.to_owned(),
                chosen: true,
            },
            SelectOption {
                value: HOSTILE.to_owned(),
                label: HOSTILE.to_owned(),
                chosen: false,
            },
        ],
    };
    let calls = ActivityPage {
        shell: shell.clone(),
        intro: "Every tool call and every change an admin made. Calls are kept for 30 days."
            .to_owned(),
        today: "6,318 in 24 h".to_owned(),
        chart: Some(Chart::wide(&day(60, &[1, 0, 0, 40, 60, 70, 60]), 1002, 64)),
        figures: vec![
            ("6,318".to_owned(), "calls".to_owned()),
            ("97".to_owned(), "failed (1.5%)".to_owned()),
        ],
        axis: vec![when("14:30"), when("20:30"), when("02:30"), when("08:30")],
        exports: vec![
            ("As CSV", "/activity/export?format=csv".to_owned()),
            ("As JSON lines", "/activity/export?format=jsonl".to_owned()),
        ],
        filters: vec![
            select("connector", "Connector", "All connectors"),
            select("person", "Person", "All people"),
            select("outcome", "Result", "Any result"),
        ],
        filtered: false,
        calls: Some(calls()),
        audit: None,
        older: "/activity?cursor=x".to_owned(),
        newest: String::new(),
    };
    let audit = ActivityPage {
        chart: None,
        figures: Vec::new(),
        axis: Vec::new(),
        calls: None,
        audit: Some(events()),
        newest: "/activity?tab=audit".to_owned(),
        ..calls.clone()
    };
    let empty = ActivityPage {
        calls: Some(Vec::new()),
        chart: None,
        older: String::new(),
        ..calls.clone()
    };
    let chart = calls.chart.clone();
    vec![
        ("activity", calls),
        ("activity-audit", audit),
        (
            "activity-no-match",
            ActivityPage {
                filtered: true,
                chart,
                ..empty.clone()
            },
        ),
        ("activity-empty", empty),
    ]
}

fn calls() -> Vec<CallRow> {
    let call =
        |person: &str, from: &str, connector: &str, slug: &str, tool: &str, result, took: &str| {
            CallRow {
                when: when("14:31:08"),
                person: person.to_owned(),
                initials: initials(person),
                from: from.to_owned(),
                monogram: Monogram::of(connector, slug),
                connector: connector.to_owned(),
                tool: tool.to_owned(),
                result,
                took: took.to_owned(),
            }
        };
    let done = || Status::new(Tone::Good, "Done", "");
    vec![
        call(
            "Admin account",
            "Claude Code 2.1",
            "Docs search",
            "docs_search",
            "search_docs",
            done(),
            "3.1 s",
        ),
        call(
            "Admin account",
            "Claude Code 2.1",
            "Billing warehouse",
            "billing_warehouse",
            "run_query",
            Status::new(Tone::Bad, "Token rejected", HOSTILE),
            "88 ms",
        ),
        call(
            "Member one",
            "Cursor",
            "Incident room",
            "incident_room",
            "timeline",
            Status::new(Tone::Warn, "Timed out after 30 s", ""),
            "30.0 s",
        ),
        call(
            HOSTILE,
            HOSTILE,
            HOSTILE,
            "x",
            HOSTILE,
            Status::new(Tone::Off, "Refused, tool is off", ""),
            "2 ms",
        ),
    ]
}

fn events() -> Vec<AuditRow> {
    let event = |who: &str, what: &str, target: &str, detail: &str| AuditRow {
        when: when("14:02"),
        who: who.to_owned(),
        initials: initials(who),
        what: what.to_owned(),
        target: target.to_owned(),
        detail: detail.to_owned(),
    };
    vec![
        event(
            "Admin account",
            "rotated the token of",
            "billing_warehouse",
            "",
        ),
        event(
            HOSTILE,
            "changed",
            "acme_mcp",
            "url: https://a.example/mcp → https://b.example/mcp",
        ),
    ]
}
