//! The pane of tools and the notes about them: what a session has, what changed since, and how the model gets it.

use tieline_agent::{SessionConnector, SessionView, ToolMode};
use tieline_domain::Timestamp;
use tieline_hub::{ConnectorView, StoreError};

use super::view::{LeftOut, Note, Panel, PanelRow, Sentence, Way};
use crate::dashboard::integrations::status::word_for_members;
use crate::dashboard::moment;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, Tone, When};
use crate::dashboard::words::{counted, grouped, roughly, shown};
use crate::state::AppState;

/// The pane of a session.
pub(super) fn of_session(
    session: &SessionView,
    connectors: &[ConnectorView],
    now: Timestamp,
) -> Panel {
    let mut fixed = moment::clock(session.created_at, now);
    if fixed.text.len() == 8 {
        fixed.text.truncate(5);
    }
    Panel {
        summary: String::new(),
        fixed: Some(When { ..fixed }),
        count: format!("{}.", counted(session.tools as u64, "tool", "tools")),
        mode: mode(session),
        connectors: session
            .connectors
            .iter()
            .map(|row| of_connector(row, connectors))
            .collect(),
        left_out: session
            .left_out
            .iter()
            .map(|out| LeftOut {
                tool: shown(&out.tool, 80),
                reason: shown(&out.reason, 300),
            })
            .collect(),
    }
}

fn of_connector(row: &SessionConnector, live: &[ConnectorView]) -> PanelRow {
    let view = live.iter().find(|view| view.slug.as_str() == row.slug);
    let status = match view {
        _ if row.gone => Some(Status::new(Tone::Off, "Removed", "")),
        Some(view) if !view.enabled || view.status.is_failing() => Some(word_for_members(view)),
        _ => None,
    };
    PanelRow {
        name: shown(&row.name, 60),
        monogram: Monogram::of(&row.name, &row.slug).greyed(row.gone),
        count: grouped(row.tools as u64),
        cost: cost(row.tokens),
        status,
    }
}

fn cost(tokens: u64) -> String {
    format!("about {} tokens", grouped(roughly(tokens)))
}

fn mode(session: &SessionView) -> Sentence {
    let rest = match session.mode {
        ToolMode::List => "The agent carries the whole list.",
        ToolMode::Search => {
            "That is above the budget, so the agent searches its tools instead of carrying the whole list."
        }
    };
    Sentence {
        lead: format!(
            "About {} tokens of definitions.",
            grouped(roughly(session.tokens))
        ),
        rest: rest.to_owned(),
    }
}

/// The pane of a session that would start now.
pub(super) fn of_now(state: &AppState, connectors: &[ConnectorView]) -> Panel {
    let catalog = state.hub.catalog();
    let rows: Vec<PanelRow> = connectors
        .iter()
        .filter_map(|view| {
            let offered = catalog.connector(view.slug.as_str())?;
            Some(PanelRow {
                name: shown(&view.name, 60),
                monogram: Monogram::of(&view.name, view.slug.as_str()),
                count: grouped(offered.tools.len() as u64),
                cost: cost(view.tokens as u64),
                status: view.status.is_failing().then(|| word_for_members(view)),
            })
        })
        .collect();
    let tokens: usize = connectors
        .iter()
        .filter(|view| view.enabled)
        .map(|view| view.tokens)
        .sum();
    Panel {
        summary: "What a session that starts now gets, and keeps.".to_owned(),
        fixed: None,
        count: format!("{}.", counted(catalog.tool_count() as u64, "tool", "tools")),
        mode: Sentence {
            lead: format!(
                "About {} tokens of definitions.",
                grouped(roughly(tokens as u64))
            ),
            rest: String::new(),
        },
        connectors: rows,
        left_out: Vec::new(),
    }
}

/// Where the connectors stand. The pane is a comfort: without an answer of the database it shows none failing.
pub(super) async fn connectors(state: &AppState) -> Vec<ConnectorView> {
    let listed: Result<_, StoreError> = state.hub.list_connectors().await;
    listed.map(|list| list.connectors).unwrap_or_default()
}

/// What is worth knowing before the next message. `first_turn`: nothing was said before it.
pub(super) fn notes(session: &SessionView, first_turn: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    let lines = |texts: &[String]| shown(&texts.join(" "), 600);
    if first_turn && !session.changes.since_last.is_empty() {
        let rest = shown(&session.changes.since_last.join(", "), 600);
        notes.push(Note {
            class: "acc",
            text: Sentence {
                lead: "Since your last session:".to_owned(),
                rest: format!("{rest}."),
            },
            way: Way::None,
        });
    }
    let gone: Vec<String> = session
        .connectors
        .iter()
        .filter(|row| row.gone)
        .map(|row| {
            row.note.clone().unwrap_or_else(|| {
                format!("{} was removed. Its tools no longer work here.", row.name)
            })
        })
        .collect();
    if !gone.is_empty() {
        notes.push(Note {
            class: "warn",
            text: Sentence::of(&lines(&gone)),
            way: Way::NewSession,
        });
    }
    let others: Vec<String> = session
        .changes
        .notes
        .iter()
        .filter(|note| !gone.contains(note))
        .cloned()
        .collect();
    match others.as_slice() {
        [] => {}
        [one] => notes.push(Note {
            class: "acc",
            text: Sentence {
                lead: shown(one, 300),
                rest: "This session keeps its own.".to_owned(),
            },
            way: Way::NewSession,
        }),
        many => notes.push(Note {
            class: "acc",
            text: Sentence {
                lead: format!(
                    "{} wait for your next session.",
                    counted(many.len() as u64, "change", "changes")
                ),
                rest: lines(many),
            },
            way: Way::NewSession,
        }),
    }
    notes
}
