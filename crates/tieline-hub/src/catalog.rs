//! The immutable list of everything that a session begins with.
//!
//! A [`Catalog`] never changes once built. A running session keeps the `Arc` that it started with, which is what
//! makes "new tools appear in the next session" a fact of the types. Whether a call may still run is decided at
//! the moment of the call, by `dispatch`, never here.

mod frozen;
mod greetings;
mod instructions;
mod offers;
mod pages;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tieline_domain::{ConnectorId, NameSpace, Slug, Table, expose, expose_uri};
use tieline_mcp::Era;
use tieline_mcp::bridge::{self, ExposeUri, Way};
use tieline_mcp::wire::OfferKind;

pub use greetings::Greetings;
pub(crate) use offers::OfferSource;
pub use offers::{CatalogOffer, Declared};

use offers::Offers;
use pages::Lists;

/// A short digest of everything that a catalogue offers. Two replicas that read the same database agree on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CatalogRevision(String);

impl CatalogRevision {
    /// The digest as 16 lower-case hexadecimal characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CatalogRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An immutable snapshot of everything that an agent or a client may use.
#[derive(Debug)]
pub struct Catalog {
    revision: CatalogRevision,
    connectors: Vec<CatalogConnector>,
    by_gateway_name: Table<String, (usize, usize)>,
    by_agent_name: HashMap<String, (usize, usize)>,
    prompts: HashMap<String, (usize, usize)>,
    lists: Lists,
    instructions: OnceLock<String>,
    greetings: Greetings,
}

/// One connector's part of a [`Catalog`].
#[derive(Debug)]
pub struct CatalogConnector {
    /// The connector's id, by which a call is routed.
    pub id: ConnectorId,
    /// The key under which agents see it.
    pub slug: Slug,
    /// The name that people gave it.
    pub name: String,
    /// The protocol era that the server speaks; `None` until it was reached once.
    pub era: Era,
    /// What the server says about its own use, if anything.
    pub instructions: Option<String>,
    /// The tools that are on, in the server's order.
    pub tools: Vec<Arc<CatalogTool>>,
    /// What the server declares besides tools.
    pub declared: Declared,
    /// Whether what breaks clients is mended on the way.
    pub normalise: bool,
    /// The shortest time, in milliseconds, that one of the server's lists stays valid by its own word.
    pub list_ttl_ms: Option<u64>,
    by_name: Table<String, usize>,
    offers: Offers,
    lists: Lists,
    greetings: Greetings,
}

/// One tool of a [`Catalog`], with its definition exactly as the server sent it.
#[derive(Debug)]
pub struct CatalogTool {
    /// The connector that offers it.
    pub connector: ConnectorId,
    /// That connector's key.
    pub slug: Slug,
    /// The exact name at the server. It may hold any character.
    pub name: Arc<str>,
    /// The name at the aggregate gateway endpoint, at most 48 characters.
    pub gateway_name: String,
    /// The name that the built-in agent sees, at most 64 characters.
    pub agent_name: String,
    /// The human title, if the server gave one.
    pub title: Option<String>,
    /// The description, if the server gave one.
    pub description: Option<String>,
    /// The definition, byte for byte.
    pub definition: Box<RawValue>,
    /// Whether the server marks it as reading only. A label, never a permission.
    pub read_only: bool,
    /// Whether what breaks clients is mended in its results.
    pub normalise: bool,
}

/// What a catalogue is built from: one enabled connector and its stored tools.
#[derive(Debug)]
pub(crate) struct CatalogSource {
    pub(crate) id: ConnectorId,
    pub(crate) slug: Slug,
    pub(crate) name: String,
    pub(crate) era: Era,
    pub(crate) instructions: Option<String>,
    pub(crate) capabilities: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) normalise: bool,
    pub(crate) list_ttl_ms: Option<u64>,
    /// Every usable tool, also those that are off: switching one must not rename another.
    pub(crate) tools: Vec<ToolSource>,
    pub(crate) offers: Vec<OfferSource>,
}

#[derive(Debug)]
pub(crate) struct ToolSource {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) definition: String,
}

impl Default for Catalog {
    /// The catalogue of no connectors.
    fn default() -> Self {
        Self::build(Vec::new())
    }
}

impl Catalog {
    /// Builds the catalogue of the given connectors, which are sorted by slug so that the order is stable.
    pub(crate) fn build(mut sources: Vec<CatalogSource>) -> Self {
        sources.sort_by(|a, b| a.slug.as_str().cmp(b.slug.as_str()));
        let connectors: Vec<CatalogConnector> =
            sources.into_iter().map(CatalogConnector::build).collect();
        Self::assemble(revision_of(&connectors), connectors)
    }

    fn assemble(revision: CatalogRevision, connectors: Vec<CatalogConnector>) -> Self {
        let mut by_gateway_name = Table::default();
        let mut by_agent_name = HashMap::new();
        let mut prompts = HashMap::new();
        for (at, connector) in connectors.iter().enumerate() {
            for (index, tool) in connector.tools.iter().enumerate() {
                by_gateway_name.insert(tool.gateway_name.clone(), (at, index));
                by_agent_name.insert(tool.agent_name.clone(), (at, index));
            }
            for (index, prompt) in connector.offers.prompts.iter().enumerate() {
                prompts.insert(prompt.gateway_name.clone(), (at, index));
            }
        }
        Self {
            revision,
            connectors,
            by_gateway_name,
            by_agent_name,
            prompts,
            lists: Lists::default(),
            instructions: OnceLock::new(),
            greetings: Greetings::default(),
        }
    }

    /// Whether a session would see no difference at all, not even in a connector's name.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        let same = |(one, other): (&CatalogConnector, &CatalogConnector)| {
            one.era == other.era
                && one.name == other.name
                && one.instructions == other.instructions
                && one.declared == other.declared
                && one.normalise == other.normalise
                && one.list_ttl_ms == other.list_ttl_ms
        };
        self.revision == other.revision
            && self.connectors.len() == other.connectors.len()
            && self.connectors.iter().zip(&other.connectors).all(same)
    }

    /// The digest of what this catalogue offers.
    pub fn revision(&self) -> &CatalogRevision {
        &self.revision
    }

    /// The connectors, sorted by slug. One without a tool that is on is here, too.
    pub fn connectors(&self) -> &[CatalogConnector] {
        &self.connectors
    }

    /// What sessions at the aggregate endpoint are told when they begin.
    pub fn greetings(&self) -> &Greetings {
        &self.greetings
    }

    /// Every tool, in the order in which lists show them.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<CatalogTool>> {
        self.connectors
            .iter()
            .flat_map(|connector| connector.tools.iter())
    }

    /// How many tools it holds.
    pub fn tool_count(&self) -> usize {
        self.connectors
            .iter()
            .map(|connector| connector.tools.len())
            .sum()
    }

    /// The connector with this key.
    pub fn connector(&self, slug: &str) -> Option<&CatalogConnector> {
        self.connectors
            .iter()
            .find(|connector| connector.slug.as_str() == slug)
    }

    /// The tool with this name at the aggregate gateway endpoint.
    pub fn by_gateway_name(&self, name: &str) -> Option<&Arc<CatalogTool>> {
        self.by_gateway_name
            .get(name)
            .map(|&(at, index)| &self.connectors[at].tools[index])
    }

    /// The tool with this name in the built-in agent.
    pub fn by_agent_name(&self, name: &str) -> Option<&Arc<CatalogTool>> {
        self.by_agent_name
            .get(name)
            .map(|&(at, index)| &self.connectors[at].tools[index])
    }

    /// The prompt with this name at the aggregate gateway endpoint, and whose it is.
    pub fn prompt(&self, name: &str) -> Option<(&CatalogConnector, &CatalogOffer)> {
        let &(at, index) = self.prompts.get(name)?;
        let connector = &self.connectors[at];
        Some((connector, &connector.offers.prompts[index]))
    }

    /// A list for clients of `north` at the aggregate endpoint, as JSON arrays, one for each page.
    pub fn gateway_pages(&self, kind: OfferKind, north: Era) -> &[Bytes] {
        let items = || {
            self.connectors
                .iter()
                .flat_map(move |connector| connector.definitions(kind, north, Names::Gateway))
        };
        self.lists.pages(kind, north, items)
    }
}

/// Under which names things are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Those of the aggregate endpoint.
    Gateway,
    /// The server's own.
    Verbatim,
}

impl CatalogConnector {
    fn build(source: CatalogSource) -> Self {
        let usable: Vec<&ToolSource> = source.tools.iter().collect();
        let names = || usable.iter().map(|tool| tool.name.as_str());
        let gateway: HashMap<String, String> = expose(NameSpace::Gateway, &source.slug, names())
            .into_iter()
            .map(|e| (e.upstream, e.exposed))
            .collect();
        let agent: HashMap<String, String> = expose(NameSpace::Agent, &source.slug, names())
            .into_iter()
            .map(|e| (e.upstream, e.exposed))
            .collect();
        let mut tools = Vec::new();
        let mut by_name = Table::default();
        for tool in usable.iter().filter(|tool| tool.enabled) {
            let (Some(gateway_name), Some(agent_name)) =
                (gateway.get(&tool.name), agent.get(&tool.name))
            else {
                continue;
            };
            let Ok(definition) = RawValue::from_string(tool.definition.clone()) else {
                continue;
            };
            if by_name.contains_key(&tool.name) {
                continue;
            }
            let facts = Facts::read(&definition);
            let read_only = facts.read_only();
            by_name.insert(tool.name.clone(), tools.len());
            tools.push(Arc::new(CatalogTool {
                connector: source.id,
                slug: source.slug.clone(),
                name: tool.name.as_str().into(),
                gateway_name: gateway_name.clone(),
                agent_name: agent_name.clone(),
                title: facts.title,
                description: facts.description,
                read_only,
                definition,
                normalise: source.normalise,
            }));
        }
        let offers = Offers::build(&source.slug, source.offers);
        Self {
            id: source.id,
            slug: source.slug,
            name: source.name,
            era: source.era,
            instructions: source.instructions,
            tools,
            declared: Declared::read(source.capabilities.as_deref(), source.revision.as_deref()),
            normalise: source.normalise,
            list_ttl_ms: source.list_ttl_ms,
            by_name,
            offers,
            lists: Lists::default(),
            greetings: Greetings::default(),
        }
    }

    /// What sessions at the connector's own endpoint are told when they begin.
    pub fn greetings(&self) -> &Greetings {
        &self.greetings
    }

    /// The tool with this exact name at the server.
    pub fn tool(&self, name: &str) -> Option<&Arc<CatalogTool>> {
        self.by_name.get(name).map(|&index| &self.tools[index])
    }

    /// What it offers besides tools, in the server's order; of tools nothing.
    pub fn offers(&self, kind: OfferKind) -> &[CatalogOffer] {
        self.offers.list(kind)
    }

    /// The prompt with this exact name at the server.
    pub fn prompt(&self, name: &str) -> Option<&CatalogOffer> {
        self.offers.prompt(name)
    }

    /// A list with its names and URIs verbatim, for the per-connector endpoint, as JSON arrays, one for each page.
    pub fn verbatim_pages(&self, kind: OfferKind, north: Era) -> &[Bytes] {
        let items = || self.definitions(kind, north, Names::Verbatim);
        self.lists.pages(kind, north, items)
    }

    fn definitions(
        &self,
        kind: OfferKind,
        north: Era,
        names: Names,
    ) -> impl Iterator<Item = Cow<'_, RawValue>> {
        let tools = self.tools.iter().filter(move |_| kind == OfferKind::Tool);
        let tools = tools.map(|tool| (&*tool.definition, &*tool.name, &*tool.gateway_name));
        let offers = self.offers.list(kind).iter();
        let offers = offers.map(|offer| (&*offer.definition, &*offer.name, &*offer.gateway_name));
        tools.chain(offers).map(move |(definition, own, gateway)| {
            let expose = |uri: &str| expose_uri(&self.slug, uri);
            let expose: ExposeUri<'_> = &expose;
            let way = Way {
                north,
                south: self.era,
                method: kind.method(),
                normalise: self.normalise,
                uris: (names == Names::Gateway).then_some(expose),
            };
            let name = match names {
                Names::Gateway => gateway,
                Names::Verbatim => own,
            };
            bridge::definition_for(&way, kind, definition, name)
        })
    }
}

/// The few fields of a definition that Tieline itself shows. Anything odd in them is ignored, never an error.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Facts {
    #[serde(deserialize_with = "text_or_none")]
    title: Option<String>,
    #[serde(deserialize_with = "text_or_none")]
    description: Option<String>,
    annotations: serde_json::Value,
}

impl Facts {
    fn read(definition: &RawValue) -> Self {
        serde_json::from_str(definition.get()).unwrap_or_default()
    }

    fn read_only(&self) -> bool {
        let hint = self.annotations.get("readOnlyHint");
        hint.and_then(serde_json::Value::as_bool) == Some(true)
    }
}

fn text_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_owned))
}

fn revision_of(connectors: &[CatalogConnector]) -> CatalogRevision {
    let mut hash = Sha256::new();
    for connector in connectors {
        for part in [connector.slug.as_str(), &connector.id.to_string()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        for tool in &connector.tools {
            hash.update((tool.definition.get().len() as u64).to_be_bytes());
            hash.update(tool.definition.get().as_bytes());
        }
        for kind in OfferKind::ALL {
            for offer in connector.offers.list(kind) {
                hash.update(kind.word().as_bytes());
                hash.update((offer.definition.get().len() as u64).to_be_bytes());
                hash.update(offer.definition.get().as_bytes());
            }
        }
    }
    let digest = hash.finalize();
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    CatalogRevision(format!("{:016x}", u64::from_be_bytes(first)))
}
