//! Definitions of tools that changed at their servers and wait for an admin: list them, approve them, keep a tool off.

mod approve;
mod judge;
mod keep_off;
mod list;

pub use list::{ChangedTool, ChangedTools};

use std::collections::HashSet;

use thiserror::Error;
use tieline_domain::{Around, DefinitionHash, Slug};
use tieline_store::{ConnectorRow, OfferedDefinition, StoreError, ToolRow};

pub(crate) use judge::Judge;

use crate::Hub;
use crate::snapshot::Snapshot;

/// Why a review had no effect.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// What was read is not what the server offers by now, or nothing waits for this tool.
    #[error(
        "The server changed {tool} again, or somebody reviewed it already. Read it as it is now; nothing was saved."
    )]
    OfferChanged {
        /// The tool's name.
        tool: String,
    },
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReviewError {
    /// Says which tool an approval of something else was about.
    fn of(error: StoreError, tool: &str) -> Self {
        match error {
            StoreError::Conflict {
                what: "offered_hash",
            } => Self::OfferChanged {
                tool: tool.chars().filter(|c| !c.is_control()).take(80).collect(),
            },
            other => Self::Store(other),
        }
    }
}

/// A tool that somebody decides about, with the definition that was read.
struct Reviewed {
    connector: ConnectorRow,
    tool: ToolRow,
    offered: OfferedDefinition,
}

impl Hub {
    /// Finds the definition that was read, if it still waits.
    async fn reviewed(
        &self,
        slug: &Slug,
        tool: &str,
        hash: &DefinitionHash,
    ) -> Result<Reviewed, ReviewError> {
        let connector = self.inner.store.connector_by_slug(slug).await?;
        let connector = connector.ok_or(StoreError::NotFound)?;
        let tools = self.inner.store.tools_of(connector.id).await?;
        let found = tools
            .into_iter()
            .find(|stored| stored.name == tool && stored.left_out_code.is_none());
        let found = found.ok_or(StoreError::NotFound)?;
        match found.offered.clone() {
            Some(offered) if offered.hash == *hash.as_bytes() => Ok(Reviewed {
                connector,
                tool: found,
                offered,
            }),
            _ => Err(ReviewError::of(
                StoreError::Conflict {
                    what: "offered_hash",
                },
                tool,
            )),
        }
    }
}

/// What stands around the tools of a connector: its own names, and those of all others.
fn around(snapshot: &Snapshot, slug: &Slug, siblings: HashSet<String>) -> Around {
    let others = || snapshot.connectors().filter(|other| other.slug != *slug);
    Around {
        slug: slug.clone(),
        siblings,
        other_slugs: others().map(|other| other.slug.to_string()).collect(),
        other_tools: others()
            .flat_map(|other| other.tools.keys().cloned())
            .collect(),
    }
}
