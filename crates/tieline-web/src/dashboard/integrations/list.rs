//! The Integrations list as the page and its live updates show it: sorted, filtered, in words.

use tieline_domain::Timestamp;
use tieline_hub::{ConnectorKind, ConnectorStatus, ConnectorView, HourlyCalls, ProviderView};

use super::page_view::{Attention, ConnectedProvider, ProviderCard, Row};
use super::status::{rank, status_of, token_rejected};
use crate::dashboard::asked::is_failing;
use crate::dashboard::chart::{Chart, Interval};
use crate::dashboard::moment::in_sentence;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::words::{counted, grouped, shown};

/// What of the list is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Search text, lower-cased; empty for everything.
    pub(crate) query: String,
    /// `attention`, `off`, or empty for all.
    pub(crate) show: String,
}

impl Wanted {
    fn admits(&self, connector: &ConnectorView) -> bool {
        match self.show.as_str() {
            "attention" => connector.needs_attention(),
            "off" => connector.status == ConnectorStatus::Off,
            _ => true,
        }
    }

    /// Why a connector is in the list: `None` when it is not, an empty text when name or key match.
    fn hit(&self, connector: &ConnectorView) -> Option<String> {
        if !self.admits(connector) {
            return None;
        }
        let key = format!("mcp__{}", connector.slug);
        if connector.name.to_lowercase().contains(&self.query) || key.contains(&self.query) {
            return Some(String::new());
        }
        let tool = connector
            .tool_names
            .iter()
            .find(|tool| tool.to_lowercase().contains(&self.query))?;
        Some(format!("matches tool {}", shown(tool, 60)))
    }

    /// Whether anything is left out at all.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.query.is_empty() || !self.show.is_empty()
    }
}

/// The rows of the custom connectors, in the page's order.
pub(crate) fn rows(connectors: &[ConnectorView], wanted: &Wanted, now: Timestamp) -> Vec<Row> {
    let mut custom: Vec<(&ConnectorView, String)> = connectors
        .iter()
        .filter(|connector| connector.kind == ConnectorKind::Custom)
        .filter_map(|connector| wanted.hit(connector).map(|hit| (connector, hit)))
        .collect();
    custom.sort_by_key(|(connector, _)| (rank(connector), connector.name.to_lowercase()));
    custom
        .into_iter()
        .map(|(connector, hit)| row(connector, hit, now))
        .collect()
}

fn row(connector: &ConnectorView, hit: String, now: Timestamp) -> Row {
    let mut status = status_of(connector, now);
    if !hit.is_empty() {
        status.reason = hit;
    }
    Row {
        name: connector.name.clone(),
        slug: connector.slug.to_string(),
        monogram: Monogram::of(&connector.name, connector.slug.as_str()).greyed(!connector.enabled),
        status,
        tools_on: grouped(if connector.enabled {
            connector.tools_enabled as u64
        } else {
            0
        }),
        tools_total: grouped(connector.tools_total as u64),
        chart: Chart::spark(&intervals(&connector.calls_24h)),
        calls: grouped(u64::from(connector.calls_total())),
        on: connector.enabled,
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
        None => wanted.show.is_empty() && view.provider.name.to_lowercase().contains(&wanted.query),
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
        .filter(|connector| is_failing(connector.status))
        .collect();
    match failing.as_slice() {
        [] => None,
        [only] => Some(about(only, people, now)),
        several => Some(Attention {
            lead: format!("{} connectors are failing.", several.len()),
            text: without(
                people,
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
        Some(message) => format!("{} ", shown(message, 240)),
        None => String::new(),
    };
    let page = format!("/integrations/c/{}", connector.slug);
    let (label, href) = match connector.status_code.as_deref() {
        Some("auth_failed" | "needs_oauth" | "secret_unreadable" | "forbidden") => {
            ("Replace token", format!("{page}?tab=connection#rotate"))
        }
        _ => ("Look at it", page),
    };
    Attention {
        lead: format!("{} stopped working{since}.", connector.name),
        text: format!("{message}{}", without(people, connector.tools_enabled)),
        label: label.to_owned(),
        href,
    }
}

fn without(people: usize, tools: usize) -> String {
    if tools == 0 {
        return String::new();
    }
    let be = if people == 1 { "is" } else { "are" };
    let people = counted(people as u64, "person", "people");
    format!(
        "{people} {be} without its {}.",
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
