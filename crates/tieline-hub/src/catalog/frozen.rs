//! A catalogue as text, so that a session keeps the one it began with over a restart.
//!
//! The text holds the names that tools had, not what they were made from: a name that a model knows stays the same even
//! if the rule that made it should change. It holds tools only: who reads it back, the built-in agent, uses nothing else.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tieline_domain::{ConnectorId, Slug, Table};
use tieline_mcp::Era;

use super::offers::Offers;
use super::pages::Lists;
use super::{Catalog, CatalogConnector, CatalogRevision, CatalogTool, Declared, Facts, Greetings};

#[derive(Serialize, Deserialize)]
struct Frozen<'a> {
    revision: String,
    #[serde(borrow)]
    connectors: Vec<Connector<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Connector<'a> {
    id: ConnectorId,
    slug: String,
    name: String,
    era: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    #[serde(borrow)]
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Tool<'a> {
    name: String,
    gateway: String,
    agent: String,
    #[serde(borrow)]
    definition: &'a RawValue,
}

impl Catalog {
    /// The catalogue as text. Equal catalogues have equal texts.
    pub fn freeze(&self) -> String {
        let connectors = self.connectors.iter().map(|connector| Connector {
            id: connector.id,
            slug: connector.slug.to_string(),
            name: connector.name.clone(),
            era: era_word(connector.era).to_owned(),
            instructions: connector.instructions.clone(),
            tools: connector
                .tools
                .iter()
                .map(|tool| frozen_tool(tool))
                .collect(),
        });
        let frozen = Frozen {
            revision: self.revision.as_str().to_owned(),
            connectors: connectors.collect(),
        };
        serde_json::to_string(&frozen).expect("a catalogue has no map with keys other than text")
    }

    /// Reads what [`Catalog::freeze`] wrote; nothing when the text is damaged.
    pub fn thaw(text: &str) -> Option<Self> {
        let frozen: Frozen<'_> = serde_json::from_str(text).ok()?;
        let connectors = frozen.connectors.into_iter().map(thawed_connector);
        let connectors = connectors.collect::<Option<Vec<_>>>()?;
        Some(Self::assemble(CatalogRevision(frozen.revision), connectors))
    }
}

fn frozen_tool(tool: &CatalogTool) -> Tool<'_> {
    Tool {
        name: tool.name.to_string(),
        gateway: tool.gateway_name.clone(),
        agent: tool.agent_name.clone(),
        definition: &tool.definition,
    }
}

fn thawed_connector(frozen: Connector<'_>) -> Option<CatalogConnector> {
    let slug = Slug::parse(&frozen.slug).ok()?;
    let mut by_name = Table::default();
    let mut tools = Vec::with_capacity(frozen.tools.len());
    for tool in frozen.tools {
        by_name.insert(tool.name.clone(), tools.len());
        let facts = Facts::read(tool.definition);
        let read_only = facts.read_only();
        tools.push(Arc::new(CatalogTool {
            connector: frozen.id,
            slug: slug.clone(),
            name: tool.name.into(),
            gateway_name: tool.gateway,
            agent_name: tool.agent,
            title: facts.title,
            description: facts.description,
            definition: tool.definition.to_owned(),
            read_only,
            normalise: true,
        }));
    }
    Some(CatalogConnector {
        id: frozen.id,
        slug,
        name: frozen.name,
        era: era_of(&frozen.era)?,
        instructions: frozen.instructions,
        tools,
        declared: Declared::default(),
        normalise: true,
        list_ttl_ms: None,
        by_name,
        offers: Offers::default(),
        lists: Lists::default(),
        greetings: Greetings::default(),
    })
}

fn era_word(era: Era) -> &'static str {
    match era {
        Era::Legacy => "legacy",
        Era::Modern => "modern",
    }
}

fn era_of(word: &str) -> Option<Era> {
    [Era::Legacy, Era::Modern]
        .into_iter()
        .find(|era| era_word(*era) == word)
}
