//! Changes what an admin may change of a connector.

use tieline_domain::{ConnectorId, Timestamp};

use super::{ConnectorRow, NewCredential, list};
use crate::dialect::Tx;
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// What to change; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct ConnectorPatch {
    /// Another name. The slug stays.
    pub name: Option<String>,
    /// Another address. What was learnt about the wire is forgotten.
    pub url: Option<String>,
    /// Another header.
    pub auth_header: Option<String>,
    /// On or off.
    pub enabled: Option<bool>,
    /// Another credential, or none any more.
    pub credential: Option<Option<NewCredential>>,
    /// What is known of it from now on, without a reason.
    pub status: Option<String>,
}

impl ConnectorPatch {
    fn reaches_elsewhere(&self, row: &ConnectorRow) -> bool {
        self.credential.is_some()
            || self.url.as_ref().is_some_and(|url| *url != row.url)
            || self
                .auth_header
                .as_ref()
                .is_some_and(|header| *header != row.auth_header)
    }

    fn apply(&self, row: &mut ConnectorRow, at: Timestamp) {
        if self.reaches_elsewhere(row) {
            row.credential_version += 1;
        }
        if let Some(url) = self.url.as_ref().filter(|url| **url != row.url) {
            row.url.clone_from(url);
            row.wire = None;
        }
        if let Some(credential) = &self.credential {
            row.sealed = credential
                .as_ref()
                .map(|credential| credential.sealed.clone());
            row.token_hint = credential
                .as_ref()
                .and_then(|credential| credential.hint.clone());
            row.token_set_at = credential.as_ref().map(|credential| credential.set_at);
        }
        row.name
            .clone_from(self.name.as_ref().unwrap_or(&row.name.clone()));
        row.auth_header.clone_from(
            self.auth_header
                .as_ref()
                .unwrap_or(&row.auth_header.clone()),
        );
        row.enabled = self.enabled.unwrap_or(row.enabled);
        if let Some(status) = &self.status {
            if *status != row.status {
                row.status_since = Some(at);
            }
            row.status.clone_from(status);
            (row.status_code, row.status_message) = (None, None);
        }
        row.updated_at = at;
        row.row_version += 1;
    }
}

impl Store {
    /// Changes a connector that is still the one that was read: [`Stale`](StoreError::Stale) if its `row_version` is
    /// another by now.
    pub async fn connector_update(
        &self,
        id: ConnectorId,
        expected_row_version: i64,
        patch: &ConnectorPatch,
        change: &Change,
    ) -> Result<ConnectorRow, StoreError> {
        let mut tx = self.db().begin().await?;
        let mut row = list::in_transaction(&mut tx, id).await?;
        if row.row_version != expected_row_version {
            return Err(StoreError::Stale);
        }
        let loses_secret = patch.credential.is_some() && row.sealed.is_some();
        patch.apply(&mut row, change.audit.at);
        write(&mut tx, &row).await?;
        if loses_secret {
            self.scrubber().announce();
        }
        change.commit_configuration(tx).await?;
        if loses_secret {
            self.scrub().await;
        }
        Ok(row)
    }

    /// Turns a connector on or off, whatever else was changed meanwhile: this is the emergency brake.
    pub async fn connector_set_enabled(
        &self,
        id: ConnectorId,
        enabled: bool,
        change: &Change,
    ) -> Result<ConnectorRow, StoreError> {
        let mut tx = self.db().begin().await?;
        let mut row = list::in_transaction(&mut tx, id).await?;
        ConnectorPatch {
            enabled: Some(enabled),
            ..ConnectorPatch::default()
        }
        .apply(&mut row, change.audit.at);
        write(&mut tx, &row).await?;
        change.commit_configuration(tx).await?;
        Ok(row)
    }
}

async fn write(tx: &mut Tx, row: &ConnectorRow) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE connectors
         SET name = $2, url = $3, auth_header = $4, enabled = $5, credential_version = $6, sealed = $7,
             token_hint = $8, token_set_at = $9, wire = $10, status = $11, status_code = $12, status_message = $13,
             status_since = $14, updated_at = $15, row_version = $16
         WHERE id = $1",
        row.id.to_string(),
        &row.name,
        &row.url,
        &row.auth_header,
        row.enabled,
        row.credential_version,
        &row.sealed,
        &row.token_hint,
        millis(row.token_set_at),
        &row.wire,
        &row.status,
        &row.status_code,
        &row.status_message,
        millis(row.status_since),
        row.updated_at.as_millis(),
        row.row_version,
    )?;
    Ok(())
}
