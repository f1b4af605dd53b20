//! `GET /integrations`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tieline_domain::{RequestId, Timestamp};
use tieline_hub::{ConnectorStatus, ConnectorView, ProviderView, StoreError};

use super::list::{attention, cards, order, rows};
use super::page_view::{Column, Filter, IntegrationsPage, Pages};
use super::wanted::{By, PER_PAGE, Wanted};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{page, page_about};
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::{counted, grouped, roughly};
use crate::problem::Problem;
use crate::state::AppState;

/// Above this, definitions alone take a large part of what a model can read.
const HEAVY: u64 = 40_000;

/// The list. When it cannot be loaded, the page says so: an empty list would be a lie.
pub(crate) async fn integrations_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    request: Option<axum::Extension<RequestId>>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = asked.shell(&state, &who, Section::Integrations).await;
    let wanted = Wanted::parse(&query.unwrap_or_default());
    match load(&state).await {
        Ok((connectors, providers, people)) => {
            let mut view = view(&state, shell, &wanted, &connectors, &providers, people);
            let order = order(&view.rows, &view.cards);
            let query = wanted.query();
            view.shell.live = format!("/events?view=integrations&order={order}&{query}");
            page(&view)
        }
        Err(error) => {
            let mut view = view(&state, shell, &wanted, &[], &[], 0);
            let problem = Problem::from(error);
            if let Some(axum::Extension(id)) = request {
                problem.log(id);
            }
            view.failed = Some(request.map(|id| id.0.to_string()).unwrap_or_default());
            (view.no_match, view.sum, view.custom_count) = (None, String::new(), String::new());
            page_about(problem, &view)
        }
    }
}

async fn load(
    state: &AppState,
) -> Result<(Vec<ConnectorView>, Vec<ProviderView>, usize), StoreError> {
    let connectors = state.hub.list_connectors().await?.connectors;
    let providers = ProviderView::all(&connectors);
    Ok((connectors, providers, state.hub.people().await?))
}

fn view(
    state: &AppState,
    shell: Shell,
    wanted: &Wanted,
    connectors: &[ConnectorView],
    providers: &[ProviderView],
    people: usize,
) -> IntegrationsPage {
    let now = state.hub.clock().now();
    let (total, rows) = rows(connectors, wanted, now);
    let on = connectors.iter().filter(|connector| connector.enabled);
    let tools: usize = on.clone().map(|connector| connector.tools_enabled).sum();
    let tokens = roughly(on.map(|connector| connector.tokens as u64).sum());
    let connected = providers
        .iter()
        .filter(|view| view.connector.is_some())
        .count();
    let cards = cards(providers, wanted, now);
    IntegrationsPage {
        intro: format!(
            "Tools for every agent in {}. Changes reach each person in their next session.",
            shell.org_in_sentence()
        ),
        attention: attention(connectors, people, now),
        stale: stale(state, connectors, now),
        filters: filters(connectors, wanted),
        sum: sum(tools, tokens),
        heavy: tokens > HEAVY,
        custom_count: if total == 0 {
            String::new()
        } else {
            grouped(total as u64)
        },
        failed: None,
        no_match: (wanted.is_narrow()
            && total == 0
            && cards.iter().all(|card| card.connected.is_none()))
        .then(|| no_match(wanted)),
        clear_href: "/integrations".to_owned(),
        columns: columns(wanted),
        rows,
        pages: (total > PER_PAGE).then(|| pages(wanted, total)),
        folded: connectors.len() > PER_PAGE && !wanted.is_narrow(),
        built_in_count: if connectors.len() > PER_PAGE && !wanted.is_narrow() {
            format!("{} built-in, {connected} connected", providers.len())
        } else {
            format!("{connected} of {} connected", providers.len())
        },
        cards,
        query: wanted.typed.clone(),
        show: wanted.show,
        sort: wanted.sort_word(),
        back: wanted.query(),
        shell,
    }
}

fn no_match(wanted: &Wanted) -> String {
    match (wanted.typed.is_empty(), wanted.show) {
        (true, "attention") => "Nothing needs attention.".to_owned(),
        (true, _) => "No connector is turned off.".to_owned(),
        (false, _) => format!("Nothing matches “{}”.", wanted.typed),
    }
}

fn sum(tools: usize, tokens: u64) -> String {
    if tools == 0 {
        return String::new();
    }
    let sum = format!(
        "{} on, about {} tokens per session",
        counted(tools as u64, "tool", "tools"),
        grouped(tokens)
    );
    if tokens > HEAVY {
        format!("{sum}. Many tools slow agents down. Turn off what nobody uses.")
    } else {
        sum
    }
}

fn filters(connectors: &[ConnectorView], wanted: &Wanted) -> Vec<Filter> {
    let count = |fits: fn(&ConnectorView) -> bool| {
        connectors
            .iter()
            .filter(|connector| fits(connector))
            .count()
    };
    let filter = |label, short, show: &'static str, count| Filter {
        label,
        short,
        count,
        href: wanted.showing(show).address(),
        current: wanted.show == show,
    };
    vec![
        filter("All", "", "", connectors.len()),
        filter(
            "Needs attention",
            "Attention",
            "attention",
            count(ConnectorView::needs_attention),
        ),
        filter(
            "Off",
            "",
            "off",
            count(|connector| connector.status == ConnectorStatus::Off),
        ),
    ]
}

/// Older than three check intervals: the checker is behind. Connectors that are off are not checked.
fn stale(state: &AppState, connectors: &[ConnectorView], now: Timestamp) -> Option<String> {
    let newest = connectors
        .iter()
        .filter(|connector| connector.enabled)
        .filter_map(|connector| connector.checked_at)
        .max()?;
    let age = now.since(newest);
    let minutes = age.as_secs() / 60;
    (age > state.hub.settings().check_interval * 3 && minutes > 0)
        .then(|| format!("Status is {} old.", counted(minutes, "minute", "minutes")))
}

fn columns(wanted: &Wanted) -> [Column; 4] {
    [
        (By::Name, "Connector", "A to Z", "Z to A"),
        (
            By::Status,
            "Status",
            "what needs a look first",
            "what needs a look last",
        ),
        (By::Tools, "Tools on", "most first", "fewest first"),
        (By::Calls, "Calls, last 24 h", "most first", "fewest first"),
    ]
    .map(|(by, label, usual, reversed)| {
        let current = wanted.by == by;
        let next = wanted.sorted_by(by);
        Column {
            label,
            href: next.address(),
            title: format!(
                "Sort by {}: {}",
                label.to_lowercase(),
                if next.reversed { reversed } else { usual }
            ),
            current,
            reversed: current && wanted.reversed,
        }
    })
}

fn pages(wanted: &Wanted, total: usize) -> Pages {
    let at = wanted.page_of(total);
    let first = at * PER_PAGE;
    let end = (first + PER_PAGE).min(total);
    let link = |there: bool, page: usize| {
        if there {
            wanted.at(page).address()
        } else {
            String::new()
        }
    };
    Pages {
        text: format!("{}–{end} of {total}", first + 1),
        back: link(at > 0, at.saturating_sub(1)),
        next: link(end < total, at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::pages;
    use crate::dashboard::integrations::wanted::Wanted;

    #[test]
    fn the_last_page_leads_back_only() {
        let last = pages(&Wanted::parse("sort=name&page=9"), 120);
        assert_eq!(
            (last.text.as_str(), last.back.as_str(), last.next.as_str()),
            ("101–120 of 120", "/integrations?sort=name&page=2", "")
        );
    }
}
