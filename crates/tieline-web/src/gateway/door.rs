//! What a client sees: everything under `/mcp`, or what one connector offers under `/mcp/{slug}`, from one catalogue.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tieline_domain::{ConnectorId, Slug, upstream_uri};
use tieline_hub::{Catalog, CatalogConnector, CatalogTool, Hub};
use tieline_mcp::wire::{EXTENSION_APPS, EXTENSION_TASKS, OfferKind, ServerDescription};
use tieline_mcp::{Era, Revision};

use super::LIST_TTL_MS;
use super::errors::Fault;

/// The endpoint that a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// `/mcp`
    All,
    /// `/mcp/{slug}`
    One(Arc<str>),
}

/// The connector that a request goes to.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) connector: ConnectorId,
    pub(super) slug: Slug,
    /// Whether what breaks clients is mended in its answers.
    pub(super) normalise: bool,
}

impl Origin {
    fn of(connector: &CatalogConnector) -> Self {
        Self {
            connector: connector.id,
            slug: connector.slug.clone(),
            normalise: connector.normalise,
        }
    }
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

    /// The id of the connector behind a door of its own.
    pub(super) fn connector_id(&self) -> Option<ConnectorId> {
        self.connector().map(|connector| connector.id)
    }

    /// The connectors here whose servers send log messages.
    pub(super) fn logging(&self) -> HashSet<ConnectorId> {
        let declared = self
            .connectors()
            .filter(|connector| connector.declared.logs);
        declared.map(|connector| connector.id).collect()
    }

    /// The tool that has this name here. Nothing but the catalogue's own table decides.
    pub(super) fn tool(&self, name: &str) -> Option<&Arc<CatalogTool>> {
        match &self.door {
            Door::All => self.catalog.by_gateway_name(name),
            Door::One(_) => self.connector()?.tool(name),
        }
    }

    /// The prompt that has this name here: whose it is, and its own name.
    pub(super) fn prompt(&self, name: &str) -> Option<(Origin, &str)> {
        let (connector, prompt) = match &self.door {
            Door::All => self.catalog.prompt(name)?,
            Door::One(_) => {
                let connector = self.connector()?;
                (connector, connector.prompt(name)?)
            }
        };
        Some((Origin::of(connector), &prompt.name))
    }

    /// Whose the resource with this URI is, and its own URI. It need not be in a list.
    pub(super) fn resource(&self, uri: &str) -> Option<(Origin, String)> {
        let (connector, uri) = match &self.door {
            Door::All => {
                let found = upstream_uri(uri)?;
                (self.catalog.connector(found.slug)?, found.uri.into_owned())
            }
            Door::One(_) => (self.connector()?, uri.to_owned()),
        };
        Some((Origin::of(connector), uri))
    }

    /// Where a request goes that is about something of this connector.
    pub(super) fn origin(&self, connector: ConnectorId) -> Option<Origin> {
        let found = self.connectors().find(|found| found.id == connector);
        found.map(Origin::of)
    }

    /// The pages of a list, each a JSON array.
    pub(super) fn pages(&self, kind: OfferKind, era: Era) -> &[Bytes] {
        match (&self.door, self.connector()) {
            (Door::All, _) => self.catalog.gateway_pages(kind, era),
            (Door::One(_), Some(connector)) => connector.verbatim_pages(kind, era),
            (Door::One(_), None) => &[],
        }
    }

    /// How long a modern client may keep a list: as long as every server whose lists are in it says, and we.
    pub(super) fn list_ttl_ms(&self) -> u64 {
        let parts = self.connectors().filter_map(|part| part.list_ttl_ms);
        parts.fold(LIST_TTL_MS, u64::min)
    }

    /// The connectors behind the door.
    fn connectors(&self) -> impl Iterator<Item = &CatalogConnector> {
        let all = self.catalog.connectors().iter();
        all.filter(|connector| match &self.door {
            Door::All => true,
            Door::One(slug) => connector.slug.as_str() == &**slug,
        })
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

    /// The result of `initialize`, written once for all sessions that begin with this view in this revision.
    pub(super) fn initialize_result(&self, revision: Revision) -> Bytes {
        let write = || {
            let result = self.describe(Era::Legacy, |server| {
                server.initialize_result(revision, &[])
            });
            Bytes::from(String::from(Box::<str>::from(result)))
        };
        let greetings = match &self.door {
            Door::All => Some(self.catalog.greetings()),
            Door::One(_) => self.connector().map(CatalogConnector::greetings),
        };
        match greetings {
            Some(greetings) => greetings.in_revision(revision, write),
            None => write(),
        }
    }

    /// What the gateway says about itself to a client of this era, handed to `write`.
    pub(super) fn describe<T>(
        &self,
        era: Era,
        write: impl FnOnce(&ServerDescription<'_>) -> T,
    ) -> T {
        let instructions = self.instructions();
        let capabilities = self.capabilities(era);
        write(&ServerDescription {
            name: "tieline",
            version: env!("CARGO_PKG_VERSION"),
            title: Some(
                self.connector()
                    .map_or("Tieline", |connector| &connector.name),
            ),
            instructions,
            capabilities: &capabilities,
        })
    }

    /// What there is behind the door. Changed lists are announced to modern clients; a legacy session keeps the lists that
    /// it began with, so there is nothing to announce to it.
    fn capabilities(&self, era: Era) -> Box<RawValue> {
        let declared = || self.connectors().map(|connector| &connector.declared);
        let list = || match era {
            Era::Modern => json!({ "listChanged": true }),
            Era::Legacy => json!({}),
        };
        let mut capabilities = Map::from_iter([("tools".to_owned(), list())]);
        if declared().any(|server| server.prompts) {
            capabilities.insert("prompts".to_owned(), list());
        }
        if declared().any(|server| server.resources) {
            let mut resources = list();
            if declared().any(|server| server.resource_updates) {
                resources["subscribe"] = json!(true);
            }
            capabilities.insert("resources".to_owned(), resources);
        }
        if declared().any(|server| server.completions) {
            capabilities.insert("completions".to_owned(), json!({}));
        }
        if declared().any(|server| server.logs) {
            capabilities.insert("logging".to_owned(), json!({}));
        }
        let mut extensions = Map::new();
        if era == Era::Modern && declared().any(|server| server.tasks) {
            extensions.insert(EXTENSION_TASKS.to_owned(), json!({}));
        }
        // Hosts show the pages of every server alike, so one server's settings do for all.
        let apps = declared().find_map(|server| server.apps.as_deref());
        if let Some(settings) = apps.and_then(|apps| serde_json::from_str::<Value>(apps).ok()) {
            extensions.insert(EXTENSION_APPS.to_owned(), settings);
        }
        if !extensions.is_empty() {
            capabilities.insert("extensions".to_owned(), extensions.into());
        }
        tieline_mcp::raw::to_raw(&capabilities)
    }

    fn instructions(&self) -> Option<&str> {
        match &self.door {
            Door::All => Some(self.catalog.instructions()),
            Door::One(_) => self.connector()?.instructions.as_deref(),
        }
    }
}
