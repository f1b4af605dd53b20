//! Model APIs: where they are, how to authenticate there, and which one is asked first.

mod delete;
mod insert;
mod list;
mod set_default;
mod update;

pub use insert::NewModelRow;
pub use update::{ModelKeyPatch, ModelPatch};

use std::fmt;

use sqlx::FromRow;
use tieline_domain::{ModelId, ModelKind, Timestamp};

use crate::StoreError;
use crate::read::{parsed, parsed_optional, time};

/// A model API as it is stored. Its `Debug` leaves the sealed key out.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelRow {
    /// Its id.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// The name as it is compared: unique among model APIs.
    pub name_folded: String,
    /// The wire format it speaks.
    pub kind: ModelKind,
    /// Its base URL.
    pub base_url: String,
    /// The model to ask.
    pub model: String,
    /// Whether it is asked when nobody names another. At most one is.
    pub is_default: bool,
    /// The model API that takes over when this one fails.
    pub fallback: Option<ModelId>,
    /// The sealed key.
    pub sealed: Option<Vec<u8>>,
    /// What an admin recognises the key by.
    pub key_hint: Option<String>,
    /// When the key was entered.
    pub key_set_at: Option<Timestamp>,
    /// Who added it.
    pub created_by: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When someone last changed it.
    pub updated_at: Timestamp,
    /// Grows with each change that someone makes.
    pub row_version: i64,
}

impl fmt::Debug for ModelRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("is_default", &self.is_default)
            .field("sealed", &self.sealed.is_some())
            .field("row_version", &self.row_version)
            .finish_non_exhaustive()
    }
}

/// The columns in the order of [`Columns`], `id` first.
macro_rules! columns {
    () => {
        "id, name, name_folded, kind, base_url, model, is_default, fallback_id, sealed, key_hint, key_set_at,
         created_by, created_at, updated_at, row_version"
    };
}
use columns;

/// A row before its values are checked.
#[derive(FromRow)]
struct Columns {
    id: String,
    name: String,
    name_folded: String,
    kind: String,
    base_url: String,
    model: String,
    is_default: bool,
    fallback_id: Option<String>,
    sealed: Option<Vec<u8>>,
    key_hint: Option<String>,
    key_set_at: Option<i64>,
    created_by: String,
    created_at: i64,
    updated_at: i64,
    row_version: i64,
}

impl TryFrom<Columns> for ModelRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("models.id", &row.id)?,
            name: row.name,
            name_folded: row.name_folded,
            kind: parsed("models.kind", &row.kind)?,
            base_url: row.base_url,
            model: row.model,
            is_default: row.is_default,
            fallback: parsed_optional("models.fallback_id", row.fallback_id.as_deref())?,
            sealed: row.sealed,
            key_hint: row.key_hint,
            key_set_at: row.key_set_at.map(time),
            created_by: row.created_by,
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
            row_version: row.row_version,
        })
    }
}
