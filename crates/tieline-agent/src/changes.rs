//! What changed about tools, in sentences: against the session before, and since this one began.

use std::collections::HashMap;

use tieline_domain::ConnectorId;
use tieline_hub::{Catalog, CatalogConnector, Snapshot};

/// A change that concerns one connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) id: ConnectorId,
    /// A sentence with the connector's name.
    pub(crate) note: String,
    /// It acts at once: the tools do not work any more. Other changes wait for the next session.
    pub(crate) gone: bool,
}

#[derive(Debug, Default)]
struct Counts {
    added: usize,
    removed: usize,
    changed: usize,
}

impl Counts {
    fn between(before: &CatalogConnector, after: &CatalogConnector) -> Self {
        let mut counts = Self::default();
        for tool in &after.tools {
            match before.tool(&tool.name) {
                None => counts.added += 1,
                Some(old) if old.definition.get() != tool.definition.get() => counts.changed += 1,
                Some(_) => {}
            }
        }
        let gone =
            |tool: &&std::sync::Arc<tieline_hub::CatalogTool>| after.tool(&tool.name).is_none();
        counts.removed = before.tools.iter().filter(gone).count();
        counts
    }
}

/// What a session begins with that the person's last one did not have: `+4 tools from Linear`.
pub(crate) fn between(before: &Catalog, after: &Catalog) -> Vec<String> {
    let old = by_id(before);
    let mut news = Vec::new();
    for connector in after.connectors() {
        let name = &connector.name;
        let counts = match old.get(&connector.id) {
            Some(before) => Counts::between(before, connector),
            None => Counts {
                added: connector.tools.len(),
                ..Counts::default()
            },
        };
        if counts.added > 0 {
            news.push(format!("+{} from {name}", tools(counts.added)));
        }
        if counts.removed > 0 {
            news.push(format!("−{} from {name}", tools(counts.removed)));
        }
        if counts.changed > 0 {
            news.push(format!("{} of {name} changed", tools(counts.changed)));
        }
    }
    let new = by_id(after);
    for connector in before.connectors() {
        if !new.contains_key(&connector.id) {
            news.push(format!("{} is gone", connector.name));
        }
    }
    news
}

/// What changed since a session began.
pub(crate) fn since(began: &Catalog, now: &Catalog, live: &Snapshot) -> Vec<Change> {
    // Nothing was added, removed or changed when the revisions are the same; being turned off changes it, too.
    if began.revision() == now.revision() {
        return Vec::new();
    }
    let current = by_id(now);
    let mut changes = Vec::new();
    for connector in began.connectors() {
        let id = connector.id;
        match (current.get(&id), live.connector(id)) {
            (_, None) => changes.push(Change {
                id,
                note: format!(
                    "{} was removed. Its tools no longer work here.",
                    connector.name
                ),
                gone: true,
            }),
            (_, Some(live)) if !live.enabled => changes.push(Change {
                id,
                note: format!(
                    "{} was turned off. Its tools do not work until it is turned on again.",
                    live.name
                ),
                gone: true,
            }),
            (Some(now), Some(live)) => {
                if let Some(note) = note(&live.name, &Counts::between(connector, now)) {
                    changes.push(Change {
                        id,
                        note,
                        gone: false,
                    });
                }
            }
            (None, Some(_)) => {}
        }
    }
    let old = by_id(began);
    for connector in now.connectors() {
        if !old.contains_key(&connector.id) && !connector.tools.is_empty() {
            let note = format!(
                "{} is new and has {}.",
                connector.name,
                tools(connector.tools.len())
            );
            changes.push(Change {
                id: connector.id,
                note,
                gone: false,
            });
        }
    }
    changes
}

fn note(name: &str, counts: &Counts) -> Option<String> {
    let mut parts = Vec::new();
    if counts.added > 0 {
        parts.push(format!("has {}", counted(counts.added, "new tool")));
    }
    if counts.changed > 0 {
        parts.push(format!("changed {}", tools(counts.changed)));
    }
    if counts.removed > 0 {
        parts.push(format!("no longer offers {}", tools(counts.removed)));
    }
    let last = parts.pop()?;
    if parts.is_empty() {
        return Some(format!("{name} {last}."));
    }
    Some(format!("{name} {} and {last}.", parts.join(", ")))
}

fn tools(count: usize) -> String {
    counted(count, "tool")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn by_id(catalog: &Catalog) -> HashMap<ConnectorId, &CatalogConnector> {
    catalog
        .connectors()
        .iter()
        .map(|connector| (connector.id, connector))
        .collect()
}
