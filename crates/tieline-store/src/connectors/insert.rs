//! Adds a connector.

use std::fmt;

use tieline_domain::{ConnectorId, Slug, Timestamp};

use super::ConnectorRow;
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// A connector to be added.
#[derive(Clone, Debug)]
pub struct NewConnectorRow {
    /// Its id; the credential is sealed for it.
    pub id: ConnectorId,
    /// Its key.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// The slug of the shipped provider that it comes from.
    pub provider: Option<String>,
    /// Its address.
    pub url: String,
    /// The header that carries the credential.
    pub auth_header: String,
    /// Whether it is on from the start.
    pub enabled: bool,
    /// Its credential.
    pub credential: Option<NewCredential>,
    /// What is known of it: usually that it is being checked.
    pub status: String,
    /// Who adds it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// A sealed credential to be stored.
#[derive(Clone)]
pub struct NewCredential {
    /// What only the key ring can open.
    pub sealed: Vec<u8>,
    /// What an admin recognises it by.
    pub hint: Option<String>,
    /// When it was entered.
    pub set_at: Timestamp,
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCredential")
            .field("set_at", &self.set_at)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a connector. Of several with one slug, one is added and the others are a
    /// [`Conflict`](StoreError::Conflict) over `slug`, also when they arrive at once.
    pub async fn connector_insert(
        &self,
        new: &NewConnectorRow,
        change: &Change,
    ) -> Result<ConnectorRow, StoreError> {
        let row = first_row(new);
        let mut tx = self.db().begin().await?;
        execute!(
            tx,
            "INSERT INTO connectors (id, slug, name, provider, url, auth_header, enabled, credential_version, sealed,
                 token_hint, token_set_at, status, status_since, created_by, created_at, updated_at, row_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            row.id.to_string(),
            row.slug.as_str(),
            &row.name,
            &row.provider,
            &row.url,
            &row.auth_header,
            row.enabled,
            row.credential_version,
            &row.sealed,
            &row.token_hint,
            millis(row.token_set_at),
            &row.status,
            millis(row.status_since),
            &row.created_by,
            row.created_at.as_millis(),
            row.updated_at.as_millis(),
            row.row_version,
        )
        .map_err(StoreError::unique("slug"))?;
        change.commit_configuration(tx).await?;
        Ok(row)
    }
}

fn first_row(new: &NewConnectorRow) -> ConnectorRow {
    let credential = new.credential.as_ref();
    ConnectorRow {
        id: new.id,
        slug: new.slug.clone(),
        name: new.name.clone(),
        provider: new.provider.clone(),
        url: new.url.clone(),
        auth_header: new.auth_header.clone(),
        enabled: new.enabled,
        credential_version: 1,
        sealed: credential.map(|credential| credential.sealed.clone()),
        token_hint: credential.and_then(|credential| credential.hint.clone()),
        token_set_at: credential.map(|credential| credential.set_at),
        wire: None,
        status: new.status.clone(),
        status_code: None,
        status_message: None,
        status_at: None,
        status_since: Some(new.created_at),
        server_name: None,
        server_version: None,
        revision: None,
        instructions: None,
        tools_refreshed_at: None,
        created_by: new.created_by.clone(),
        created_at: new.created_at,
        updated_at: new.created_at,
        row_version: 1,
    }
}
