//! Edits a model API: its name, address, model, key and fallback.

use serde_json::{Value, json};
use thiserror::Error;
use tieline_domain::{
    AccessToken, Actor, FieldError, ModelId, ModelName, ModelUrl, parse_key, parse_model,
};
use tieline_store::{ModelPatch, ModelRow, StoreError};
use zeroize::Zeroizing;

use super::ModelView;
use super::add::{fallback_gone, name_taken};
use super::key::KeyPlace;
use super::open::OpenModel;
use crate::Hub;

/// What to change; a field that is `None` stays as it is.
#[derive(Default)]
pub struct UpdateModel {
    /// Another name.
    pub name: Option<String>,
    /// Another base URL.
    pub base_url: Option<String>,
    /// Another model to ask.
    pub model: Option<String>,
    /// Another key; empty removes the stored one.
    pub key: Option<Zeroizing<String>>,
    /// Another model API that takes over, or none any more.
    pub fallback: Option<Option<ModelId>>,
    /// The version that the editor saw, to notice that somebody else saved in between.
    pub row_version: Option<i64>,
}

/// Why a change was not made. Nothing was saved.
#[derive(Debug, Error)]
pub enum EditModelError {
    /// Fields that cannot be used as they are.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// The stored key may not follow the model API to another server.
    #[error(
        "The new base URL is another server ({origin}). Enter the key again: the stored one stays with the old server."
    )]
    KeyRequiredForNewOrigin {
        /// The origin of the new base URL.
        origin: String,
    },
    /// Somebody saved in between.
    #[error("Somebody changed this model API in the meantime. Look at their version first.")]
    Stale,
    /// The database could not save it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Parsed {
    name: ModelName,
    base_url: ModelUrl,
    model: String,
    #[expect(
        clippy::option_option,
        reason = "leaving the key, removing it and replacing it are three things"
    )]
    key: Option<Option<AccessToken>>,
}

impl Hub {
    /// Saves the change and its audit row; the next turn uses it.
    pub async fn update_model(
        &self,
        actor: &Actor,
        id: ModelId,
        update: UpdateModel,
    ) -> Result<ModelView, EditModelError> {
        let row = self.row_to_edit(id, &update).await?;
        let parsed = self.parse_model_update(&row, &update)?;
        let patch = self.model_patch(&row, &parsed, &update)?;
        let detail = difference(&row, &parsed, &update, &self.list_models().await?);
        let change = self.change(actor, "model.changed", "model", row.name, &detail);
        let saved = self
            .inner
            .store
            .model_update(id, row.row_version, patch, &change);
        match saved.await {
            Ok(()) => {}
            Err(StoreError::Conflict { what: "name" }) => {
                return Err(EditModelError::Invalid {
                    fields: vec![name_taken(parsed.name.as_str())],
                });
            }
            Err(StoreError::Conflict { .. }) => return Err(EditModelError::Stale),
            // Either the row went away a moment ago, or the fallback is not there.
            Err(StoreError::NotFound) if self.model(id).await.is_ok() => {
                return Err(EditModelError::Invalid {
                    fields: vec![fallback_gone()],
                });
            }
            Err(error) => return Err(error.into()),
        }
        self.after_change().await;
        Ok(self.model(id).await?)
    }

    /// What the model API would be after this change, for a test before it is saved. `None` when the stored key stays
    /// and does not open.
    pub async fn updated_model_to_test(
        &self,
        id: ModelId,
        update: &UpdateModel,
    ) -> Result<Option<OpenModel>, EditModelError> {
        let row = self.row_to_edit(id, update).await?;
        let parsed = self.parse_model_update(&row, update)?;
        self.model_patch(&row, &parsed, update)?;
        let key = match parsed.key {
            Some(key) => key,
            None => match self.open_model_by_id(id) {
                Some(Ok(stored)) => stored.key,
                Some(Err(_)) => return Ok(None),
                None => return Err(StoreError::NotFound.into()),
            },
        };
        Ok(Some(OpenModel {
            id,
            name: parsed.name.as_str().to_owned(),
            kind: row.kind,
            base_url: parsed.base_url,
            model: parsed.model,
            key,
            fallback: None,
        }))
    }

    async fn row_to_edit(
        &self,
        id: ModelId,
        update: &UpdateModel,
    ) -> Result<ModelRow, EditModelError> {
        let row = self.inner.store.model_by_id(id).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        if update
            .row_version
            .is_some_and(|seen| seen != row.row_version)
        {
            return Err(EditModelError::Stale);
        }
        Ok(row)
    }

    fn parse_model_update(
        &self,
        row: &ModelRow,
        update: &UpdateModel,
    ) -> Result<Parsed, EditModelError> {
        let mut fields = Vec::new();
        let name = ModelName::parse(update.name.as_deref().unwrap_or(&row.name))
            .map_err(|error| fields.push(FieldError::new("name", error.code(), &error)));
        let base_url = ModelUrl::parse(update.base_url.as_deref().unwrap_or(&row.base_url))
            .map_err(|error| fields.push(FieldError::new("base_url", error.code(), &error)));
        if let Ok(url) = &base_url {
            fields.extend(self.refused_model_url(url));
        }
        let model = parse_model(update.model.as_deref().unwrap_or(&row.model))
            .map_err(|error| fields.push(FieldError::new("model", error.code(), &error)));
        let key = update.key.as_ref().map(|text| parse_key(text)).transpose();
        let key = key.map_err(|error| fields.push(FieldError::new("key", error.code(), &error)));
        if update.fallback == Some(Some(row.id)) {
            let detail = "A model API cannot take over from itself. Choose another one, or none.";
            fields.push(FieldError::new("fallback", "fallback_self", &detail));
        }
        match (name, base_url, model, key) {
            (Ok(name), Ok(base_url), Ok(model), Ok(key)) if fields.is_empty() => Ok(Parsed {
                name,
                base_url,
                model,
                key,
            }),
            _ => Err(EditModelError::Invalid { fields }),
        }
    }

    /// A stored key is bound to its origin: another one demands it again.
    fn model_patch(
        &self,
        row: &ModelRow,
        parsed: &Parsed,
        update: &UpdateModel,
    ) -> Result<ModelPatch, EditModelError> {
        let old = ModelUrl::parse(&row.base_url).ok();
        let same_origin = old.is_some_and(|old| old.origin() == parsed.base_url.origin());
        if parsed.key.is_none() && row.sealed.is_some() && !same_origin {
            return Err(EditModelError::KeyRequiredForNewOrigin {
                origin: parsed.base_url.origin().to_string(),
            });
        }
        let place = KeyPlace::of(row.id, row.kind, &parsed.base_url);
        let key = parsed.key.as_ref();
        Ok(ModelPatch {
            name: Some((parsed.name.as_str().to_owned(), parsed.name.folded())),
            base_url: Some(parsed.base_url.as_str().to_owned()),
            model: Some(parsed.model.clone()),
            fallback: update.fallback,
            key: key.map(|key| self.model_key(&place, key.as_ref())),
        })
    }
}

/// What changed, before and after. Of a key only that it changed.
fn difference(row: &ModelRow, parsed: &Parsed, update: &UpdateModel, all: &[ModelView]) -> Value {
    let mut detail = json!({});
    for (field, before, after) in [
        ("name", row.name.as_str(), parsed.name.as_str()),
        ("base_url", row.base_url.as_str(), parsed.base_url.as_str()),
        ("model", row.model.as_str(), parsed.model.as_str()),
    ] {
        if before != after {
            detail[field] = json!({ "before": before, "after": after });
        }
    }
    if let Some(fallback) = update.fallback.filter(|fallback| *fallback != row.fallback) {
        let name = |id: Option<ModelId>| {
            let found = all.iter().find(|model| Some(model.id) == id);
            found.map(|model| model.name.as_str())
        };
        detail["fallback"] = json!({ "before": name(row.fallback), "after": name(fallback) });
    }
    if let Some(key) = &parsed.key {
        detail["key_set"] = json!({ "before": row.sealed.is_some(), "after": key.is_some() });
    }
    detail
}
