//! Puts what a server listed in place of what it listed before.

use std::collections::HashMap;

use tieline_domain::ConnectorId;

use super::{ToolRow, list};
use crate::connectors::in_transaction as connector_in_transaction;
use crate::dialect::Tx;
use crate::read::{foreign, foreign_optional};
use crate::{ConnectorRow, ServerSeen, Store, StoreError, meta};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The list or what is known of the server is another now.
    Changed,
    /// All was as before.
    Unchanged,
    /// The connector was removed, or got another address, header or credential since the listing began. Nothing was
    /// saved.
    Stale,
}

impl Store {
    /// Replaces the tools of a connector. An admin's choice for a tool, and when it was first seen, stay with its name.
    pub async fn connector_replace_tools(
        &self,
        id: ConnectorId,
        credential_version: i64,
        server: &ServerSeen,
        tools: &[ToolRow],
    ) -> Result<Replaced, StoreError> {
        let mut tx = self.db().begin().await?;
        let row = match connector_in_transaction(&mut tx, id).await {
            Err(StoreError::NotFound) => return Ok(Replaced::Stale),
            row => row?,
        };
        if row.credential_version != credential_version {
            return Ok(Replaced::Stale);
        }
        let before = list::in_transaction(&mut tx, id).await?;
        let after = merged(id, &before, tools);
        let same_tools = before == after;
        if !same_tools {
            write(&mut tx, id, &after).await?;
        }
        let same_server = is_same(&row, server);
        write_server(&mut tx, id, server).await?;
        if !same_tools || !same_server {
            meta::bump_config_version(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(if same_tools && same_server {
            Replaced::Unchanged
        } else {
            Replaced::Changed
        })
    }
}

fn merged(id: ConnectorId, before: &[ToolRow], listed: &[ToolRow]) -> Vec<ToolRow> {
    // A tool that is in use comes last and so wins over one of the same name that was left out.
    let mut known: HashMap<&str, &ToolRow> = HashMap::new();
    for usable in [false, true] {
        known.extend(
            before
                .iter()
                .filter(|tool| tool.left_out_code.is_none() == usable)
                .map(|tool| (tool.name.as_str(), tool)),
        );
    }
    let merge = |tool: &ToolRow| {
        let mut tool = ToolRow {
            connector_id: id,
            name: foreign(&tool.name).into_owned(),
            left_out_reason: foreign_optional(tool.left_out_reason.as_deref()).map(Into::into),
            ..tool.clone()
        };
        if let Some(known) = known.get(tool.name.as_str()) {
            tool.enabled = known.enabled;
            tool.first_seen_at = known.first_seen_at;
        }
        tool
    };
    listed.iter().map(merge).collect()
}

fn is_same(row: &ConnectorRow, server: &ServerSeen) -> bool {
    let seen =
        |text: &Option<String>| foreign_optional(text.as_deref()).map(|text| text.into_owned());
    row.server_name == seen(&server.name)
        && row.server_version == seen(&server.version)
        && row.revision == seen(&server.revision)
        && row.instructions == seen(&server.instructions)
}

async fn write(tx: &mut Tx, id: ConnectorId, tools: &[ToolRow]) -> Result<(), StoreError> {
    let id = id.to_string();
    execute!(
        tx,
        "DELETE FROM connector_tools WHERE connector_id = $1",
        &id
    )?;
    for tool in tools {
        execute!(
            tx,
            "INSERT INTO connector_tools (connector_id, position, name, definition, hash, enabled, left_out_code,
                 left_out_reason, first_seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &id,
            tool.position,
            &tool.name,
            &tool.definition,
            &tool.hash[..],
            tool.enabled,
            &tool.left_out_code,
            &tool.left_out_reason,
            tool.first_seen_at.as_millis(),
        )
        .map_err(StoreError::unique("tool name"))?;
    }
    Ok(())
}

async fn write_server(tx: &mut Tx, id: ConnectorId, server: &ServerSeen) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE connectors
         SET server_name = $2, server_version = $3, revision = $4, instructions = $5, tools_refreshed_at = $6
         WHERE id = $1",
        id.to_string(),
        foreign_optional(server.name.as_deref()).as_deref(),
        foreign_optional(server.version.as_deref()).as_deref(),
        foreign_optional(server.revision.as_deref()).as_deref(),
        foreign_optional(server.instructions.as_deref()).as_deref(),
        server.at.as_millis(),
    )?;
    Ok(())
}
