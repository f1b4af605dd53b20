//! Example data for the page of one connector and for its removal.

use super::add_view::TokenField;
use super::detail_view::{
    ConnectorPage, EditForms, Fact, Input, LastError, NoTools, PolicyChoice, Receipt, ReceiptToken,
    Tab, Tag, Tool,
};
use super::form_samples::failed_rail;
use super::page_view::Attention;
use super::remove_view::RemovePage;
use super::samples::{HOSTILE, day, mono};
use crate::dashboard::activity::samples as activity;
use crate::dashboard::chart::Chart;
use crate::dashboard::parts::{Field, Status, Tone, When};
use crate::dashboard::shell::{Section, Shell};

/// One connector, on its Tools tab.
pub fn detail(shell: &Shell) -> ConnectorPage {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    let tab = |label, count: &str, query: &str, current| Tab {
        label,
        count: count.to_owned(),
        href: format!("/integrations/c/acme_mcp{query}"),
        current,
    };
    let tool = |name: &str, description: &str, calls: &str, on: bool, tags: Vec<Tag>| Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        tags,
        on,
        policies: [("allow", "Allow"), ("ask", "Ask"), ("off", "Off")]
            .map(|(word, label)| PolicyChoice {
                word,
                label,
                chosen: if on { word == "allow" } else { word == "off" },
            })
            .into(),
        suggestion: if on { "Suggested: Ask" } else { "" },
        calls: calls.to_owned(),
        people: "4 people in 7 days".to_owned(),
        exposed: format!("mcp__acme_mcp__{name}"),
        try_href: format!("/integrations/c/acme_mcp/try?tool={}", name.len()),
        tokens: "176 tokens".to_owned(),
        inputs: vec![
            Input {
                name: "customer".to_owned(),
                kind: "string, required".to_owned(),
                meaning: "Customer id, e-mail address or name".to_owned(),
            },
            Input {
                name: "status".to_owned(),
                kind: "open | paid | refunded".to_owned(),
                meaning: "Leave out for every status".to_owned(),
            },
        ],
    };
    let writes = || {
        vec![Tag {
            class: "",
            text: "Writes data".to_owned(),
        }]
    };
    ConnectorPage {
        shell,
        name: "Acme MCP".to_owned(),
        slug: "acme_mcp".to_owned(),
        monogram: mono("Ac", 7),
        status: Status::new(Tone::Good, "Working", "Checked 40 s ago"),
        on: true,
        problem: None,
        changed: Some(Attention {
            lead: "2 tools changed.".to_owned(),
            text: "Agents do not have the new versions until you review them.".to_owned(),
            label: "Review changes".to_owned(),
            href: "/integrations/c/acme_mcp/review".to_owned(),
        }),
        tabs: vec![tab("Tools", "11 of 12 on", "", true), tab("Calls", "1,204", "?tab=calls", false), tab("Change history", "", "?tab=changes", false), tab("Connection", "", "?tab=connection", false)],
        tools: Some(vec![
            tool("search_orders", "Find orders by customer, status and date. Returns at most 100 orders, newest first.", "612 calls", true, Vec::new()),
            tool("get_order", "One order with its lines, payments and shipment.", "388 calls", true, Vec::new()),
            tool("export_report", "Build a CSV report of a period. Slow for long periods.", "74 calls", true, vec![Tag { class: "warn", text: "2 timeouts".to_owned() }]),
            tool("refund_order", "Refund an order in full or in part.", "9 calls", false, writes()),
            tool(HOSTILE, HOSTILE, "0 calls", true, writes()),
        ]),
        no_tools: NoTools::default(),
        tool_sum: "about 1,740 tokens per session".to_owned(),
        used: "9 people used these tools in the last 7 days.".to_owned(),
        left_out: vec!["1 of 12 tools has a broken input schema and is left out: bad_one".to_owned()],
        can_switch: true,
        calls: None,
        changes: None,
        edit: None,
        tested: None,
        chart: Chart::wide(&day(22, &[1]), 290, 52),
        chart_from: "Yesterday 16:00".to_owned(),
        figures: vec![("Calls", "1,204".to_owned()), ("Failed", "2 (0.2%)".to_owned()), ("Typical time", "180 ms".to_owned()), ("Slowest 5%", "over 1.1 s".to_owned()), ("People in 7 days", "9".to_owned())],
        last_error: Some(LastError {
            when: When::new("3 h ago", "22 Nov 2026, 11:31:05 UTC", "2026-11-22T11:31:05Z"),
            tool: "export_report".to_owned(),
            text: "did not answer within 30 s, so the call was stopped. The agent was told and went on.".to_owned(),
            href: "/activity/calls/0".to_owned(),
        }),
        facts: vec![
            Fact::new("URL", "https://mcp.acme.io/mcp", true),
            Fact::new("Header", "Authorization", true),
            Fact { href: "/integrations/c/acme_mcp?tab=connection#rotate".to_owned(), link: "Rotate", ..Fact::new("Token", "…k3Qf", true) },
            Fact::new("Server", "acme-mcp 2.4.1", false),
            Fact::new("MCP revision", "2026-07-28", false),
            Fact::new("Added", "Admin account, 12 Oct 2026", false),
        ],
    }
}

/// The same connector in its other states.
pub fn detail_states(shell: &Shell) -> Vec<(&'static str, ConnectorPage)> {
    let tools = detail(shell);
    let at = |tab: usize| {
        let mut page = tools.clone();
        page.tools = None;
        page.tabs[0].current = false;
        page.tabs[tab].current = true;
        page
    };
    let (mut calls, mut changes, mut connection) = (at(1), at(2), at(3));
    calls.calls = Some(activity::list("tool"));
    changes.changes = Some(activity::changes());
    connection.edit = Some(EditForms {
        row_version: 3,
        general: Some(format!(
            "{HOSTILE} changed this 2 min ago. Nothing was saved."
        )),
        theirs: Some("/integrations/c/acme_mcp?tab=connection".to_owned()),
        name: Field::required("Acme MCP"),
        url: Field::required("https://mcp.acme.io/mcp").problem(HOSTILE),
        cautions: vec!["Plain HTTP: the token and all data travel unencrypted.".to_owned()],
        header: Field {
            placeholder: "Authorization".to_owned(),
            note: "optional".to_owned(),
            ..Field::default()
        },
        receipt: Some(Receipt {
            when: When::new(
                "2 min ago",
                "22 Nov 2026, 14:29:02 UTC",
                "2026-11-22T14:29:02Z",
            ),
            by: "Admin account".to_owned(),
            tokens: vec![
                ReceiptToken {
                    label: "Old token, …k3Qf".to_owned(),
                    text: "Calls that were running finished with it. The last one began".to_owned(),
                    when: Some(When::new(
                        "14:28:59",
                        "22 Nov 2026, 14:28:59 UTC",
                        "2026-11-22T14:28:59Z",
                    )),
                },
                ReceiptToken {
                    label: "New token, …9xYz".to_owned(),
                    text: "Passed a real tools/list before it took over. No call used it yet."
                        .to_owned(),
                    when: None,
                },
            ],
        }),
        asks_token: true,
        token_help: "The stored token stays with the old server, so enter one for the new address."
            .to_owned(),
        token_now: "A token is stored, it ends in k3Qf.".to_owned(),
        token: TokenField {
            label: "New access token".to_owned(),
            placeholder: "Replaces …k3Qf".to_owned(),
            help: "Sent exactly as you type it.".to_owned(),
            ..TokenField::default()
        },
        no_header: None,
        has_token: true,
        save_anyway: true,
    });
    let mut failing = tools.clone();
    failing.status = Status::new(
        Tone::Bad,
        "Token rejected",
        "Server answers 401 since 14:02 today",
    );
    failing.tools = Some(Vec::new());
    failing.no_tools = NoTools {
        lead: "No tools yet".to_owned(),
        text: "They appear when the server answers.".to_owned(),
    };
    failing.problem = Some(Attention {
        lead: "Its server rejects the saved token.".to_owned(),
        text: "38 people are without its 12 tools.".to_owned(),
        label: "Replace token".to_owned(),
        href: "#rotate".to_owned(),
    });
    failing.tested = Some(failed_rail());
    failing.on = false;
    vec![
        ("detail-calls", calls),
        ("detail-changes", changes),
        ("detail-connection", connection),
        ("detail-failing", failing),
    ]
}

/// The question before a removal.
pub fn remove(shell: &Shell) -> RemovePage {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    RemovePage {
        shell,
        name: "Acme MCP".to_owned(),
        slug: "acme_mcp".to_owned(),
        lose: "38 people lose 11 tools".to_owned(),
        running: "4 sessions and 2 clients are using them now; their next call will fail. "
            .to_owned(),
        token_fate: "The token is deleted.".to_owned(),
        typed: "acme_m".to_owned(),
        problem: "Type the key exactly: acme_mcp.".to_owned(),
        on: true,
    }
}
