//! Puts what a server listed in place of what it listed before.

use std::sync::Arc;

use tieline_domain::{ConnectorId, Timestamp};

use super::merge::{ReviewTools, merged};
use super::{IN_USE, OFF, ToolRow, list};
use crate::connectors::in_transaction as connector_in_transaction;
use crate::dialect::Tx;
use crate::read::{foreign, foreign_optional, millis};
use crate::{ConnectorRow, OfferRow, Store, StoreError, audit, meta, offers};

/// What a server said when it was asked for its tools.
#[derive(Clone, Debug)]
pub struct CatalogUpdate {
    /// The `row_version` of the connector when the listing began.
    pub row_version: i64,
    /// The wire that the server was found to speak.
    pub wire: String,
    /// What the server calls itself.
    pub server_name: Option<String>,
    /// Its version.
    pub server_version: Option<String>,
    /// The protocol revision in use.
    pub revision: Option<String>,
    /// What it tells agents about itself.
    pub instructions: Option<String>,
    /// The capabilities object that it declared.
    pub capabilities: Option<String>,
    /// The shortest time, in milliseconds, that one of its lists stays valid by its own word.
    pub list_ttl_ms: Option<i64>,
    /// Its tools, and those that were left out.
    pub tools: Vec<ToolRow>,
    /// Which other lists could be read. What is known of the others stays.
    pub listed_kinds: Vec<&'static str>,
    /// What those lists hold.
    pub offers: Vec<OfferRow>,
    /// When it was asked.
    pub at: Timestamp,
    /// Who decides about definitions that are not the approved ones. What a server lists first is approved with it.
    pub review: Arc<dyn ReviewTools>,
}

impl Store {
    /// Replaces the tools of a connector, and what is known of its server. An admin's choice for a tool, what was
    /// approved of it, and when it was first seen stay with its name. What changed is recorded in the same transaction.
    ///
    /// Answers whether anything has changed. Nothing has, and nothing was saved, when the connector was removed or
    /// changed by someone since the listing began: the answer may come from another server then.
    pub async fn connector_replace_tools(
        &self,
        id: ConnectorId,
        update: CatalogUpdate,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db().begin().await?;
        let row = match connector_in_transaction(&mut tx, id).await {
            Err(StoreError::NotFound) => return Ok(false),
            row => row?,
        };
        if row.row_version != update.row_version {
            return Ok(false);
        }
        let update = storable(update);
        let before = list::in_transaction(&mut tx, id).await?;
        let is_first = row.tools_refreshed_at.is_none();
        let (after, news) = merged(id, &before, &update, is_first);
        let same_tools = before == after;
        if !same_tools {
            write(&mut tx, id, &after).await?;
            if let Some(change) = update.review.record(&news) {
                audit::append(&mut tx, &change).await?;
            }
        }
        let new_offers = offers::replace(&mut tx, id, &update.listed_kinds, &update.offers).await?;
        write_server(&mut tx, id, &update).await?;
        let changed = !same_tools || new_offers || !is_same_server(&row, &update);
        if changed {
            meta::bump_config_version(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}

fn storable(mut update: CatalogUpdate) -> CatalogUpdate {
    let server = [
        &mut update.server_name,
        &mut update.server_version,
        &mut update.revision,
        &mut update.instructions,
        &mut update.capabilities,
    ];
    for text in server.into_iter().chain(
        update
            .tools
            .iter_mut()
            .map(|tool| &mut tool.left_out_reason),
    ) {
        *text = foreign_optional(text.as_deref()).map(Into::into);
    }
    for tool in &mut update.tools {
        tool.name = foreign(&tool.name).into_owned();
    }
    update
}

fn is_same_server(row: &ConnectorRow, update: &CatalogUpdate) -> bool {
    row.wire.as_deref() == Some(update.wire.as_str())
        && row.server_name == update.server_name
        && row.server_version == update.server_version
        && row.revision == update.revision
        && row.instructions == update.instructions
        && row.capabilities == update.capabilities
}

async fn write(tx: &mut Tx, id: ConnectorId, tools: &[ToolRow]) -> Result<(), StoreError> {
    let id = id.to_string();
    execute!(
        tx,
        "DELETE FROM connector_tools WHERE connector_id = $1",
        &id
    )?;
    for tool in tools {
        let offered = tool.offered.as_ref();
        execute!(
            tx,
            "INSERT INTO connector_tools (connector_id, position, name, definition, hash, enabled, policy, left_out_code,
                 left_out_reason, first_seen_at, offered, offered_hash, offered_at, held, approved_by, approved_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &id,
            tool.position,
            &tool.name,
            &tool.definition,
            &tool.hash[..],
            tool.enabled,
            tool.policy.as_str(),
            &tool.left_out_code,
            &tool.left_out_reason,
            tool.first_seen_at.as_millis(),
            offered.map(|offered| &offered.definition),
            offered.map(|offered| &offered.hash[..]),
            offered.map(|offered| offered.at.as_millis()),
            offered.map(|offered| if offered.approved_stays { IN_USE } else { OFF }),
            &tool.approved_by,
            millis(tool.approved_at),
        )
        .map_err(StoreError::unique("tool name"))?;
    }
    Ok(())
}

async fn write_server(
    tx: &mut Tx,
    id: ConnectorId,
    update: &CatalogUpdate,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE connectors
         SET wire = $2, server_name = $3, server_version = $4, revision = $5, instructions = $6, tools_refreshed_at = $7,
             capabilities = $8, list_ttl_ms = $9
         WHERE id = $1",
        id.to_string(),
        &update.wire,
        &update.server_name,
        &update.server_version,
        &update.revision,
        &update.instructions,
        update.at.as_millis(),
        &update.capabilities,
        update.list_ttl_ms,
    )?;
    Ok(())
}
