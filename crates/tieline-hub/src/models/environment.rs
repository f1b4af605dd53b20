//! Keys of model APIs that were found in the environment are added once, so that a first start can do without a form.

use tieline_domain::{Actor, ModelDraft, ModelKind};
use tieline_store::StoreError;
use zeroize::Zeroizing;

use super::AddModelError;
use crate::Hub;

/// A key in the environment.
pub struct ModelKeyFound {
    /// The variable that holds it.
    pub variable: &'static str,
    /// Whose key it is.
    pub kind: ModelKind,
    /// The key.
    pub key: Zeroizing<String>,
}

impl Hub {
    /// Adds the makers' model APIs for the keys that were found, if there is no model API yet. Each variable is looked
    /// at once in the life of a database: what an admin removed does not come back with the next start.
    pub async fn adopt_model_keys(&self, found: Vec<ModelKeyFound>) -> Result<(), StoreError> {
        let is_first = self.list_models().await?.is_empty();
        for found in found {
            let seen = format!("model_key_seen:{}", found.variable);
            if self.inner.store.meta_get(&seen).await?.is_some() {
                continue;
            }
            if is_first {
                self.adopt(&found).await?;
            }
            self.inner.store.meta_set(&seen, &[1]).await?;
        }
        Ok(())
    }

    async fn adopt(&self, found: &ModelKeyFound) -> Result<(), StoreError> {
        let draft = ModelDraft {
            name: maker(found.kind).to_owned(),
            kind: found.kind.to_string(),
            key: found.key.clone(),
            ..ModelDraft::default()
        };
        let added = match draft.parse() {
            Ok(new) => self.add_model(&Actor::System, new).await,
            Err(fields) => Err(AddModelError::Invalid { fields }),
        };
        match added {
            Ok(added) => tracing::info!(
                variable = found.variable,
                model_api = added.name,
                model = added.model,
                "added the model API whose key is in the environment"
            ),
            Err(AddModelError::Invalid { fields }) => {
                let reasons: Vec<_> = fields.iter().map(|field| field.detail.as_str()).collect();
                tracing::warn!(
                    variable = found.variable,
                    reason = reasons.join(" "),
                    "the key in the environment was not used"
                );
            }
            Err(AddModelError::Store(error)) => return Err(error),
        }
        Ok(())
    }
}

fn maker(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Anthropic => "Anthropic",
        ModelKind::OpenAi => "OpenAI",
    }
}
