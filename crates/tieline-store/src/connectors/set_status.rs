//! Records what a check or a call found out about a server. Nobody did this, so there is no audit row.

use tieline_domain::{ConnectorId, Timestamp};

use super::list;
use crate::read::{foreign, foreign_optional};
use crate::{Store, StoreError, meta};

/// What was found out.
#[derive(Clone, Debug)]
pub struct StatusUpdate {
    /// The version of the row that the check or call began with.
    pub row_version: i64,
    /// `working`, `failing`, …
    pub status: String,
    /// Why, for programs.
    pub code: Option<String>,
    /// Why, for people.
    pub message: Option<String>,
    /// When it was found out.
    pub at: Timestamp,
}

impl Store {
    /// Sets the status. Answers whether anything that people see has changed; only that tells replicas. What was found
    /// out before an admin changed the connector is dropped: it says nothing about the connector of now.
    pub async fn connector_set_status(
        &self,
        id: ConnectorId,
        update: StatusUpdate,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db().begin().await?;
        let row = match list::in_transaction(&mut tx, id).await {
            Err(StoreError::NotFound) => return Ok(false),
            row => row?,
        };
        if row.row_version != update.row_version {
            return Ok(false);
        }
        let status = foreign(&update.status);
        let code = foreign_optional(update.code.as_deref());
        let message = foreign_optional(update.message.as_deref());
        let is_new = status != row.status;
        let is_visible = is_new
            || code.as_deref() != row.status_code.as_deref()
            || message.as_deref() != row.status_message.as_deref();
        let since = if is_new {
            Some(update.at)
        } else {
            row.status_since
        };
        execute!(
            tx,
            "UPDATE connectors
             SET status = $2, status_code = $3, status_message = $4, status_at = $5, status_since = $6
             WHERE id = $1",
            id.to_string(),
            &*status,
            code.as_deref(),
            message.as_deref(),
            update.at.as_millis(),
            since.unwrap_or(update.at).as_millis(),
        )?;
        if is_visible {
            meta::bump_config_version(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(is_visible)
    }

    /// Notes that the connector was checked and is as it was.
    pub async fn connector_touch(&self, id: ConnectorId, at: Timestamp) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "UPDATE connectors SET status_at = $2 WHERE id = $1",
            id.to_string(),
            at.as_millis()
        )?;
        Ok(())
    }
}
