//! Adds a connector.

use std::fmt;

use tieline_domain::{ConnectorId, Slug, Timestamp};

use super::{CHECKING, ConnectorRow};
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// A connector to be added. Its `Debug` leaves the sealed credential out.
#[derive(Clone)]
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
    /// Its sealed credential.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises the credential by.
    pub token_hint: Option<String>,
    /// Who adds it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

impl fmt::Debug for NewConnectorRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewConnectorRow")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("sealed", &self.sealed.is_some())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a connector, turned on. Of several with one slug, one is added and the others are a
    /// [`Conflict`](StoreError::Conflict) over `slug`, also when they arrive at once.
    pub async fn connector_insert(
        &self,
        new: NewConnectorRow,
        change: &Change,
    ) -> Result<(), StoreError> {
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
        change.commit_configuration(tx).await
    }
}

fn first_row(new: NewConnectorRow) -> ConnectorRow {
    ConnectorRow {
        id: new.id,
        slug: new.slug,
        name: new.name,
        provider: new.provider,
        url: new.url,
        auth_header: new.auth_header,
        enabled: true,
        credential_version: 1,
        token_set_at: new.sealed.is_some().then_some(new.created_at),
        sealed: new.sealed,
        token_hint: new.token_hint,
        wire: None,
        status: CHECKING.to_owned(),
        status_code: None,
        status_message: None,
        status_at: None,
        status_since: Some(new.created_at),
        server_name: None,
        server_version: None,
        revision: None,
        instructions: None,
        capabilities: None,
        list_ttl_ms: None,
        normalise: true,
        tools_refreshed_at: None,
        created_by: new.created_by,
        created_at: new.created_at,
        updated_at: new.created_at,
        row_version: 1,
    }
}
