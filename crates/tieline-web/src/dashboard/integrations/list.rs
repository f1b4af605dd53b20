//! The Integrations list as the page and its live updates show it: sorted, filtered, in words.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use tieline_domain::Timestamp;
use tieline_hub::{ConnectorKind, ConnectorView, HourlyCalls, ProviderView};

use super::page_view::{Attention, ConnectedProvider, ProviderCard, Row};
use super::status::{status_of, token_missing, token_rejected};
use super::wanted::{PER_PAGE, Wanted, tools_on};
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::moment::in_sentence;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::words::{counted, grouped, shown};

/// How many custom connectors are asked for, and the rows of one page of them, in the order that is asked for.
pub(crate) fn rows(
    connectors: &[ConnectorView],
    wanted: &Wanted,
    now: Timestamp,
) -> (usize, Vec<Row>) {
    let mut custom: Vec<(&ConnectorView, String)> = connectors
        .iter()
        .filter(|connector| connector.kind == ConnectorKind::Custom)
        .filter_map(|connector| wanted.hit(connector).map(|hit| (connector, hit)))
        .collect();
    wanted.sort(&mut custom);
    let total = custom.len();
    let page = custom.into_iter().skip(PER_PAGE * wanted.page_of(total));
    let rows = page
        .take(PER_PAGE)
        .map(|(connector, hit)| row(connector, hit, wanted, now));
    (total, rows.collect())
}

/// Which connectors are on a page and in which order, in a word that its live updates can compare.
pub(crate) fn order(rows: &[Row], cards: &[ProviderCard]) -> Order {
    let mut slugs: Vec<&str> = rows.iter().map(|row| row.slug.as_str()).collect();
    let connected = cards.iter().filter(|card| card.connected.is_some());
    slugs.extend(connected.map(|card| card.slug.as_str()));
    let ordered = fingerprint(&slugs);
    slugs.sort_unstable();
    Order {
        ordered,
        members: fingerprint(&slugs),
    }
}

/// The order of a page as it was when it was rendered, or as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    ordered: u64,
    members: u64,
}

impl Order {
    /// Reads what [`fmt::Display`] wrote.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let (ordered, members) = word.split_once('-')?;
        let number = |hex| u64::from_str_radix(hex, 16).ok();
        Some(Self {
            ordered: number(ordered)?,
            members: number(members)?,
        })
    }

    /// What is different now: `same`, `order`, or `list` when rows came or went.
    pub(crate) fn compared_with(self, now: Self) -> &'static str {
        if self == now {
            "same"
        } else if self.members == now.members {
            "order"
        } else {
            "list"
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.ordered, self.members)
    }
}

fn fingerprint(slugs: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    slugs.hash(&mut hasher);
    hasher.finish()
}

/// One of them; `hit` is why a search found it.
pub(crate) fn row(connector: &ConnectorView, hit: String, wanted: &Wanted, now: Timestamp) -> Row {
    let mut status = status_of(connector, now);
    if !hit.is_empty() {
        status.reason = hit;
    }
    Row {
        name: connector.name.clone(),
        slug: connector.slug.to_string(),
        monogram: Monogram::of(&connector.name, connector.slug.as_str()).greyed(!connector.enabled),
        status,
        tools_on: grouped(tools_on(connector) as u64),
        tools_total: grouped(connector.tools_total as u64),
        chart: Chart::spark(&intervals(&connector.calls_24h)),
        calls: grouped(u64::from(connector.calls_total())),
        on: connector.enabled,
        picked: wanted.picked.contains(&connector.slug),
    }
}

/// The cards of the shipped providers.
pub(crate) fn cards(
    providers: &[ProviderView],
    wanted: &Wanted,
    now: Timestamp,
) -> Vec<ProviderCard> {
    let fits = |view: &&ProviderView| match &view.connector {
        Some(connector) => wanted.hit(connector).is_some(),
        None => wanted.show.is_empty() && wanted.names(&view.provider.name),
    };
    providers
        .iter()
        .filter(fits)
        .map(|view| card(view, now))
        .collect()
}

fn card(view: &ProviderView, now: Timestamp) -> ProviderCard {
    let provider = view.provider;
    let refused = match (&view.key_in_use_by, provider.supported) {
        (Some(name), _) => format!("Key in use by {name}."),
        (None, false) => "Needs sign-in by a person. Not supported.".to_owned(),
        (None, true) => String::new(),
    };
    ProviderCard {
        name: provider.name.clone(),
        slug: provider.slug.clone(),
        monogram: Monogram::of(&provider.name, &provider.slug),
        summary: provider.summary.clone(),
        needs: provider.needs.clone(),
        refused,
        connected: view
            .connector
            .as_ref()
            .map(|connector| connected(connector, now)),
    }
}

fn connected(connector: &ConnectorView, now: Timestamp) -> ConnectedProvider {
    ConnectedProvider {
        href: format!("/integrations/c/{}", connector.slug),
        status: status_of(connector, now),
        tools: counted(connector.tools_enabled as u64, "tool", "tools"),
        on: connector.enabled,
    }
}

/// The note about failing connectors: one by name with its action, several by number.
pub(crate) fn attention(
    connectors: &[ConnectorView],
    people: usize,
    now: Timestamp,
) -> Option<Attention> {
    let failing: Vec<&ConnectorView> = connectors
        .iter()
        .filter(|connector| connector.status.is_failing())
        .collect();
    match failing.as_slice() {
        [] => None,
        [only] => Some(about(only, people, now)),
        several => Some(Attention {
            lead: format!("{} connectors are failing.", several.len()),
            text: without(
                people,
                "their",
                several
                    .iter()
                    .map(|connector| connector.tools_enabled)
                    .sum(),
            ),
            label: "Show them".to_owned(),
            href: "/integrations?show=attention".to_owned(),
        }),
    }
}

/// What is wrong with one connector and the one action.
pub(crate) fn about(connector: &ConnectorView, people: usize, now: Timestamp) -> Attention {
    let since = connector
        .status_since
        .map(|at| format!(" {}", in_sentence(at, now)))
        .unwrap_or_default();
    let message = match connector.status_message.as_deref() {
        _ if token_rejected(connector) => "Its server rejects the saved token. ".to_owned(),
        _ if token_missing(connector) => "Its server wants a token, and none is saved. ".to_owned(),
        Some(message) => format!("{} ", shown(message, 240)),
        None => String::new(),
    };
    let page = format!("/integrations/c/{}", connector.slug);
    let label = if connector.token_set {
        "Replace token"
    } else {
        "Add a token"
    };
    let (label, href) = match connector.status_code.as_deref() {
        Some("auth_failed" | "needs_oauth" | "secret_unreadable" | "forbidden") => {
            (label, format!("{page}?tab=connection#rotate"))
        }
        _ => ("Look at it", page),
    };
    Attention {
        lead: format!("{} stopped working{since}.", connector.name),
        text: format!(
            "{message}{}",
            without(people, "its", connector.tools_enabled)
        ),
        label: label.to_owned(),
        href,
    }
}

fn without(people: usize, whose: &str, tools: usize) -> String {
    if tools == 0 {
        return String::new();
    }
    let be = if people == 1 { "is" } else { "are" };
    let people = counted(people as u64, "person", "people");
    format!(
        "{people} {be} without {whose} {}.",
        counted(tools as u64, "tool", "tools")
    )
}

/// Hourly counts as the charts take them.
pub(crate) fn intervals(hours: &[HourlyCalls]) -> Vec<Interval> {
    hours
        .iter()
        .map(|hour| Interval {
            calls: hour.calls,
            failed: hour.failed,
        })
        .collect()
}
