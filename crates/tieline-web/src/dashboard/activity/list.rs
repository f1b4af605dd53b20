//! The lists of calls and of changes: filters, rows, and the way to older ones. Activity shows them for everything, a
//! connector's page for one connector.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use tieline_domain::{Timestamp, UserId};
use tieline_hub::{AuditFilter, CallFilter, ConnectorView};

use super::rows::{audit_row, call_row};
use super::view::{AuditList, CallList, FilterSelect, Live, SelectOption};
use crate::dashboard::words::shown;
use crate::problem::Problem;
use crate::state::AppState;

const PER_PAGE: u32 = 50;
const OUTCOMES: [(&str, &str); 4] = [
    ("ok", "Done"),
    ("tool_error", "Tool said no"),
    ("upstream_failure", "Failed"),
    ("refused", "Refused"),
];
/// How long ago calls may have begun: word of the address, words of the page, hours.
const TIMES: [(&str, &str, u64); 4] = [
    ("1h", "Last hour", 1),
    ("24h", "Last 24 hours", 24),
    ("7d", "Last 7 days", 7 * 24),
    ("30d", "Last 30 days", 30 * 24),
];

/// Tab, filters and place in the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    pub(crate) tab: String,
    connector: String,
    person: String,
    tool: String,
    outcome: String,
    time: String,
    q: String,
    live: String,
    cursor: String,
}

impl ListQuery {
    /// Whether the audit log is asked for, not the calls.
    pub(super) fn wants_audit(&self) -> bool {
        self.tab == "audit"
    }

    /// Which calls, with the text that was typed.
    pub(super) async fn whole_filter(
        &self,
        state: &AppState,
        connectors: &[ConnectorView],
    ) -> Result<CallFilter, Problem> {
        Ok(CallFilter {
            text: state.hub.call_text(&self.q).await?,
            ..self.filter(connectors, state.hub.clock().now())
        })
    }

    /// Whether a filter leaves calls out.
    pub(super) fn is_filtered(&self) -> bool {
        [
            &self.connector,
            &self.person,
            &self.tool,
            &self.outcome,
            &self.time,
        ]
        .iter()
        .any(|chosen| !chosen.is_empty())
    }

    /// Whether all calls are asked for: no filter, and no text to look for.
    pub(super) fn is_everything(&self) -> bool {
        !self.is_filtered() && self.q.trim().is_empty()
    }

    /// Whether new calls come by themselves: unless that was switched off, and on the newest page only.
    pub(super) fn is_live(&self) -> bool {
        self.live != "off" && self.cursor.is_empty() && !self.wants_audit()
    }

    /// Where the live switch leads.
    pub(super) fn switch_live(&self) -> String {
        let other = if self.is_live() { "off" } else { "" };
        let mut switched = self.clone();
        other.clone_into(&mut switched.live);
        switched.address("/activity", ("cursor", ""))
    }

    /// Which calls; a word that names nothing leaves its filter open.
    fn filter(&self, connectors: &[ConnectorView], now: Timestamp) -> CallFilter {
        CallFilter {
            connector: connectors
                .iter()
                .find(|connector| connector.slug.as_str() == self.connector)
                .map(|connector| connector.id),
            user: UserId::parse(&self.person).ok(),
            tool: Some(self.tool.clone()).filter(|tool| !tool.is_empty()),
            outcome: OUTCOMES
                .iter()
                .find(|(word, _)| *word == self.outcome)
                .map(|(word, _)| (*word).to_owned()),
            since: TIMES
                .iter()
                .find(|(word, ..)| *word == self.time)
                .map(|(_, _, hours)| now.minus(Duration::from_hours(*hours))),
            text: None,
        }
    }

    fn cursor(&self) -> Option<&str> {
        Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty())
    }

    /// An address that keeps tab and filters.
    pub(super) fn address(&self, path: &str, further: (&str, &str)) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("tab", self.tab.as_str()),
            ("connector", &self.connector),
            ("person", &self.person),
            ("tool", &self.tool),
            ("outcome", &self.outcome),
            ("time", &self.time),
            ("q", self.q.trim()),
            ("live", &self.live),
            further,
        ] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        format!("{path}?{}", pairs.finish())
    }

    /// Where the pages before and behind this one are: older, newest.
    fn pages(&self, path: &str, next: Option<String>) -> (String, String) {
        let older = next.map(|next| self.address(path, ("cursor", &next)));
        let newest = self.cursor().map(|_| self.address(path, ("cursor", "")));
        (older.unwrap_or_default(), newest.unwrap_or_default())
    }
}

/// Whose calls or changes are listed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'a> {
    /// Everybody's and everything's.
    Everything(&'a [ConnectorView]),
    /// One connector's, with the names of its tools.
    Connector(&'a ConnectorView, &'a [String]),
}

impl Of<'_> {
    fn path(self) -> String {
        match self {
            Self::Everything(_) => "/activity".to_owned(),
            Self::Connector(connector, _) => format!("/integrations/c/{}", connector.slug),
        }
    }
}

/// A page of calls.
pub(crate) async fn calls(
    state: &AppState,
    query: &ListQuery,
    of: Of<'_>,
    now: Timestamp,
) -> Result<CallList, Problem> {
    let people: HashMap<UserId, String> = state
        .hub
        .list_users()
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    let text = state.hub.call_text(&query.q).await?;
    let (connectors, filter, by_what) = match of {
        Of::Everything(connectors) => (
            connectors,
            query.filter(connectors, now),
            by_connector(state, connectors, query),
        ),
        Of::Connector(connector, tools) => (
            std::slice::from_ref(connector),
            CallFilter {
                connector: Some(connector.id),
                ..query.filter(&[], now)
            },
            vec![by_tool(tools, query)],
        ),
    };
    let filter = CallFilter { text, ..filter };
    let listed = state
        .hub
        .calls_page(query.cursor(), PER_PAGE, &filter)
        .await?;
    let path = of.path();
    let (older, newest) = query.pages(&path, listed.next);
    let live = match of {
        Of::Everything(_) => Some(Live {
            on: query.is_live(),
            switch: query.switch_live(),
            reload: query.address(&path, ("cursor", "")),
        }),
        Of::Connector(..) => None,
    };
    Ok(CallList {
        clear: match of {
            Of::Everything(_) => path.clone(),
            Of::Connector(..) => format!("{path}?tab=calls"),
        },
        path,
        tab: query.tab.clone(),
        filters: by_what
            .into_iter()
            .chain([by_person(&people, query), by_outcome(query), by_time(query)])
            .collect(),
        filtered: query.is_filtered(),
        q: query.q.trim().chars().take(100).collect(),
        live_word: query.live.chars().take(8).collect(),
        live,
        rows: listed
            .rows
            .iter()
            .map(|call| call_row(call, connectors, &people, now))
            .collect(),
        older,
        newest,
    })
}

/// A page of changes.
pub(crate) async fn changes(
    state: &AppState,
    query: &ListQuery,
    of: Of<'_>,
    now: Timestamp,
) -> Result<AuditList, Problem> {
    let filter = AuditFilter {
        connector: match of {
            Of::Everything(_) => None,
            Of::Connector(connector, _) => Some(connector.slug.clone()),
        },
        ..AuditFilter::default()
    };
    let listed = state
        .hub
        .audit_page(query.cursor(), PER_PAGE, &filter)
        .await?;
    let (older, newest) = query.pages(&of.path(), listed.next);
    Ok(AuditList {
        rows: listed
            .rows
            .iter()
            .map(|entry| audit_row(entry, now))
            .collect(),
        older,
        newest,
    })
}

fn option(value: &str, label: &str, chosen: &str) -> SelectOption {
    SelectOption {
        value: value.to_owned(),
        label: shown(label, 80),
        chosen: value == chosen,
    }
}

/// The connector, and once one is chosen, its tools.
fn by_connector(
    state: &AppState,
    connectors: &[ConnectorView],
    query: &ListQuery,
) -> Vec<FilterSelect> {
    let chosen = connectors
        .iter()
        .find(|connector| connector.slug.as_str() == query.connector);
    let mut selects = vec![connector_select(connectors, query)];
    if chosen.is_some() || !query.tool.is_empty() {
        let catalog = state.hub.catalog();
        let offered = chosen.and_then(|chosen| catalog.connector(chosen.slug.as_str()));
        let tools = offered.map_or_else(Vec::new, |offered| {
            offered
                .tools
                .iter()
                .map(|tool| tool.name.to_string())
                .collect()
        });
        selects.push(by_tool(&tools, query));
    }
    selects
}

fn connector_select(connectors: &[ConnectorView], query: &ListQuery) -> FilterSelect {
    let all = option("", "All connectors", &query.connector);
    let each = connectors
        .iter()
        .map(|connector| option(connector.slug.as_str(), &connector.name, &query.connector));
    FilterSelect {
        name: "connector",
        label: "Connector",
        options: std::iter::once(all).chain(each).collect(),
    }
}

fn by_tool(tools: &[String], query: &ListQuery) -> FilterSelect {
    // A tool that its server withdrew is still in old calls, and a link may name it.
    let gone = Some(&query.tool).filter(|tool| !tool.is_empty() && !tools.contains(tool));
    let all = option("", "All tools", &query.tool);
    let each = tools.iter().chain(gone);
    let each = each.map(|tool| option(tool, tool, &query.tool));
    FilterSelect {
        name: "tool",
        label: "Tool",
        options: std::iter::once(all).chain(each).collect(),
    }
}

fn by_person(people: &HashMap<UserId, String>, query: &ListQuery) -> FilterSelect {
    let mut names: Vec<(&UserId, &String)> = people.iter().collect();
    names.sort_by_key(|(_, name)| name.to_lowercase());
    let all = option("", "All people", &query.person);
    let each = names
        .into_iter()
        .map(|(id, name)| option(&id.to_string(), name, &query.person));
    FilterSelect {
        name: "person",
        label: "Person",
        options: std::iter::once(all).chain(each).collect(),
    }
}

fn by_outcome(query: &ListQuery) -> FilterSelect {
    let any = option("", "Any result", &query.outcome);
    let each = OUTCOMES
        .iter()
        .map(|(word, label)| option(word, label, &query.outcome));
    FilterSelect {
        name: "outcome",
        label: "Result",
        options: std::iter::once(any).chain(each).collect(),
    }
}

fn by_time(query: &ListQuery) -> FilterSelect {
    let any = option("", "Any time", &query.time);
    let each = TIMES
        .iter()
        .map(|(word, label, _)| option(word, label, &query.time));
    FilterSelect {
        name: "time",
        label: "Time",
        options: std::iter::once(any).chain(each).collect(),
    }
}
