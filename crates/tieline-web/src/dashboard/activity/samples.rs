//! Example data for the Activity page.

use super::content::{Content, ContentPart};
use super::explain_view::{ExplainPage, GoodCall};
use super::view::{
    ActivityPage, AuditList, AuditRow, CallList, CallRow, Day, FilterSelect, Live, SelectOption,
};
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::chat::markup::exact;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::integrations::rail_view::{Step, StepState};
use crate::dashboard::integrations::samples::{HOSTILE, day};
use crate::dashboard::monogram::{Monogram, initials};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::samples::when;
use crate::dashboard::shell::Shell;

/// Calls, audit log, and the empty page.
pub(crate) fn activity(shell: &Shell) -> Vec<(&'static str, ActivityPage)> {
    let calls = ActivityPage {
        shell: shell.clone(),
        intro: "Every tool call and every change an admin made. Calls are kept for 30 days."
            .to_owned(),
        today: "6,318 in 24 h".to_owned(),
        day: Some(Day {
            chart: Chart::wide(&day(60, &[1, 0, 0, 40, 60, 70, 60]), 1002, 64),
            figures: [
                ("6,318", "calls in 24 hours"),
                ("97", "failed (1.5%)"),
                ("240 ms", "typical"),
                ("3.1 s", "slowest 5 %"),
            ]
            .map(|(value, word)| (value.to_owned(), word.to_owned()))
            .into(),
            axis: vec![when("14:30"), when("20:30"), when("02:30"), when("08:30")],
        }),
        exports: vec![
            ("As CSV", "/activity/export?format=csv".to_owned()),
            ("As JSON lines", "/activity/export?format=jsonl".to_owned()),
        ],
        calls: Some(list("connector")),
        audit: None,
    };
    let audit = ActivityPage {
        day: None,
        calls: None,
        audit: Some(changes()),
        ..calls.clone()
    };
    let empty = ActivityPage {
        calls: Some(CallList {
            rows: Vec::new(),
            older: String::new(),
            ..list("connector")
        }),
        day: Some(Day {
            chart: Chart::wide(&[Interval::default(); 24], 1002, 64),
            figures: ["calls in 24 hours", "failed (0%)"]
                .map(|word| ("0".to_owned(), word.to_owned()))
                .into(),
            axis: vec![when("14:30"), when("20:30"), when("02:30"), when("08:30")],
        }),
        today: "0 in 24 h".to_owned(),
        ..calls.clone()
    };
    let no_match = ActivityPage {
        calls: Some(CallList {
            filtered: true,
            rows: Vec::new(),
            older: String::new(),
            ..list("connector")
        }),
        ..calls.clone()
    };
    let no_hit = ActivityPage {
        calls: Some(CallList {
            q: HOSTILE.to_owned(),
            rows: Vec::new(),
            older: String::new(),
            ..list("connector")
        }),
        ..calls.clone()
    };
    vec![
        ("activity-no-hit", no_hit),
        ("activity", calls),
        ("activity-audit", audit),
        ("activity-no-match", no_match),
        ("activity-empty", empty),
    ]
}

/// A call that failed at its server, and one that Tieline refused.
pub(crate) fn explain(shell: &Shell) -> Vec<(&'static str, ExplainPage)> {
    let step = |state, title: &str, text: &str| Step::new(state, title, text, "");
    let failed = ExplainPage {
        shell: shell.clone(),
        connector: "Billing warehouse".to_owned(),
        connector_href: "/integrations/c/billing_warehouse".to_owned(),
        monogram: Monogram::of("Billing warehouse", "billing_warehouse"),
        tool: "run_query".to_owned(),
        result: Status::new(Tone::Bad, "Token rejected (401)", "auth_failed"),
        when: when("14:31:08"),
        title: "The token was rejected".to_owned(),
        text: "The server rejected the saved token (HTTP 401).".to_owned(),
        fix: "Make a new token at the provider and replace the saved one. It is tested before it takes over.".to_owned(),
        action: Some((
            "Replace token",
            "/integrations/c/billing_warehouse?tab=connection#rotate".to_owned(),
        )),
        try_again: "/integrations/c/billing_warehouse/try?tool=run_query".to_owned(),
        no_try: String::new(),
        steps: vec![
            step(StepState::Passed, "Policy", "Member one may call it"),
            step(StepState::Passed, "DNS", "mcp.billing.example has an address"),
            step(StepState::Passed, "TCP", "Connected to port 443"),
            step(StepState::Passed, "TLS", "The certificate holds"),
            Step::new(StepState::Broken, "HTTP", "The token was rejected", "88 ms"),
            step(StepState::NotReached, "MCP", ""),
            step(StepState::NotReached, "Schema", ""),
            step(StepState::NotReached, "Tool", ""),
        ],
        exchange: vec![
            Fact::new("Method", "tools/call", true),
            Fact::new("Sent", "412 bytes", false),
            Fact::new("Received", "0 bytes", false),
            Fact::new("Code", "auth_failed", true),
            Fact::new("Answered", "HTTP 401", true),
            Fact {
                href: "/activity?q=0193a1b2".to_owned(),
                link: "Its calls",
                ..Fact::new("Session", "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1c", true)
            },
            Fact::new("Request", "r-9f86d081884c7d65", true),
            Fact::new("Call", "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", true),
        ],
        content: not_kept(),
        credential: vec![
            Fact::new("Called by", "Member one", false),
            Fact::new("Through", HOSTILE, false),
            Fact::new(
                "Token",
                "The connector’s own, the same for everybody, …k3Qf",
                false,
            ),
        ],
        good: vec![
            GoodCall {
                label: "This tool, before".to_owned(),
                when: Some(when("13:58:40")),
                text: "by Admin account".to_owned(),
            },
            GoodCall {
                label: "This tool, since".to_owned(),
                when: None,
                text: "Not yet".to_owned(),
            },
        ],
        json: "{\n  \"tool\": \"run_query\",\n  \"outcome\": \"upstream_failure\",\n  \"code\": \"auth_failed\"\n}".to_owned(),
        between: "About this connector between its last good call, 33 min ago, and this one."
            .to_owned(),
        changes: events(),
    };
    let refused = ExplainPage {
        connector: HOSTILE.to_owned(),
        connector_href: String::new(),
        tool: HOSTILE.to_owned(),
        result: Status::new(Tone::Off, "Refused, connector was removed", ""),
        title: "The connector was removed".to_owned(),
        text: HOSTILE.to_owned(),
        try_again: String::new(),
        no_try: "The connector is gone, so there is nothing to try again.".to_owned(),
        steps: vec![
            Step::new(
                StepState::Broken,
                "Policy",
                "The connector was removed",
                "0 ms",
            ),
            step(StepState::NotReached, "DNS", ""),
            step(StepState::NotReached, "Tool", ""),
        ],
        between: "Nothing about this connector before this call; no good one is known.".to_owned(),
        changes: Vec::new(),
        ..failed.clone()
    };
    let kept = said(failed.clone());
    vec![
        ("call-failed", failed),
        ("call-refused", refused),
        ("call-kept", kept),
    ]
}

fn not_kept() -> Content {
    Content {
        parts: Vec::new(),
        note: "Arguments and results are not kept.",
        way: Some(("Settings, Data", "/settings/data".to_owned())),
    }
}

/// The same with what was said.
fn said(call: ExplainPage) -> ExplainPage {
    let part = |title, text: &str, cut: &str| ContentPart {
        title,
        text: exact(text),
        cut: cut.to_owned(),
    };
    let result = "\"a-word-without-any-break\",".repeat(80);
    ExplainPage {
        content: Content {
            parts: vec![
                part("Arguments", &format!("{{ \"query\": \"{HOSTILE}\" }}"), ""),
                part(
                    "Result",
                    &format!("{{ \"content\": [{result}"),
                    "Cut at 16 KB of 9.4 MB.",
                ),
            ],
            ..Content::default()
        },
        ..call
    }
}

/// Calls with filters, of which the first is by connector or by tool.
pub(crate) fn list(first: &'static str) -> CallList {
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
    CallList {
        path: "/activity".to_owned(),
        tab: String::new(),
        filters: vec![
            select(first, "Connector or tool", "All"),
            select("person", "Person", "All people"),
            select("outcome", "Result", "Any result"),
            select("time", "Time", "Any time"),
        ],
        filtered: false,
        q: String::new(),
        live_word: String::new(),
        live: (first == "connector").then(|| Live {
            on: true,
            switch: "/activity?live=off".to_owned(),
            reload: "/activity?".to_owned(),
        }),
        clear: "/activity".to_owned(),
        rows: calls(),
        older: "/activity?cursor=x".to_owned(),
        newest: String::new(),
    }
}

/// Changes, on their second page.
pub(crate) fn changes() -> AuditList {
    AuditList {
        rows: events(),
        older: String::new(),
        newest: "/activity?tab=audit".to_owned(),
    }
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
                href: "/activity/calls/0".to_owned(),
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
            Status::new(Tone::Bad, "Token rejected (401)", HOSTILE),
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
