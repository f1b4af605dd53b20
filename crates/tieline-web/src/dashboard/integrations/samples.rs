//! Example data for the Integrations pages: for the gallery, and for the test that renders every template.

use super::add_view::{AddConnectorPage, Foot, HeaderField, NameProblem, TokenField};
use super::detail_view::{
    ConnectorPage, EditForms, Fact, Input, LastError, NoTools, Tab, Tag, Tool,
};
use super::page_view::{Attention, ConnectedProvider, Filter, IntegrationsPage, ProviderCard, Row};
use super::provider_view::ConnectProviderPage;
use super::rail_view::{BearerHint, FoundTool, Offer, Rail, RailNote, Step, StepState};
use super::remove_view::RemovePage;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Field, Status, Tone, When};
use crate::dashboard::shell::{Section, Shell, Toast};

/// A name that would run a script if it were written unescaped anywhere.
pub const HOSTILE: &str = "<img src=x onerror=alert(1)>";

const SHAPE: [u32; 24] = [
    8, 9, 7, 12, 18, 22, 21, 33, 32, 32, 32, 40, 38, 29, 31, 26, 28, 18, 20, 15, 8, 6, 14, 14,
];

/// A day of calls; `failed` in the last hours.
pub fn day(scale: u32, failed: &[u32]) -> Vec<Interval> {
    let quiet = SHAPE.len() - failed.len();
    (0..)
        .zip(SHAPE)
        .map(|(hour, calls)| Interval {
            calls: calls * scale / 10,
            failed: if hour >= quiet {
                failed[hour - quiet]
            } else {
                0
            },
        })
        .collect()
}

fn mono(letters: &str, hue: u8) -> Monogram {
    Monogram {
        letters: letters.to_owned(),
        hue,
        off: false,
    }
}

fn row(
    name: &str,
    slug: &str,
    monogram: Monogram,
    status: Status,
    tools: (&str, &str),
    calls: &str,
    chart: &[Interval],
) -> Row {
    Row {
        name: name.to_owned(),
        slug: slug.to_owned(),
        on: status.tone != Tone::Off,
        monogram: monogram.greyed(status.tone == Tone::Off),
        status,
        tools_on: tools.0.to_owned(),
        tools_total: tools.1.to_owned(),
        chart: Chart::spark(chart),
        calls: calls.to_owned(),
    }
}

/// The list of the pictures.
pub fn page(shell: &Shell) -> IntegrationsPage {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    "/integrations".clone_into(&mut shell.here);
    let filter = |label, short, count, show: &str| Filter {
        label,
        short,
        count,
        href: if show.is_empty() {
            "/integrations".to_owned()
        } else {
            format!("/integrations?show={show}")
        },
        current: show.is_empty(),
    };
    let working = |age: &str| Status::new(Tone::Good, "Working", age);
    IntegrationsPage {
        intro:
            "Tools for every agent in Northwind. Changes reach each person in their next session."
                .to_owned(),
        attention: Some(Attention {
            lead: "Billing warehouse stopped working at 14:02.".to_owned(),
            text: "Its server rejects the saved token. 38 people are without its 8 tools."
                .to_owned(),
            label: "Replace token".to_owned(),
            href: "/integrations/c/billing_warehouse?tab=connection#rotate".to_owned(),
        }),
        stale: None,
        query: String::new(),
        show: String::new(),
        filters: vec![
            filter("All", "", 9, ""),
            filter("Needs attention", "Attention", 3, "attention"),
            filter("Off", "", 1, "off"),
        ],
        sum: "120 tools on, about 18,400 tokens per session".to_owned(),
        heavy: false,
        custom_count: "7".to_owned(),
        failed: None,
        no_match: None,
        clear_href: "/integrations".to_owned(),
        rows: vec![
            row(
                "Billing warehouse",
                "billing_warehouse",
                mono("Bw", 0),
                Status::new(
                    Tone::Bad,
                    "Token rejected",
                    "Server answers 401 since 14:02 today",
                ),
                ("8", "8"),
                "311",
                &day(4, &[5, 8, 6]),
            ),
            row(
                "Incident room",
                "incident_room",
                mono("Ir", 11),
                Status::new(Tone::Warn, "Slow", "1 call in 20 takes over 8.4 s"),
                ("17", "19"),
                "402",
                &day(5, &[1, 1, 1, 1, 0, 1, 0, 0, 0]),
            ),
            row(
                "Runbooks",
                "runbooks",
                mono("Rb", 2),
                Status::new(
                    Tone::Notice,
                    "2 tools changed",
                    "Held until you review them",
                ),
                ("9", "11"),
                "186",
                &day(3, &[]),
            ),
            row(
                "Acme MCP",
                "acme_mcp",
                mono("Ac", 7),
                working("Checked 40 s ago"),
                ("11", "12"),
                "1,204",
                &day(22, &[]),
            ),
            row(
                "Docs search",
                "docs_search",
                mono("Ds", 5),
                working("Checked 12 s ago"),
                ("4", "4"),
                "1,870",
                &day(35, &[]),
            ),
            row(
                "Feature flags",
                "feature_flags",
                mono("Ff", 9),
                working("Checked 25 s ago"),
                ("6", "6"),
                "94",
                &day(2, &[]),
            ),
            row(
                "Legacy CRM",
                "legacy_crm",
                mono("Lc", 8),
                Status::new(Tone::Off, "Off", "Turned off by Second admin, 3 Nov"),
                ("0", "23"),
                "0",
                &[Interval::default(); 24],
            ),
        ],
        pages: None,
        built_in_count: "2 of 6 connected".to_owned(),
        cards: cards(),
        shell,
    }
}

fn cards() -> Vec<ProviderCard> {
    let card = |name: &str, monogram, summary: &str, needs: &str, tools: &str| ProviderCard {
        slug: name.to_lowercase(),
        name: name.to_owned(),
        monogram,
        summary: summary.to_owned(),
        needs: needs.to_owned(),
        refused: String::new(),
        connected: (!tools.is_empty()).then(|| ConnectedProvider {
            href: format!("/integrations/c/{}", name.to_lowercase()),
            status: Status::new(Tone::Good, "Working", "Checked 20 s ago"),
            tools: tools.to_owned(),
            on: true,
        }),
    };
    vec![
        card(
            "Linear",
            mono("Li", 8),
            "Issues, projects, cycles",
            "",
            "24 tools",
        ),
        card(
            "GitHub",
            mono("Gh", 9),
            "Repositories, pull requests, code search",
            "",
            "41 tools",
        ),
        card(
            "Sentry",
            mono("Se", 10),
            "Errors and performance traces",
            "Needs an auth token",
            "",
        ),
        card(
            "Notion",
            mono("No", 1),
            "Pages and databases",
            "Needs an integration secret",
            "",
        ),
        card(
            "Stripe",
            mono("St", 9),
            "Payments, invoices, customers",
            "Needs a restricted key",
            "",
        ),
        card(
            "Cloudflare",
            mono("Cf", 1),
            "Zones, Workers, logs",
            "Needs an API token",
            "",
        ),
    ]
}

/// The states of the list beside the normal one.
pub fn page_states(shell: &Shell) -> Vec<(&'static str, IntegrationsPage)> {
    let normal = page(shell);
    let quiet = IntegrationsPage {
        attention: None,
        ..normal.clone()
    };
    let mut empty = IntegrationsPage {
        rows: Vec::new(),
        custom_count: String::new(),
        sum: String::new(),
        ..quiet.clone()
    };
    for card in &mut empty.cards {
        card.connected = None;
        "Needs an API token".clone_into(&mut card.needs);
    }
    if let Some(card) = empty.cards.last_mut() {
        "Needs sign-in by a person. Not supported.".clone_into(&mut card.refused);
    }
    "0 of 6 connected".clone_into(&mut empty.built_in_count);
    let mut hostile = quiet.clone();
    HOSTILE.clone_into(&mut hostile.query);
    HOSTILE.clone_into(&mut hostile.rows[0].name);
    "img_src_x_onerror_alert".clone_into(&mut hostile.rows[0].slug);
    hostile.rows[0].monogram = Monogram::of(HOSTILE, "img_src_x_onerror_alert");
    hostile.rows[0].status.reason = format!(
        "{HOSTILE} {}",
        "and a very long reason that has to end in an ellipsis ".repeat(4)
    );
    "A connector with sixty characters in its name, no less than x"
        .clone_into(&mut hostile.rows[1].name);
    hostile.shell.toast = Some(Toast {
        text: format!("{HOSTILE} added."),
        link: Some(("View".to_owned(), "/integrations/c/x".to_owned())),
        undo: None,
    });
    vec![
        ("integrations-empty", empty),
        ("integrations-no-match", IntegrationsPage { no_match: Some("Nothing matches “payroll”.".to_owned()), query: "payroll".to_owned(), rows: Vec::new(), ..quiet.clone() }),
        ("integrations-failed", IntegrationsPage { failed: Some("r-7f21c0".to_owned()), rows: Vec::new(), custom_count: String::new(), sum: String::new(), ..quiet.clone() }),
        ("integrations-degraded", IntegrationsPage { stale: Some("Status is 6 minutes old.".to_owned()), heavy: true, sum: "410 tools on, about 61,000 tokens per session. Many tools slow agents down. Turn off what nobody uses.".to_owned(), ..quiet }),
        ("integrations-hostile", hostile),
    ]
}

fn passed(title: &str, text: &str, ms: &str) -> Step {
    Step::new(StepState::Passed, title, text, ms)
}

fn not_reached(title: &str) -> Step {
    Step::new(StepState::NotReached, title, "Not reached", "")
}

fn first_three() -> Vec<Step> {
    vec![
        passed("DNS", "mcp.acme.io is 203.0.113.24", "11 ms"),
        passed("TCP", "Port 443 is open", "24 ms"),
        passed("TLS", "Certificate valid for 71 more days", "38 ms"),
    ]
}

fn tool(name: &str, description: &str, writes: bool) -> FoundTool {
    FoundTool {
        name: name.to_owned(),
        description: description.to_owned(),
        writes,
    }
}

/// A test that broke at the token, with the Bearer hint.
pub fn failed_rail() -> Rail {
    let mut steps = first_three();
    steps.push(Step::new(
        StepState::Broken,
        "HTTP 401",
        "Header Authorization was rejected",
        "92 ms",
    ));
    steps.extend([not_reached("MCP handshake"), not_reached("Tools")]);
    Rail {
        time: "0.3 s".to_owned(),
        ran: true,
        steps,
        bearer: Some(BearerHint {
            title: "Add “Bearer ” in front of the token?".to_owned(),
            before: "We tried it: with ".to_owned(),
            shown: "Bearer …k3Qf".to_owned(),
            after: " the server accepts the token and offers 12 tools.".to_owned(),
        }),
        ..Rail::default()
    }
}

/// A test that passed.
pub fn passed_rail() -> Rail {
    let mut steps = first_three();
    steps.extend([
        passed("HTTP", "200, header Authorization accepted", "96 ms"),
        passed(
            "MCP handshake",
            "acme-mcp 2.4.1, revision 2026-07-28",
            "142 ms",
        ),
        passed("12 tools found", "about 1,900 tokens per session", "288 ms"),
    ]);
    Rail {
        time: "0.6 s".to_owned(),
        ran: true,
        steps,
        tools: vec![
            tool("search_orders", "Find orders by customer", false),
            tool("get_order", "One order with its lines", false),
            tool("refund_order", "Refund an order", true),
        ],
        more_tools: vec![
            tool("create_note", "Add a note to a customer record", true),
            tool(HOSTILE, HOSTILE, false),
        ],
        show_all: "Show all 12".to_owned(),
        ..Rail::default()
    }
}

fn sign_in_rail() -> Rail {
    let mut steps = first_three();
    steps.push(Step::new(
        StepState::Broken,
        "Sign-in required",
        "The server wants a person to log in (OAuth)",
        "81 ms",
    ));
    steps.extend([not_reached("MCP handshake"), not_reached("Tools")]);
    Rail {
        time: "0.2 s".to_owned(),
        ran: true,
        steps,
        note: Some(RailNote {
            lead: "Tieline can’t use this server this way.".to_owned(),
            text: "Agents run without a person who could log in. Look in the provider’s settings for a personal access token or API key, and paste it under Advanced settings.".to_owned(),
            offer: None,
        }),
        ..Rail::default()
    }
}

fn moved_rail() -> Rail {
    let mut steps = first_three();
    steps.push(Step::new(
        StepState::Broken,
        "Moved",
        "The server moved to https://mcp.acme.io/v2/mcp.",
        "44 ms",
    ));
    steps.extend([not_reached("MCP handshake"), not_reached("Tools")]);
    Rail {
        time: "0.2 s".to_owned(),
        ran: true,
        steps,
        note: Some(RailNote {
            lead: "Use the new address?".to_owned(),
            text: "The token was not sent there.".to_owned(),
            offer: Some(Offer {
                label: "Use this address".to_owned(),
                value: "https://mcp.acme.io/v2/mcp".to_owned(),
            }),
        }),
        raw: HOSTILE.to_owned(),
        cautions: vec![
            "2 of 12 tools have a broken input schema and are left out: a, b".to_owned(),
        ],
        ..Rail::default()
    }
}

fn running_rail() -> Rail {
    let mut rail = Rail::untested();
    rail.running = true;
    rail.ran = true;
    rail.steps[0] = passed("DNS", "mcp.acme.io is 203.0.113.24", "11 ms");
    rail.steps[0].fresh = true;
    rail.steps[1].state = StepState::Running;
    rail
}

/// The form in its states.
pub fn add(shell: &Shell) -> Vec<(&'static str, AddConnectorPage)> {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    let empty = AddConnectorPage::empty(shell);
    let typed = AddConnectorPage {
        name: "Acme MCP".to_owned(),
        slug_preview: "acme_mcp".to_owned(),
        url: "https://mcp.acme.io/mcp".to_owned(),
        advanced_open: true,
        ..empty.clone()
    };
    let failed = AddConnectorPage {
        rail: failed_rail(),
        token: TokenField {
            problem: "The server rejected this token (28 characters, ends in".to_owned(),
            tail: "k3Qf".to_owned(),
            ..typed.token.clone()
        },
        foot: Foot {
            save_anyway: true,
            consequence: String::new(),
        },
        ..typed.clone()
    };
    let mut ok = AddConnectorPage {
        rail: passed_rail(),
        foot: Foot {
            save_anyway: false,
            consequence: "38 people get 12 tools in their next session.".to_owned(),
        },
        ..typed.clone()
    };
    "35 characters, starts with “Bearer”. Stored encrypted, never shown again."
        .clone_into(&mut ok.token.help);
    vec![
        ("add-empty", empty),
        ("add-failed", failed),
        ("add-ok", ok),
        (
            "add-running",
            AddConnectorPage {
                rail: running_rail(),
                ..typed.clone()
            },
        ),
        (
            "add-sign-in",
            AddConnectorPage {
                rail: sign_in_rail(),
                foot: Foot {
                    save_anyway: true,
                    consequence: String::new(),
                },
                ..typed.clone()
            },
        ),
        (
            "add-moved",
            AddConnectorPage {
                rail: moved_rail(),
                foot: Foot {
                    save_anyway: true,
                    consequence: String::new(),
                },
                ..typed.clone()
            },
        ),
        ("add-collision", collision(&typed)),
        ("add-taken", taken(&typed)),
    ]
}

fn collision(typed: &AddConnectorPage) -> AddConnectorPage {
    AddConnectorPage {
        name: "Linear!".to_owned(),
        summary: vec![
            (
                "name",
                "The name belongs to the built-in Linear.".to_owned(),
            ),
            ("url", HOSTILE.to_owned()),
            ("auth_header", "Tieline sets this header itself.".to_owned()),
        ],
        name_problem: Some(NameProblem {
            slug: "linear".to_owned(),
            text: "belongs to the built-in Linear.".to_owned(),
            suggestions: vec!["Linear 2".to_owned(), "Linear Northwind".to_owned()],
            ..NameProblem::default()
        }),
        url: "mcp.acme.io/mcp".to_owned(),
        url_problem: "The URL must start with http:// or https://.".to_owned(),
        url_offer: Some(Offer {
            label: "Use https://mcp.acme.io/mcp".to_owned(),
            value: "https://mcp.acme.io/mcp".to_owned(),
        }),
        header: Some(HeaderField {
            value: "Cookie".to_owned(),
            problem: "Tieline sets this header itself.".to_owned(),
        }),
        ..typed.clone()
    }
}

fn taken(typed: &AddConnectorPage) -> AddConnectorPage {
    AddConnectorPage {
        name: HOSTILE.to_owned(),
        name_problem: Some(NameProblem {
            slug: "docs_search".to_owned(),
            text: "is used by".to_owned(),
            link: Some((HOSTILE.to_owned(), "/integrations/c/docs_search".to_owned())),
            after_link: ", added by Second admin on 2 Oct.".to_owned(),
            suggestions: vec!["Docs search 2".to_owned()],
        }),
        url: "http://10.20.0.14:8080/mcp".to_owned(),
        url_cautions: vec!["Plain HTTP: the token and all data travel unencrypted. Use it only inside a network you trust.".to_owned()],
        general: Some("The database did not answer. Nothing was saved.".to_owned()),
        summary: vec![("name", "Taken".to_owned())],
        ..typed.clone()
    }
}

/// Connecting a provider.
pub fn provider(shell: &Shell) -> ConnectProviderPage {
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    ConnectProviderPage {
        shell,
        name: "Sentry".to_owned(),
        slug: "sentry".to_owned(),
        lead:
            "Errors and performance traces, for every agent in Northwind from the next session on."
                .to_owned(),
        url: "https://mcp.sentry.dev/mcp".to_owned(),
        recipe: vec![
            "Open Settings, then Auth Tokens".to_owned(),
            "Create a new token".to_owned(),
            "Scopes: org:read, project:read".to_owned(),
        ],
        open_url: "https://sentry.io/settings/".to_owned(),
        open_label: "Open in Sentry".to_owned(),
        general: None,
        token: TokenField {
            label: "Auth token".to_owned(),
            help: "Stored encrypted, never shown again.".to_owned(),
            ..TokenField::default()
        },
        header: None,
        rail: Rail::untested(),
        foot: Foot::default(),
    }
}

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
        calls: calls.to_owned(),
        exposed: format!("mcp__acme_mcp__{name}"),
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
        tabs: vec![tab("Tools", "11 of 12 on", "", true), tab("Connection", "", "?tab=connection", false)],
        tools: Some(vec![
            tool("search_orders", "Find orders by customer, status and date. Returns at most 100 orders, newest first.", "612 calls", true, Vec::new()),
            tool("get_order", "One order with its lines, payments and shipment.", "388 calls", true, Vec::new()),
            tool("export_report", "Build a CSV report of a period. Slow for long periods.", "74 calls", true, vec![Tag { class: "warn", text: "2 timeouts".to_owned() }]),
            tool("refund_order", "Refund an order in full or in part.", "9 calls", false, writes()),
            tool(HOSTILE, HOSTILE, "0 calls", true, writes()),
        ]),
        no_tools: NoTools::default(),
        tool_sum: "about 1,740 tokens per session".to_owned(),
        left_out: vec!["1 of 12 tools has a broken input schema and is left out: bad_one".to_owned()],
        can_switch: true,
        edit: None,
        tested: None,
        chart: Chart::wide(&day(22, &[1]), 290, 52),
        chart_from: "Yesterday 16:00".to_owned(),
        figures: vec![("Calls", "1,204".to_owned()), ("Failed", "2 (0.2%)".to_owned())],
        last_error: Some(LastError {
            when: When::new("3 h ago", "22 Nov 2026, 11:31:05 UTC", "2026-11-22T11:31:05Z"),
            tool: "export_report".to_owned(),
            text: "did not answer within 30 s, so the call was stopped. The agent was told and went on.".to_owned(),
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
    let mut connection = tools.clone();
    connection.tools = None;
    connection.tabs[0].current = false;
    connection.tabs[1].current = true;
    connection.edit = Some(EditForms {
        row_version: 3,
        general: Some("The new URL is another server.".to_owned()),
        name: Field::required("Acme MCP"),
        url: Field::required("https://mcp.acme.io/mcp").problem(HOSTILE),
        cautions: vec!["Plain HTTP: the token and all data travel unencrypted.".to_owned()],
        header: Field {
            placeholder: "Authorization".to_owned(),
            note: "optional".to_owned(),
            ..Field::default()
        },
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
        running: "4 sessions are using them now; their next call will fail. ".to_owned(),
        token_fate: "The token is deleted.".to_owned(),
        typed: "acme_m".to_owned(),
        problem: "Type the key exactly: acme_mcp.".to_owned(),
        on: true,
    }
}
