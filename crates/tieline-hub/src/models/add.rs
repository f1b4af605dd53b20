//! An admin adds a model API. The first one is the default.

use serde_json::json;
use thiserror::Error;
use tieline_domain::{Actor, FieldError, ModelId, ModelUrl, NewModel};
use tieline_mcp::DialPolicy;
use tieline_store::{NewModelRow, StoreError};

use super::ModelView;
use super::key::KeyPlace;
use crate::Hub;

/// Why a model API could not be added. Nothing was saved.
#[derive(Debug, Error)]
pub enum AddModelError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The database could not save it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Adds a model API with its key sealed. The next turn can use it.
    pub async fn add_model(
        &self,
        actor: &Actor,
        new: NewModel,
    ) -> Result<ModelView, AddModelError> {
        if let Some(field) = self.refused_model_url(&new.base_url) {
            return Err(AddModelError::Invalid {
                fields: vec![field],
            });
        }
        let id = ModelId::generate(self.clock(), self.entropy());
        let place = KeyPlace::of(id, new.kind, &new.base_url);
        let key = self.model_key(&place, new.key.as_ref());
        let row = NewModelRow {
            id,
            name: new.name.as_str().to_owned(),
            name_folded: new.name.folded(),
            kind: new.kind,
            base_url: new.base_url.as_str().to_owned(),
            model: new.model.clone(),
            fallback: new.fallback,
            sealed: key.sealed,
            key_hint: key.key_hint,
            created_by: actor.to_string(),
            created_at: self.clock().now(),
        };
        let detail = json!({
            "kind": new.kind, "base_url": new.base_url.as_str(), "model": new.model, "key_set": new.key.is_some(),
        });
        let change = self.change(actor, "model.added", "model", new.name.as_str(), &detail);
        match self.inner.store.model_insert(row, &change).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => {
                return Err(AddModelError::Invalid {
                    fields: vec![name_taken(new.name.as_str())],
                });
            }
            // The only row that an insert refers to is the fallback's.
            Err(StoreError::NotFound) => {
                return Err(AddModelError::Invalid {
                    fields: vec![fallback_gone()],
                });
            }
            Err(error) => return Err(error.into()),
        }
        self.after_change().await;
        Ok(self.model(id).await?)
    }

    /// What would keep this from being added, so that a test is not run in vain. The database decides races.
    pub async fn refused_model(&self, new: &NewModel) -> Result<Option<FieldError>, StoreError> {
        if let Some(refused) = self.refused_model_url(&new.base_url) {
            return Ok(Some(refused));
        }
        match self.model_by_name(new.name.as_str()).await {
            Ok(_) => Ok(Some(name_taken(new.name.as_str()))),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Addresses that no model API may have. A model that runs on this machine is a main use, so loopback is allowed
    /// whatever the policy for connectors says; metadata services, link-local addresses and Tieline itself never are.
    pub(super) fn refused_model_url(&self, url: &ModelUrl) -> Option<FieldError> {
        let policy = DialPolicy {
            allow_loopback: true,
            ..self.snapshot().network().mcp.policy().clone()
        };
        let refused = policy.check_url(&url.as_connector_url().to_url()).err()?;
        Some(FieldError::new("base_url", "address_refused", &refused))
    }
}

pub(super) fn name_taken(name: &str) -> FieldError {
    let detail = format!("Another model API is called “{name}”. Choose another name.");
    FieldError::new("name", "name_taken", &detail)
}

pub(super) fn fallback_gone() -> FieldError {
    let detail = "There is no such model API. Choose another one, or none.";
    FieldError::new("fallback", "fallback_unknown", &detail)
}
