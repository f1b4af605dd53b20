//! Example data for the forms that connect a server, with the connection test in its states.

use super::add_view::{AddConnectorPage, Foot, HeaderField, NameProblem, TokenField};
use super::provider_view::ConnectProviderPage;
use super::rail_view::{BearerHint, FoundTool, Offer, Rail, RailNote, Step, StepState};
use super::samples::HOSTILE;
use crate::dashboard::shell::{Section, Shell};

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
