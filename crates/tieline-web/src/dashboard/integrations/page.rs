//! `GET /integrations`

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::Timestamp;
use tieline_hub::{ConnectorStatus, ConnectorView, ProviderView, StoreError};

use super::list::{Wanted, attention, cards, rows};
use super::page_view::{Filter, IntegrationsPage, Pages};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{page, page_about};
use crate::dashboard::shell::{Section, Shell};
use crate::dashboard::words::{counted, grouped, roughly};
use crate::problem::Problem;
use crate::request_id::RequestId;
use crate::state::AppState;

const PER_PAGE: usize = 50;
/// Above this, definitions alone take a large part of what a model can read.
const HEAVY: u64 = 40_000;

/// Search, filter and page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: String,
}

/// The list. When it cannot be loaded, the page says so: an empty list would be a lie.
pub(crate) async fn integrations_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    request: Option<axum::Extension<RequestId>>,
    Query(query): Query<ListQuery>,
) -> Response {
    let mut shell = asked.shell(&state, &who, Section::Integrations).await;
    let loaded = load(&state).await;
    match loaded {
        Ok((connectors, providers, people)) => {
            "/events?view=integrations".clone_into(&mut shell.live);
            page(&view(
                &state,
                shell,
                &query,
                &connectors,
                &providers,
                people,
            ))
        }
        Err(error) => {
            let mut view = view(&state, shell, &query, &[], &[], 0);
            let problem = Problem::from(error);
            if let Some(axum::Extension(id)) = &request {
                problem.log(id);
            }
            view.failed = Some(
                request
                    .map(|id| id.0.as_str().to_owned())
                    .unwrap_or_default(),
            );
            (view.no_match, view.sum, view.custom_count) = (None, String::new(), String::new());
            page_about(problem, &view)
        }
    }
}

async fn load(
    state: &AppState,
) -> Result<(Vec<ConnectorView>, Vec<ProviderView>, usize), StoreError> {
    let connectors = state.hub.list_connectors().await?.connectors;
    Ok((
        connectors,
        state.hub.list_providers().await?,
        state.hub.people().await?,
    ))
}

fn view(
    state: &AppState,
    shell: Shell,
    query: &ListQuery,
    connectors: &[ConnectorView],
    providers: &[ProviderView],
    people: usize,
) -> IntegrationsPage {
    let now = state.hub.clock().now();
    let typed: String = query.q.trim().chars().take(100).collect();
    let wanted = Wanted {
        query: typed.to_lowercase(),
        show: known(&query.show).to_owned(),
    };
    let all_rows = rows(connectors, &wanted, now);
    let (total, first) = (
        all_rows.len(),
        PER_PAGE * wanted_page(&query.page, all_rows.len()),
    );
    let on = connectors.iter().filter(|connector| connector.enabled);
    let tools: usize = on.clone().map(|connector| connector.tools_enabled).sum();
    let tokens = roughly(on.map(|connector| connector.tokens as u64).sum());
    let connected = providers
        .iter()
        .filter(|view| view.connector.is_some())
        .count();
    let cards = cards(providers, &wanted, now);
    IntegrationsPage {
        intro: format!(
            "Tools for every agent in {}. Changes reach each person in their next session.",
            shell.org_in_sentence()
        ),
        attention: attention(connectors, people, now),
        stale: stale(state, connectors, now),
        filters: filters(connectors, &wanted, &typed),
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
        .then(|| no_match(&wanted, &typed)),
        clear_href: "/integrations".to_owned(),
        rows: all_rows.into_iter().skip(first).take(PER_PAGE).collect(),
        pages: (total > PER_PAGE).then(|| pages(&typed, &wanted.show, first, total)),
        built_in_count: format!("{connected} of {} connected", providers.len()),
        cards,
        query: typed,
        show: wanted.show,
        shell,
    }
}

fn known(show: &str) -> &'static str {
    match show {
        "attention" => "attention",
        "off" => "off",
        _ => "",
    }
}

fn no_match(wanted: &Wanted, typed: &str) -> String {
    match (wanted.query.is_empty(), wanted.show.as_str()) {
        (true, "attention") => "Nothing needs attention.".to_owned(),
        (true, _) => "No connector is turned off.".to_owned(),
        (false, _) => format!("Nothing matches “{typed}”."),
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

fn filters(connectors: &[ConnectorView], wanted: &Wanted, typed: &str) -> Vec<Filter> {
    let count = |fits: fn(&ConnectorView) -> bool| {
        connectors
            .iter()
            .filter(|connector| fits(connector))
            .count()
    };
    let filter = |label, short, show: &str, count| Filter {
        label,
        short,
        count,
        href: address(typed, show, 0),
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

fn wanted_page(page: &str, total: usize) -> usize {
    let last = total.saturating_sub(1) / PER_PAGE;
    page.parse::<usize>()
        .unwrap_or(1)
        .saturating_sub(1)
        .min(last)
}

fn pages(typed: &str, show: &str, first: usize, total: usize) -> Pages {
    let at = first / PER_PAGE;
    let end = (first + PER_PAGE).min(total);
    Pages {
        text: format!("{}–{end} of {total}", first + 1),
        back: if at > 0 {
            address(typed, show, at)
        } else {
            String::new()
        },
        next: if end < total {
            address(typed, show, at + 2)
        } else {
            String::new()
        },
    }
}

fn address(query: &str, show: &str, page: usize) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    if !query.is_empty() {
        pairs.append_pair("q", query);
    }
    if !show.is_empty() {
        pairs.append_pair("show", show);
    }
    if page > 1 {
        pairs.append_pair("page", &page.to_string());
    }
    let pairs = pairs.finish();
    if pairs.is_empty() {
        "/integrations".to_owned()
    } else {
        format!("/integrations?{pairs}")
    }
}

#[cfg(test)]
mod tests {
    use super::{address, pages, wanted_page};

    #[test]
    fn addresses_keep_search_and_filter() {
        assert_eq!(address("", "", 0), "/integrations");
        assert_eq!(
            address("a b&c", "off", 2),
            "/integrations?q=a+b%26c&show=off&page=2"
        );
    }

    #[test]
    fn pages_stay_within_the_list() {
        assert_eq!(
            (
                wanted_page("9", 120),
                wanted_page("x", 120),
                wanted_page("0", 0)
            ),
            (2, 0, 0)
        );
        let last = pages("", "", 100, 120);
        assert_eq!(
            (last.text.as_str(), last.back.as_str(), last.next.as_str()),
            ("101–120 of 120", "/integrations?page=2", "")
        );
    }
}
