//! The agent asks for a model API: which one, where, and with which key. From memory, without the database.

use thiserror::Error;
use tieline_domain::{
    AccessToken, ModelError, ModelId, ModelKind, ModelUrl, NewModel, parse_model,
};

use super::live::LiveModel;
use crate::Hub;
use crate::snapshot::StoredCredential;

/// A model API with its key open, for one turn. The key is wiped when this is dropped; `Debug` redacts it.
#[derive(Debug, Clone)]
pub struct OpenModel {
    /// Its id.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// The wire format it speaks.
    pub kind: ModelKind,
    /// Its base URL.
    pub base_url: ModelUrl,
    /// The model to ask.
    pub model: String,
    /// The key, if it has one.
    pub key: Option<AccessToken>,
    /// The model API that takes over when this one fails. It has no fallback of its own, so there is no circle.
    pub fallback: Option<Box<OpenModel>>,
}

/// Why there is no model API to ask.
#[derive(Debug, Error)]
pub enum OpenModelError {
    /// Nobody has set one up.
    #[error(
        "The agent is not set up yet: it has no model API. {}",
        who_can_help(admins)
    )]
    NotConfigured {
        /// The names of the active admins.
        admins: Vec<String>,
    },
    /// Its key does not open.
    #[error(
        "The stored key of the model API “{name}” cannot be read. An admin can enter it again in Settings, Models."
    )]
    Unreadable {
        /// Its name.
        name: String,
    },
    /// The text names no model API, and cannot be the name of a model either.
    #[error("This cannot be the name of a model. {error}")]
    BadModel {
        /// What is wrong with it.
        error: ModelError,
    },
}

impl OpenModelError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured { .. } => "model_not_configured",
            Self::Unreadable { .. } => "secret_unreadable",
            Self::BadModel { error } => error.code(),
        }
    }
}

fn who_can_help(admins: &[String]) -> String {
    match admins {
        [] => "An admin can add one in Settings, Models.".to_owned(),
        [admin] => format!("Ask {admin} to add one in Settings, Models."),
        [admins @ .., last] => format!(
            "Ask {} or {last} to add one in Settings, Models.",
            admins.join(", ")
        ),
    }
}

impl Hub {
    /// The model API that a turn asks. `wanted` is the name of a model API, or of any model, which the default model
    /// API is then asked for, also when nobody here has heard of it; without it, the default is asked.
    pub fn open_model(&self, wanted: Option<&str>) -> Result<OpenModel, OpenModelError> {
        let snapshot = self.inner.snapshot.load();
        let models = snapshot.models();
        let wanted = wanted.map(str::trim).filter(|wanted| !wanted.is_empty());
        if let Some(named) = wanted.and_then(|name| models.by_name(name)) {
            return self.open_with_fallback(named);
        }
        let model = wanted.map(parse_model).transpose();
        let model = model.map_err(|error| OpenModelError::BadModel { error })?;
        let default = models
            .default()
            .ok_or_else(|| OpenModelError::NotConfigured {
                admins: snapshot.admins().to_vec(),
            })?;
        let mut open = self.open_with_fallback(default)?;
        if let Some(model) = model {
            open.model = model;
        }
        Ok(open)
    }

    /// One model API by its id, with its key open: for the test of what is saved.
    pub fn open_model_by_id(&self, id: ModelId) -> Option<Result<OpenModel, OpenModelError>> {
        let snapshot = self.inner.snapshot.load();
        let found = snapshot.models().by_id(id)?;
        Some(self.open_one(found))
    }

    /// A model API that is not saved yet, for the test of what somebody typed.
    pub fn model_to_test(&self, new: &NewModel) -> OpenModel {
        OpenModel {
            id: ModelId::generate(self.clock(), self.entropy()),
            name: new.name.as_str().to_owned(),
            kind: new.kind,
            base_url: new.base_url.clone(),
            model: new.model.clone(),
            key: new.key.clone(),
            fallback: None,
        }
    }

    fn open_with_fallback(&self, live: &LiveModel) -> Result<OpenModel, OpenModelError> {
        let mut open = self.open_one(live)?;
        let snapshot = self.inner.snapshot.load();
        let fallback = live.fallback.filter(|id| *id != live.id);
        if let Some(fallback) = fallback.and_then(|id| snapshot.models().by_id(id)) {
            match self.open_one(fallback) {
                Ok(fallback) => open.fallback = Some(Box::new(fallback)),
                Err(error) => {
                    tracing::warn!(model = %fallback.id, %error, "the fallback of a model API cannot be used");
                }
            }
        }
        Ok(open)
    }

    fn open_one(&self, live: &LiveModel) -> Result<OpenModel, OpenModelError> {
        let unreadable = || OpenModelError::Unreadable {
            name: live.name.clone(),
        };
        let key = match &live.key {
            StoredCredential::None => None,
            StoredCredential::Damaged => return Err(unreadable()),
            StoredCredential::Sealed(sealed) => {
                let key = self.open_model_key(&live.place, sealed);
                Some(key.ok_or_else(unreadable)?)
            }
        };
        Ok(OpenModel {
            id: live.id,
            name: live.name.clone(),
            kind: live.kind,
            base_url: live.base_url.clone(),
            model: live.model.clone(),
            key,
            fallback: None,
        })
    }
}
