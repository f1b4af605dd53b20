//! Example data for the Integrations list: for the gallery, and for the test that renders every template.

use super::bulk_view::{BulkLine, BulkPage};
use super::page_view::{
    Attention, Column, ConnectedProvider, Filter, IntegrationsPage, Pages, ProviderCard, Row,
};
use super::status_samples;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, Tone};
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

pub(super) fn mono(letters: &str, hue: u8) -> Monogram {
    Monogram {
        letters: letters.to_owned(),
        hue,
        off: false,
    }
}

pub(super) fn row(
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
        picked: false,
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
        show: "",
        sort: String::new(),
        back: String::new(),
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
        columns: columns("Status"),
        rows: custom_rows(),
        pages: None,
        folded: false,
        built_in_count: "2 of 6 connected".to_owned(),
        cards: cards(),
        shell,
    }
}

fn columns(current: &str) -> [Column; 4] {
    [
        ("Connector", "name"),
        ("Status", "status"),
        ("Tools on", "tools"),
        ("Calls, last 24 h", "calls"),
    ]
    .map(|(label, word)| Column {
        label,
        href: format!("/integrations?sort={word}"),
        title: format!("Sort by {}", label.to_lowercase()),
        current: label == current,
        reversed: false,
    })
}

/// As many connectors as there may be: one page of them, sorted by calls, three ticked.
fn many(normal: &IntegrationsPage) -> IntegrationsPage {
    let mut page = normal.clone();
    page.rows = (0..)
        .zip(normal.rows.iter().cycle().take(50))
        .map(|(at, row)| Row {
            slug: format!("{}_{at}", row.slug),
            name: format!("{} {at}", row.name),
            picked: [1, 3, 4].contains(&at),
            ..row.clone()
        })
        .collect();
    page.attention = Some(Attention {
        lead: "3 connectors are failing.".to_owned(),
        text: "38 people are without their 31 tools.".to_owned(),
        label: "Show them".to_owned(),
        href: "/integrations?show=attention".to_owned(),
    });
    page.columns = columns("Calls, last 24 h");
    page.columns[3].reversed = true;
    "-calls".clone_into(&mut page.sort);
    "200".clone_into(&mut page.custom_count);
    page.pages = Some(Pages {
        text: "51–100 of 200".to_owned(),
        back: "/integrations?sort=-calls".to_owned(),
        next: "/integrations?sort=-calls&page=3".to_owned(),
    });
    page.folded = true;
    "6 built-in, 2 connected".clone_into(&mut page.built_in_count);
    page
}

/// The question about several connectors: to turn off, and to remove after a wrong word.
pub fn bulk(shell: &Shell) -> Vec<(&'static str, BulkPage)> {
    let line = |name: &str, monogram, facts: &str| BulkLine {
        name: name.to_owned(),
        slug: "a_slug".to_owned(),
        monogram,
        facts: facts.to_owned(),
    };
    let mut shell = shell.clone();
    shell.section = Section::Integrations;
    let off = BulkPage {
        shell,
        title: "Turn off 3 connectors?".to_owned(),
        label: "Turn off",
        action: "turn_off",
        lose: "38 people lose 20 tools".to_owned(),
        rest: "Running sessions get “turned off by an admin”.".to_owned(),
        lines: vec![
            line(
                "Acme MCP",
                mono("Ac", 7),
                "11 tools · 12 people in 7 days · in use now",
            ),
            line(HOSTILE, mono("Rb", 2), "9 tools · nobody used it in 7 days"),
            line(
                "A connector with sixty characters in its name, no less than x",
                mono("Lc", 8),
                "off already · 1 person in 7 days",
            ),
        ],
        back: String::new(),
        cancel: "/integrations".to_owned(),
        phrase: String::new(),
        typed: String::new(),
        problem: String::new(),
    };
    let remove = BulkPage {
        title: "Remove 3 connectors?".to_owned(),
        label: "Remove",
        action: "remove",
        rest: "Their tokens are deleted. Activity is kept.".to_owned(),
        phrase: "remove 3".to_owned(),
        typed: "remove".to_owned(),
        problem: "Type exactly: remove 3. Nothing was removed.".to_owned(),
        ..off.clone()
    };
    vec![("bulk-turn-off", off), ("bulk-remove", remove)]
}

fn custom_rows() -> Vec<Row> {
    let working = |age: &str| Status::new(Tone::Good, "Working", age);
    vec![
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
    ]
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
        ("integrations-many", many(&normal)),
        ("integrations-statuses", IntegrationsPage { rows: status_samples::rows(), custom_count: "10".to_owned(), ..normal }),
    ]
}
