//! The model APIs as pages, REST and the command line show them. No secret is among it, sealed or open.

use tieline_domain::{ModelId, ModelKind, ModelName, Timestamp};
use tieline_store::{ModelRow, StoreError};

use crate::Hub;

/// A model API with everything that may be shown about it.
#[derive(Clone, Debug)]
pub struct ModelView {
    /// Its id.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// The wire format it speaks.
    pub kind: ModelKind,
    /// Its base URL.
    pub base_url: String,
    /// The model to ask.
    pub model: String,
    /// Whether it is asked when nobody names another.
    pub is_default: bool,
    /// The model API that takes over when this one fails.
    pub fallback: Option<ModelId>,
    /// That one's name.
    pub fallback_name: Option<String>,
    /// Whether a key is stored.
    pub key_set: bool,
    /// The last four characters of the key, when it is long enough to show that.
    pub key_hint: Option<String>,
    /// When the key was stored.
    pub key_set_at: Option<Timestamp>,
    /// Who added it.
    pub created_by: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When an admin last changed it.
    pub updated_at: Timestamp,
    /// Grows with each change by an admin; an edit form sends back the one it began with.
    pub row_version: i64,
}

impl Hub {
    /// All model APIs, in the order in which they were added.
    pub async fn list_models(&self) -> Result<Vec<ModelView>, StoreError> {
        let rows = self.inner.store.models_all().await?.rows;
        let name_of = |id: ModelId| {
            let found = rows.iter().find(|row| row.id == id);
            found.map(|row| row.name.clone())
        };
        let view = |row: &ModelRow| ModelView {
            fallback_name: row.fallback.and_then(name_of),
            ..ModelView::from(row.clone())
        };
        Ok(rows.iter().map(view).collect())
    }

    /// One model API; [`StoreError::NotFound`] when there is none with this id.
    pub async fn model(&self, id: ModelId) -> Result<ModelView, StoreError> {
        let all = self.list_models().await?;
        let found = all.into_iter().find(|model| model.id == id);
        found.ok_or(StoreError::NotFound)
    }

    /// The model API with this name, in any letter case; [`StoreError::NotFound`] when there is none.
    pub async fn model_by_name(&self, name: &str) -> Result<ModelView, StoreError> {
        let wanted = ModelName::fold(name);
        let all = self.list_models().await?;
        let found = all
            .into_iter()
            .find(|model| ModelName::fold(&model.name) == wanted);
        found.ok_or(StoreError::NotFound)
    }
}

impl From<ModelRow> for ModelView {
    fn from(row: ModelRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            base_url: row.base_url,
            model: row.model,
            is_default: row.is_default,
            fallback: row.fallback,
            fallback_name: None,
            key_set: row.sealed.is_some(),
            key_hint: row.key_hint,
            key_set_at: row.key_set_at,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            row_version: row.row_version,
        }
    }
}
