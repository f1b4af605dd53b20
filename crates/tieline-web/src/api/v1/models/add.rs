//! Adds a model API. It is saved without asking it anything; `…/test` does that.

use axum::extract::State;
use tieline_domain::{ModelDraft, ModelId};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::object::{Added, ModelObject};
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// A model API to add.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct NewModel {
    /// What people call it: 1 to 60 characters, unique in any letter case.
    name: String,
    /// The wire format: `anthropic` or `openai`.
    kind: String,
    /// What comes before `/v1/messages` or `/chat/completions`; the maker's own address if absent.
    base_url: Option<String>,
    /// The model to ask; needed with a base URL of your own.
    model: Option<String>,
    /// The key. A server of your own may need none.
    key: Option<String>,
    /// The id of the model API that takes over when this one fails.
    fallback: Option<String>,
}

/// Adds a model API; the first one is the default
#[utoipa::path(post, path = "/api/v1/models", tag = "Models", request_body = NewModel,
    responses((status = 201, description = "Saved, and not asked yet.", body = ModelObject,
        headers(("Location" = String, description = "The address of the model API.")))))]
pub(super) async fn add_model(
    admin: ApiAdmin,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<Added, Problem> {
    let mut draft = ModelDraft {
        name: fields.text("name", "name_type"),
        kind: fields.text("kind", "kind_type"),
        base_url: fields
            .optional_text("base_url", "url_type")
            .unwrap_or_default(),
        model: fields
            .optional_text("model", "model_type")
            .unwrap_or_default(),
        key: fields
            .optional_secret("key", "key_type")
            .unwrap_or_else(|| Zeroizing::new(String::new())),
        fallback: None,
    };
    if let Some(id) = fields.optional_text("fallback", "fallback_type") {
        draft.fallback = fallback(&mut fields, &id);
    }
    fields.finish()?;
    let new = draft.parse().map_err(Problem::invalid)?;
    let added = state.hub.add_model(&admin.actor(), new).await?;
    Ok(Added(added.into()))
}

/// The id of a fallback, or a mistake in that field.
pub(super) fn fallback(fields: &mut Fields, id: &str) -> Option<ModelId> {
    let id = ModelId::parse(id);
    if let Err(error) = &id {
        fields.refuse("fallback", "fallback_unknown", error.to_string());
    }
    id.ok()
}
