//! Changes a model API, or makes it the default.

use axum::Json;
use axum::extract::State;
use tieline_hub::UpdateModel;
use utoipa::ToSchema;

use super::add::fallback;
use super::object::ModelObject;
use super::path::ModelPath;
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What to change; a field that is absent stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct ModelChange {
    name: Option<String>,
    /// Another server (scheme, host or port) demands the key again.
    base_url: Option<String>,
    model: Option<String>,
    /// A new key; empty removes the stored one.
    key: Option<String>,
    /// The id of the model API that takes over; empty for none.
    fallback: Option<String>,
    /// `true` makes it the default. There is always one, so choose another instead of saying `false`.
    default: Option<bool>,
}

/// Changes a model API, or makes it the default
#[utoipa::path(patch, path = "/api/v1/models/{id}", tag = "Models", request_body = ModelChange,
    params(("id" = String, Path, description = "The model API's id.")),
    responses(
        (status = 200, description = "The model API as it now is.", body = ModelObject),
        (status = 409, description = "Somebody changed it in the meantime (`edit_conflict`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn update_model(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ModelPath(id): ModelPath,
    mut fields: Fields,
) -> Result<Json<ModelObject>, Problem> {
    let mut update = UpdateModel {
        name: fields.changed_text("name", "name_type"),
        base_url: fields.changed_text("base_url", "url_type"),
        model: fields.changed_text("model", "model_type"),
        key: fields.changed_secret("key", "key_type"),
        fallback: None,
        row_version: None,
    };
    update.fallback = match fields.changed_text("fallback", "fallback_type") {
        None => None,
        Some(text) if text.is_empty() => Some(None),
        Some(text) => fallback(&mut fields, &text).map(Some),
    };
    let default = fields.optional_bool("default", "default_type");
    if default == Some(false) {
        let detail = "Make another model API the default instead.".to_owned();
        fields.refuse("default", "default_needed", detail);
    }
    fields.finish()?;
    let changes_row = update.name.is_some()
        || update.base_url.is_some()
        || update.model.is_some()
        || update.key.is_some()
        || update.fallback.is_some();
    if changes_row {
        state.hub.update_model(&admin.actor(), id, update).await?;
    }
    if default == Some(true) {
        state.hub.set_default_model(&admin.actor(), id).await?;
    }
    Ok(Json(state.hub.model(id).await?.into()))
}
