//! The frozen tools of a session as the model gets them, what they cost, and where they are kept.
//!
//! Sessions that began with the same catalogue share one of these. An idle session has none in memory: it is read from
//! the database again, by its digest, when it is needed.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tieline_hub::{Catalog, CatalogConnector, CatalogTool, Hub};
use tieline_store::{Store, StoreError};

use crate::error::AgentError;
use crate::model::ToolDefinition;
use crate::search::Index;

/// How many catalogues are kept in memory although no turn uses them.
const KEPT: usize = 8;

/// A frozen catalogue.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) digest: String,
    /// All definitions, in the order of the catalogue.
    pub(crate) definitions: Arc<[ToolDefinition]>,
    /// What each of them costs, in the same order.
    pub(crate) costs: Vec<u64>,
    pub(crate) tokens: u64,
    index: OnceLock<Index>,
    /// Whether this process has seen it in the database.
    stored: AtomicBool,
}

impl Frozen {
    fn new(catalog: Arc<Catalog>, digest: String, stored: bool) -> Self {
        let definitions: Arc<[ToolDefinition]> =
            catalog.tools().map(|tool| definition(tool)).collect();
        let costs: Vec<u64> = definitions.iter().map(cost).collect();
        Self {
            tokens: costs.iter().sum(),
            catalog,
            digest,
            definitions,
            costs,
            index: OnceLock::new(),
            stored: AtomicBool::new(stored),
        }
    }

    /// What finds tools by words; made by the first search.
    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::build(&self.catalog))
    }

    /// The connectors with what their tools cost.
    pub(crate) fn connectors(&self) -> impl Iterator<Item = (&CatalogConnector, u64)> {
        let mut from = 0;
        self.catalog.connectors().iter().map(move |connector| {
            let to = from + connector.tools.len();
            let tokens = self.costs[from..to].iter().sum();
            from = to;
            (connector, tokens)
        })
    }

    /// The text to store with a session, unless it is known to be there.
    pub(crate) fn unstored(&self) -> Option<String> {
        (!self.stored.load(Ordering::Relaxed)).then(|| self.catalog.freeze())
    }

    pub(crate) fn set_stored(&self, stored: bool) {
        self.stored.store(stored, Ordering::Relaxed);
    }
}

/// Estimates tokens: a quarter of the bytes, rounded up. For definitions, which are JSON in English, tokenisers of model
/// APIs come to between a third and a fifth; the estimate serves the budget and the display, never a bill.
pub(crate) fn estimate(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

/// What a definition costs: the JSON that a model gets of it.
pub(crate) fn cost(definition: &ToolDefinition) -> u64 {
    #[derive(Serialize)]
    struct Sent<'a> {
        name: &'a str,
        description: &'a str,
        input_schema: &'a RawValue,
    }
    let sent = Sent {
        name: &definition.name,
        description: &definition.description,
        input_schema: &definition.input_schema,
    };
    estimate(serde_json::to_string(&sent).map_or(0, |text| text.len()))
}

/// A tool as a model sees it: the server's description and schema under the agent's name.
fn definition(tool: &CatalogTool) -> ToolDefinition {
    ToolDefinition {
        name: tool.agent_name.clone(),
        description: tool
            .description
            .clone()
            .or_else(|| tool.title.clone())
            .unwrap_or_default(),
        input_schema: schema_of(tool),
    }
}

/// The schema of a tool's arguments; any object when the server says nothing.
pub(crate) fn schema_of(tool: &CatalogTool) -> Box<RawValue> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Schema<'a> {
        #[serde(borrow)]
        input_schema: Option<&'a RawValue>,
    }
    let found: Option<Schema<'_>> = serde_json::from_str(tool.definition.get()).ok();
    let schema = found
        .and_then(|found| found.input_schema)
        .filter(|schema| schema.get().starts_with('{'));
    schema.map_or_else(
        || {
            RawValue::from_string(r#"{"type":"object"}"#.to_owned())
                .expect("this text is an object")
        },
        ToOwned::to_owned,
    )
}

fn digest_of(text: &str) -> String {
    let mut digest = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// The catalogues that were used last.
#[derive(Debug, Default)]
pub(crate) struct FrozenCache {
    recent: Mutex<VecDeque<Arc<Frozen>>>,
}

impl FrozenCache {
    /// The catalogue of now. Starting one session after the other copies a pointer.
    pub(crate) fn current(&self, hub: &Hub) -> Arc<Frozen> {
        let catalog = hub.catalog();
        let same = |frozen: &Frozen| Arc::ptr_eq(&frozen.catalog, &catalog);
        if let Some(found) = self.find(same) {
            return found;
        }
        let digest = digest_of(&catalog.freeze());
        self.put(Frozen::new(catalog, digest, false))
    }

    /// The catalogue that a session began with.
    pub(crate) async fn of(&self, store: &Store, digest: &str) -> Result<Arc<Frozen>, AgentError> {
        if let Some(found) = self.find(|frozen| frozen.digest == digest) {
            return Ok(found);
        }
        let text = store.agent_catalog(digest).await?;
        let catalog = text.as_deref().and_then(Catalog::thaw);
        let catalog = catalog.ok_or_else(|| StoreError::Corrupt {
            what: "a session’s frozen catalogue".to_owned(),
        })?;
        Ok(self.put(Frozen::new(Arc::new(catalog), digest.to_owned(), true)))
    }

    /// Notes that the text of this catalogue left the database with the last session that had it.
    pub(crate) fn forget(&self, digest: &str) {
        if let Some(frozen) = self.find(|frozen| frozen.digest == digest) {
            frozen.set_stored(false);
        }
    }

    fn find(&self, test: impl Fn(&Frozen) -> bool) -> Option<Arc<Frozen>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|frozen| test(frozen))?;
        let found = recent.remove(at)?;
        recent.push_front(found.clone());
        Some(found)
    }

    fn put(&self, frozen: Frozen) -> Arc<Frozen> {
        let frozen = Arc::new(frozen);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_front(frozen.clone());
        recent.truncate(KEPT);
        frozen
    }
}
