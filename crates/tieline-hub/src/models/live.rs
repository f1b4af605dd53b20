//! The model APIs as they are in force, held in memory: a turn reads only this.

use std::sync::Arc;

use tieline_domain::{ModelId, ModelKind, ModelName, ModelUrl};
use tieline_store::{ModelRow, Store, StoreError};

use super::key::KeyPlace;
use crate::snapshot::StoredCredential;

/// All model APIs at one version of the database.
#[derive(Debug, Default)]
pub(crate) struct LiveModels {
    models: Vec<Arc<LiveModel>>,
}

/// One model API with its sealed key.
#[derive(Debug)]
pub(super) struct LiveModel {
    pub(super) id: ModelId,
    pub(super) name: String,
    pub(super) kind: ModelKind,
    pub(super) base_url: ModelUrl,
    pub(super) model: String,
    pub(super) key: StoredCredential,
    pub(super) place: KeyPlace,
    pub(super) fallback: Option<ModelId>,
    is_default: bool,
}

impl LiveModels {
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let all = store.models_all().await?;
        for broken in &all.broken {
            tracing::error!(model = %broken, "this model API's row cannot be read, so it is left out");
        }
        let models = all.rows.iter().filter_map(LiveModel::from_row);
        Ok(Self {
            models: models.map(Arc::new).collect(),
        })
    }

    pub(super) fn by_id(&self, id: ModelId) -> Option<&Arc<LiveModel>> {
        self.models.iter().find(|model| model.id == id)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<LiveModel>> {
        let wanted = ModelName::fold(name);
        let is_wanted = |model: &&Arc<LiveModel>| ModelName::fold(&model.name) == wanted;
        self.models.iter().find(is_wanted)
    }

    /// The one that is asked when nobody names another. Should its row be unreadable, the oldest of the others.
    pub(super) fn default(&self) -> Option<&Arc<LiveModel>> {
        let chosen = self.models.iter().find(|model| model.is_default);
        chosen.or_else(|| self.models.first())
    }
}

impl LiveModel {
    fn from_row(row: &ModelRow) -> Option<Self> {
        let Ok(base_url) = ModelUrl::parse(&row.base_url) else {
            tracing::error!(model = %row.id, "this model API's row holds an unreadable value, so it is left out");
            return None;
        };
        Some(Self {
            id: row.id,
            name: row.name.clone(),
            kind: row.kind,
            place: KeyPlace::of(row.id, row.kind, &base_url),
            base_url,
            model: row.model.clone(),
            key: StoredCredential::of(row.sealed.as_deref()),
            fallback: row.fallback,
            is_default: row.is_default,
        })
    }
}
