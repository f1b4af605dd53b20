//! Changes what an admin may change of a connector.

use std::fmt;

use tieline_domain::{ConnectorId, Timestamp};

use super::{CHECKING, ConnectorRow, list};
use crate::dialect::Tx;
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// What to change; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct ConnectorPatch {
    /// Another name. The slug stays.
    pub name: Option<String>,
    /// Another address.
    pub url: Option<String>,
    /// Another header.
    pub auth_header: Option<String>,
    /// Another credential, or none any more.
    pub credential: Option<CredentialPatch>,
    /// Mend what breaks clients, or pass everything as the server sent it.
    pub normalise: Option<bool>,
    /// Forget which wire the server was found to speak.
    pub forget_wire: bool,
}

/// A sealed credential to be stored in place of the one before; all empty to have none.
#[derive(Clone, Default)]
pub struct CredentialPatch {
    /// What only the key ring can open.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises it by.
    pub token_hint: Option<String>,
    /// When it was entered.
    pub token_set_at: Option<Timestamp>,
}

impl fmt::Debug for CredentialPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialPatch")
            .field("sealed", &self.sealed.is_some())
            .field("token_set_at", &self.token_set_at)
            .finish_non_exhaustive()
    }
}

impl ConnectorPatch {
    /// Applies the patch. A connector that now reaches another place, or the same with another credential, has yet to
    /// be checked.
    fn apply(self, row: &mut ConnectorRow, at: Timestamp) {
        let before = (row.url.clone(), row.auth_header.clone());
        let same_credential = self.credential.is_none();
        if let Some(name) = self.name {
            row.name = name;
        }
        if let Some(url) = self.url {
            row.url = url;
        }
        if let Some(auth_header) = self.auth_header {
            row.auth_header = auth_header;
        }
        if let Some(credential) = self.credential {
            row.sealed = credential.sealed;
            row.token_hint = credential.token_hint;
            row.token_set_at = credential.token_set_at;
        }
        if let Some(normalise) = self.normalise {
            row.normalise = normalise;
        }
        if self.forget_wire {
            row.wire = None;
        }
        if before != (row.url.clone(), row.auth_header.clone()) || !same_credential {
            row.credential_version += 1;
            if row.status != CHECKING {
                row.status_since = Some(at);
            }
            CHECKING.clone_into(&mut row.status);
            (row.status_code, row.status_message) = (None, None);
        }
    }
}

impl Store {
    /// Changes a connector that is still the one that was read: a [`Conflict`](StoreError::Conflict) over
    /// `row_version` if that is another by now.
    pub async fn connector_update(
        &self,
        id: ConnectorId,
        expected_row_version: i64,
        patch: ConnectorPatch,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let mut row = list::in_transaction(&mut tx, id).await?;
        if row.row_version != expected_row_version {
            return Err(StoreError::Conflict {
                what: "row_version",
            });
        }
        let loses_secret = patch.credential.is_some() && row.sealed.is_some();
        patch.apply(&mut row, change.audit.at);
        write(&mut tx, &row, change.audit.at).await?;
        if loses_secret {
            self.scrubber().announce();
        }
        change.commit_configuration(tx).await?;
        if loses_secret {
            self.scrub().await;
        }
        Ok(())
    }

    /// Turns a connector on or off, whatever else was changed meanwhile: this is the emergency brake.
    pub async fn connector_set_enabled(
        &self,
        id: ConnectorId,
        enabled: bool,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let mut row = list::in_transaction(&mut tx, id).await?;
        row.enabled = enabled;
        write(&mut tx, &row, change.audit.at).await?;
        change.commit_configuration(tx).await
    }
}

async fn write(tx: &mut Tx, row: &ConnectorRow, at: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE connectors
         SET name = $2, url = $3, auth_header = $4, enabled = $5, credential_version = $6, sealed = $7,
             token_hint = $8, token_set_at = $9, wire = $10, status = $11, status_code = $12, status_message = $13,
             status_since = $14, updated_at = $15, normalise = $16, row_version = row_version + 1
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
        at.as_millis(),
        row.normalise,
    )?;
    Ok(())
}
