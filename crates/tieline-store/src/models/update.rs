//! Changes what an admin may change of a model API.

use std::fmt;

use tieline_domain::{ModelId, Timestamp};

use super::{ModelRow, list};
use crate::dialect::Tx;
use crate::read::millis;
use crate::{Change, Store, StoreError};

/// What to change; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct ModelPatch {
    /// Another name, and how it is compared.
    pub name: Option<(String, String)>,
    /// Another base URL.
    pub base_url: Option<String>,
    /// Another model to ask.
    pub model: Option<String>,
    /// Another model API that takes over, or none any more.
    pub fallback: Option<Option<ModelId>>,
    /// Another key, or none any more.
    pub key: Option<ModelKeyPatch>,
}

/// A sealed key to be stored in place of the one before; all empty to have none.
#[derive(Clone, Default)]
pub struct ModelKeyPatch {
    /// What only the key ring can open.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises it by.
    pub key_hint: Option<String>,
    /// When it was entered.
    pub key_set_at: Option<Timestamp>,
}

impl fmt::Debug for ModelKeyPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelKeyPatch")
            .field("sealed", &self.sealed.is_some())
            .field("key_set_at", &self.key_set_at)
            .finish_non_exhaustive()
    }
}

impl ModelPatch {
    fn apply(self, row: &mut ModelRow) {
        if let Some((name, folded)) = self.name {
            (row.name, row.name_folded) = (name, folded);
        }
        if let Some(base_url) = self.base_url {
            row.base_url = base_url;
        }
        if let Some(model) = self.model {
            row.model = model;
        }
        if let Some(fallback) = self.fallback {
            row.fallback = fallback;
        }
        if let Some(key) = self.key {
            row.sealed = key.sealed;
            row.key_hint = key.key_hint;
            row.key_set_at = key.key_set_at;
        }
    }
}

impl Store {
    /// Changes a model API that is still the one that was read: a [`Conflict`](StoreError::Conflict) over
    /// `row_version` if that is another by now, and one over `name` if the new name is taken.
    pub async fn model_update(
        &self,
        id: ModelId,
        expected_row_version: i64,
        patch: ModelPatch,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        let mut row = list::in_transaction(&mut tx, id).await?;
        if row.row_version != expected_row_version {
            return Err(StoreError::Conflict {
                what: "row_version",
            });
        }
        let loses_secret = patch.key.is_some() && row.sealed.is_some();
        patch.apply(&mut row);
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
}

async fn write(tx: &mut Tx, row: &ModelRow, at: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE models
         SET name = $2, name_folded = $3, base_url = $4, model = $5, fallback_id = $6, sealed = $7, key_hint = $8,
             key_set_at = $9, updated_at = $10, row_version = row_version + 1
         WHERE id = $1",
        row.id.to_string(),
        &row.name,
        &row.name_folded,
        &row.base_url,
        &row.model,
        row.fallback.map(|id| id.to_string()),
        &row.sealed,
        &row.key_hint,
        millis(row.key_set_at),
        at.as_millis(),
    )
    .map_err(StoreError::unique("name"))?;
    Ok(())
}
