//! Adds a model API.

use std::fmt;

use tieline_domain::{ModelId, ModelKind, Timestamp};

use crate::{Change, Store, StoreError};

/// A model API to be added. Its `Debug` leaves the sealed key out.
#[derive(Clone)]
pub struct NewModelRow {
    /// Its id; the key is sealed for it.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// The name as it is compared.
    pub name_folded: String,
    /// The wire format it speaks.
    pub kind: ModelKind,
    /// Its base URL.
    pub base_url: String,
    /// The model to ask.
    pub model: String,
    /// The model API that takes over when this one fails.
    pub fallback: Option<ModelId>,
    /// Its sealed key.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises the key by.
    pub key_hint: Option<String>,
    /// Who adds it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

impl fmt::Debug for NewModelRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewModelRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("sealed", &self.sealed.is_some())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a model API; the first one becomes the default. A name that is taken is a
    /// [`Conflict`](StoreError::Conflict) over `name`, a fallback that is gone is [`StoreError::NotFound`].
    pub async fn model_insert(&self, new: NewModelRow, change: &Change) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let default = fetch_optional!(tx, (String,), "SELECT id FROM models WHERE is_default")?;
        let at = new.created_at.as_millis();
        execute!(
            tx,
            "INSERT INTO models (id, name, name_folded, kind, base_url, model, is_default, fallback_id, sealed, key_hint,
                 key_set_at, created_by, created_at, updated_at, row_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, 1)",
            new.id.to_string(),
            &new.name,
            &new.name_folded,
            new.kind.as_str(),
            &new.base_url,
            &new.model,
            default.is_none(),
            new.fallback.map(|id| id.to_string()),
            &new.sealed,
            &new.key_hint,
            new.sealed.is_some().then_some(at),
            &new.created_by,
            at,
        )
        .map_err(StoreError::unique("name"))?;
        change.commit_configuration(tx).await
    }
}
