//! `GET /integrations/c/{slug}`: one connector, and the page that its operations show again.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use tieline_domain::{Slug, Timestamp};
use tieline_hub::{CallFilter, ConnectorKind, ConnectorToolView, ConnectorUsage, ConnectorView};

use super::add_view::TokenField;
use super::detail_view::{
    ConnectorDay, ConnectorPage, EditForms, Fact, LastError, NoTools, Receipt, ReceiptToken, Tab,
};
use super::draft::cautions;
use super::list::{about, intervals};
use super::page_view::Attention;
use super::status::{call_failed, status_of};
use super::tools::{left_out, tool};
use crate::auth::Admin;
use crate::dashboard::activity::list::{ListQuery, Of, calls, changes};
use crate::dashboard::asked::Asked;
use crate::dashboard::chart::Chart;
use crate::dashboard::moment::{clock, date, time, when};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::page::page;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::{counted, grouped, roughly, shown, took};
use crate::problem::Problem;
use crate::state::AppState;

/// The tab at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// What the server offers.
    Tools,
    /// What it was asked.
    Calls,
    /// What was changed about it.
    Changes,
    /// Address, header and token.
    Connection,
}

/// The page.
pub(crate) async fn connector_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let shell = asked.shell(&state, &who, Section::Integrations).await;
    let at = match query.tab.as_str() {
        "calls" => At::Calls,
        "changes" => At::Changes,
        "connection" => At::Connection,
        _ => At::Tools,
    };
    let mut view = view(&state, shell, &slug, at).await?;
    let now = state.hub.clock().now();
    if matches!(at, At::Calls | At::Changes) {
        let connector = state.hub.connector(&slug).await?;
        let of = Of::Connector(&connector, &connector.tool_names);
        match at {
            At::Calls => view.calls = Some(calls(&state, &query, of, now).await?),
            _ => view.changes = Some(changes(&state, &query, of, now).await?),
        }
    }
    Ok(page(&view))
}

/// The key in an address, or 404: a wrong one names nothing.
pub(crate) fn known_slug(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|_| Problem::not_found())
}

/// The page of a connector at one of its tabs.
pub(crate) async fn view(
    state: &AppState,
    mut shell: Shell,
    slug: &Slug,
    at: At,
) -> Result<ConnectorPage, Problem> {
    let connector = state.hub.connector(slug).await?;
    let tools = state.hub.connector_tools(slug).await?;
    let people = state.hub.people().await?;
    let usage = state.hub.connector_usage(slug).await?;
    let now = state.hub.clock().now();
    let day = day(&connector, &usage, now);
    shell.live = format!("/events?view=connector&slug={slug}");
    Ok(ConnectorPage {
        name: connector.name.clone(),
        slug: slug.to_string(),
        monogram: Monogram::of(&connector.name, slug.as_str()).greyed(!connector.enabled),
        status: status_of(&connector, now),
        on: connector.enabled,
        problem: connector
            .status
            .is_failing()
            .then(|| about(&connector, people, now)),
        changed: changed(&connector),
        tabs: tabs(&connector, at),
        no_tools: no_tools(&connector, &tools),
        tool_sum: tool_sum(&connector),
        left_out: left_out(&tools),
        can_switch: true,
        tools: (at == At::Tools).then(|| {
            tools
                .iter()
                .filter(|tool| tool.left_out.is_none())
                .map(|listed| {
                    let used = usage.tools.get(&listed.name).copied();
                    tool(state, slug, listed, used.unwrap_or_default())
                })
                .collect()
        }),
        calls: None,
        changes: None,
        edit: match at {
            At::Connection => Some(EditForms {
                receipt: receipt(state, slug, now).await?,
                ..forms(&connector)
            }),
            _ => None,
        },
        tested: None,
        chart: day.chart,
        chart_from: day.chart_from,
        figures: day.figures,
        used: used(&usage),
        last_error: last_error(state, &connector, now).await,
        facts: facts(&connector),
        shell,
    })
}

/// The last 24 hours.
pub(crate) fn day(
    connector: &ConnectorView,
    usage: &ConnectorUsage,
    now: Timestamp,
) -> ConnectorDay {
    ConnectorDay {
        chart: Chart::wide(&intervals(&connector.calls_24h), 290, 52),
        chart_from: yesterday(now),
        figures: figures(connector, usage),
    }
}

fn tabs(connector: &ConnectorView, at: At) -> Vec<Tab> {
    let tab = |label, count, query: &str, is: At| Tab {
        label,
        count,
        href: format!("/integrations/c/{}{query}", connector.slug),
        current: at == is,
    };
    let on = format!(
        "{} of {} on",
        connector.tools_enabled, connector.tools_total
    );
    let calls = grouped(u64::from(connector.calls_total()));
    vec![
        tab("Tools", on, "", At::Tools),
        tab("Calls", calls, "?tab=calls", At::Calls),
        tab("Change history", String::new(), "?tab=changes", At::Changes),
        tab(
            "Connection",
            String::new(),
            "?tab=connection",
            At::Connection,
        ),
    ]
}

/// The note about tools that wait for a review.
fn changed(connector: &ConnectorView) -> Option<Attention> {
    let count = connector.tools_changed;
    (count > 0).then(|| Attention {
        lead: format!("{} changed.", counted(count as u64, "tool", "tools")),
        text: "Agents do not have the new versions until you review them.".to_owned(),
        label: "Review changes".to_owned(),
        href: format!("/integrations/c/{}/review", connector.slug),
    })
}

fn yesterday(now: Timestamp) -> String {
    format!("Yesterday {}", time(now).get(..5).unwrap_or_default())
}

fn no_tools(connector: &ConnectorView, tools: &[ConnectorToolView]) -> NoTools {
    let text = match (connector.status.is_failing(), tools.is_empty()) {
        (true, _) => "They appear when its server works again.",
        (false, true) if connector.checked_at.is_none() => {
            "They appear as soon as the server has answered."
        }
        (false, true) => "Connected, but it offers no tools yet.",
        (false, false) => "Every tool that it offers has a broken definition.",
    };
    NoTools {
        lead: "No tools yet".to_owned(),
        text: text.to_owned(),
    }
}

fn tool_sum(connector: &ConnectorView) -> String {
    if connector.tokens == 0 {
        String::new()
    } else {
        format!(
            "about {} tokens per session",
            grouped(roughly(connector.tokens as u64))
        )
    }
}

/// Who would notice that tools are switched.
fn used(usage: &ConnectorUsage) -> String {
    match usage.week.people {
        0 => "Nobody used these tools in the last 7 days.".to_owned(),
        people => format!(
            "{} used these tools in the last 7 days.",
            counted(people, "person", "people")
        ),
    }
}

/// What became of the last rotation, in words.
async fn receipt(
    state: &AppState,
    slug: &Slug,
    now: Timestamp,
) -> Result<Option<Receipt>, Problem> {
    let Some(known) = state.hub.rotation_receipt(slug).await? else {
        return Ok(None);
    };
    let label = |which: &str, hint: Option<&String>| {
        hint.map_or_else(|| which.to_owned(), |hint| format!("{which}, {hint}"))
    };
    let tested = if known.tested {
        "Passed a real tools/list before it took over."
    } else {
        "Saved without a test."
    };
    Ok(Some(Receipt {
        when: when(known.at, now),
        by: shown(&known.by, 80),
        tokens: vec![
            ReceiptToken {
                label: label("Old token", known.old_hint.as_ref()),
                text: match known.old_last_used {
                    Some(_) => "Calls that were running finished with it. The last one began",
                    None => "No call used it, as far as calls are kept.",
                }
                .to_owned(),
                when: known.old_last_used.map(|at| clock(at, now)),
            },
            ReceiptToken {
                label: label("New token", known.new_hint.as_ref()),
                text: match known.new_first_used {
                    Some(_) => format!("{tested} The first call with it began"),
                    None => format!("{tested} No call used it yet."),
                },
                when: known.new_first_used.map(|at| clock(at, now)),
            },
        ],
    }))
}

fn figures(connector: &ConnectorView, usage: &ConnectorUsage) -> Vec<(&'static str, String)> {
    let calls = connector.calls_total();
    let failed: u32 = connector.calls_24h.iter().map(|hour| hour.failed).sum();
    let share = if failed == 0 {
        String::new()
    } else {
        format!(
            " ({:.1}%)",
            f64::from(failed) * 100.0 / f64::from(calls.max(1))
        )
    };
    let mut figures = vec![
        ("Calls", grouped(u64::from(calls))),
        ("Failed", format!("{failed}{share}")),
    ];
    // The lines stand there from the beginning: a page that is open must not move when the first call comes.
    let none = || "–".to_owned();
    let times = usage.times.as_ref();
    let typical = times.map_or_else(none, |times| took(times.typical));
    let slowest = times.map_or_else(none, |times| format!("over {}", took(times.slowest)));
    figures.extend([("Typical time", typical), ("Slowest 5%", slowest)]);
    figures.push(("People in 7 days", grouped(usage.week.people)));
    figures
}

/// The last call that did not reach the tool, in plain words.
async fn last_error(
    state: &AppState,
    connector: &ConnectorView,
    now: Timestamp,
) -> Option<LastError> {
    let filter = CallFilter {
        connector: Some(connector.id),
        outcome: Some("upstream_failure".to_owned()),
        ..CallFilter::default()
    };
    let call = state
        .hub
        .calls_page(None, 1, &filter)
        .await
        .ok()?
        .rows
        .into_iter()
        .next()?;
    let text = call_failed(call.code.as_deref(), connector.token_set, call.ms);
    Some(LastError {
        when: when(call.at, now),
        tool: shown(&call.tool, 80),
        text,
        href: format!("/activity/calls/{}", call.id),
    })
}

fn facts(connector: &ConnectorView) -> Vec<Fact> {
    let slug = &connector.slug;
    let rotate = format!("/integrations/c/{slug}?tab=connection#rotate");
    let token = match (&connector.token_hint, connector.token_set) {
        (Some(tail), _) => format!("…{tail}"),
        (None, true) => "Stored".to_owned(),
        (None, false) => "None".to_owned(),
    };
    let link = if connector.token_set { "Rotate" } else { "Add" };
    let server = connector.server.as_ref().map_or_else(
        || "Not known yet".to_owned(),
        |server| {
            shown(
                &format!(
                    "{} {}",
                    server.name,
                    server.version.as_deref().unwrap_or_default()
                ),
                120,
            )
            .trim()
            .to_owned()
        },
    );
    let mut facts = vec![
        Fact::new("URL", connector.url.clone(), true),
        Fact::new("Header", connector.auth_header.clone(), true),
        Fact {
            href: rotate,
            link,
            ..Fact::new("Token", token, true)
        },
        Fact::new("Server", server, false),
    ];
    facts.extend(
        connector
            .revision
            .as_ref()
            .map(|revision| Fact::new("MCP revision", revision.clone(), false)),
    );
    facts.push(Fact::new(
        "Added",
        format!("{}, {}", connector.created_by, date(connector.created_at)),
        false,
    ));
    facts
}

/// The forms of the Connection tab as the connector stands.
pub(crate) fn forms(connector: &ConnectorView) -> EditForms {
    let shown_header = if connector.auth_header.eq_ignore_ascii_case("authorization") {
        ""
    } else {
        &connector.auth_header
    };
    let token_now = match (&connector.token_hint, connector.token_set) {
        (Some(tail), _) => format!("A token is stored, it ends in {tail}."),
        (None, true) => "A token is stored.".to_owned(),
        (None, false) => "No token is stored.".to_owned(),
    };
    EditForms {
        row_version: connector.row_version,
        general: None,
        theirs: None,
        name: Field::required(connector.name.as_str()),
        url: Field::required(connector.url.as_str()),
        cautions: cautions(&connector.url),
        header: Field {
            value: shown_header.to_owned(),
            placeholder: "Authorization".to_owned(),
            note: "optional".to_owned(),
            ..Field::default()
        },
        receipt: None,
        asks_token: false,
        token_help: String::new(),
        token_now,
        token: TokenField {
            label: if connector.token_set {
                "New access token"
            } else {
                "Access token"
            }
            .to_owned(),
            placeholder: connector
                .token_hint
                .as_ref()
                .map(|tail| format!("Replaces …{tail}"))
                .unwrap_or_default(),
            help: token_help(connector),
            ..TokenField::default()
        },
        no_header: None,
        has_token: connector.token_set,
        save_anyway: false,
    }
}

fn token_help(connector: &ConnectorView) -> String {
    match connector.kind {
        ConnectorKind::Custom => {
            "Sent exactly as you type it. Stored encrypted, never shown again.".to_owned()
        }
        ConnectorKind::Builtin => "Stored encrypted, never shown again.".to_owned(),
    }
}

/// "38 people lose 11 tools", or nothing when nobody loses anything.
pub(crate) fn loss(people: usize, tools: usize) -> String {
    if people == 0 || tools == 0 {
        return String::new();
    }
    let lose = if people == 1 { "loses" } else { "lose" };
    format!(
        "{} {lose} {}",
        counted(people as u64, "person", "people"),
        counted(tools as u64, "tool", "tools")
    )
}
