//! Which tools a client sees: all of them under `/mcp`, or one connector's under `/mcp/{slug}`, from one catalogue.

use std::sync::Arc;

use bytes::Bytes;
use tieline_hub::{Catalog, CatalogConnector, CatalogTool, Hub};
use tieline_mcp::Era;
use tieline_mcp::wire::ServerDescription;

use super::errors::Fault;

/// How much of what one server says about itself goes to models at the aggregate endpoint.
const MAX_INSTRUCTIONS: usize = 500;
/// How much all of them may take together.
const MAX_ALL_INSTRUCTIONS: usize = 8_000;

/// The endpoint that a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// `/mcp`
    All,
    /// `/mcp/{slug}`
    One(Arc<str>),
}

/// What stands behind a door: a catalogue, and for one connector its key. A legacy session keeps the one it began with.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) door: Door,
    pub(super) catalog: Arc<Catalog>,
}

impl View {
    /// What is behind the door now. An unknown key is never taken for a wider view.
    pub(super) fn current(hub: &Hub, door: &Door) -> Result<Self, Fault> {
        let view = Self {
            door: door.clone(),
            catalog: hub.catalog(),
        };
        if let Door::One(slug) = door
            && view.connector().is_none()
        {
            let snapshot = hub.snapshot();
            let off = snapshot
                .connectors()
                .find(|connector| connector.slug.as_str() == &**slug);
            return Err(match off {
                Some(connector) if !connector.enabled => Fault::connector_off(&connector.name),
                _ => Fault::unknown_connector(slug),
            });
        }
        Ok(view)
    }

    fn connector(&self) -> Option<&CatalogConnector> {
        match &self.door {
            Door::All => None,
            Door::One(slug) => self.catalog.connector(slug),
        }
    }

    /// The tool that has this name here. Nothing but the catalogue's own table decides.
    pub(super) fn tool(&self, name: &str) -> Option<&Arc<CatalogTool>> {
        match &self.door {
            Door::All => self.catalog.by_gateway_name(name),
            Door::One(_) => self.connector()?.tool(name),
        }
    }

    /// The JSON array of definitions.
    pub(super) fn list(&self, era: Era) -> Bytes {
        match (&self.door, self.connector()) {
            (Door::All, _) => self.catalog.gateway_list(era),
            (Door::One(_), Some(connector)) => connector.verbatim_list(era),
            (Door::One(_), None) => Bytes::from_static(b"[]"),
        }
    }

    /// How many tools the list has.
    pub(super) fn tool_count(&self) -> usize {
        match &self.door {
            Door::All => self.catalog.tool_count(),
            Door::One(_) => self
                .connector()
                .map_or(0, |connector| connector.tools.len()),
        }
    }

    /// What the gateway says about itself, handed to `write`.
    pub(super) fn describe<T>(&self, write: impl FnOnce(&ServerDescription<'_>) -> T) -> T {
        let instructions = self.instructions();
        // Tools only, and no announcements: a running session keeps its list, a modern client has `ttlMs`.
        let capabilities = tieline_mcp::raw::to_raw(&serde_json::json!({ "tools": {} }));
        write(&ServerDescription {
            name: "tieline",
            version: env!("CARGO_PKG_VERSION"),
            title: Some(
                self.connector()
                    .map_or("Tieline", |connector| &connector.name),
            ),
            instructions: instructions.as_deref(),
            capabilities: &capabilities,
        })
    }

    fn instructions(&self) -> Option<String> {
        match &self.door {
            Door::All => Some(overview(&self.catalog)),
            Door::One(_) => self.connector()?.instructions.clone(),
        }
    }
}

/// Which connectors there are and, as far as there is room, what their servers say about their own use.
fn overview(catalog: &Catalog) -> String {
    let mut text = String::from(
        "Tieline offers the tools of several servers. A tool's name begins with its server's key and two underscores.",
    );
    for connector in catalog
        .connectors()
        .iter()
        .filter(|connector| !connector.tools.is_empty())
    {
        let line = format!("\n\n{}: {}", connector.slug, connector.name);
        let said = connector.instructions.as_deref().unwrap_or_default().trim();
        if text.len() + line.len() > MAX_ALL_INSTRUCTIONS {
            text.push_str("\n\n…");
            break;
        }
        text.push_str(&line);
        let room = MAX_ALL_INSTRUCTIONS
            .saturating_sub(text.len())
            .min(MAX_INSTRUCTIONS);
        if !said.is_empty() && room > 0 {
            text.push('\n');
            text.push_str(&cut(said, room));
        }
    }
    text
}

/// At most `room` characters; a cut is marked.
fn cut(text: &str, room: usize) -> String {
    if text.chars().nth(room).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept.push('…');
    kept
}
