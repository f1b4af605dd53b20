//! A model API as REST shows it. It holds nothing of the key but whether there is one.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tieline_domain::{ModelId, ModelKind, Timestamp};
use tieline_hub::ModelView;
use utoipa::ToSchema;

/// A model API of the built-in agent.
#[derive(Serialize, ToSchema)]
#[schema(as = Model)]
pub(super) struct ModelObject {
    #[schema(value_type = String, format = "uuid")]
    id: ModelId,
    name: String,
    /// The wire format: `anthropic` or `openai`.
    #[schema(value_type = String)]
    kind: ModelKind,
    base_url: String,
    /// The model that is asked.
    model: String,
    /// Whether it is asked when nobody names another.
    default: bool,
    /// The id of the model API that takes over when this one fails.
    #[schema(value_type = Option<String>, format = "uuid")]
    fallback: Option<ModelId>,
    /// Whether a key is stored. The key itself is never shown again.
    key_set: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<ModelView> for ModelObject {
    fn from(view: ModelView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            kind: view.kind,
            base_url: view.base_url,
            model: view.model,
            default: view.is_default,
            fallback: view.fallback,
            key_set: view.key_set,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

/// The answer to a new model API.
pub(super) struct Added(pub(super) ModelObject);

impl IntoResponse for Added {
    fn into_response(self) -> Response {
        let location = format!("/api/v1/models/{}", self.0.id);
        let location = HeaderValue::from_str(&location).expect("an id is ASCII");
        (
            StatusCode::CREATED,
            [(header::LOCATION, location)],
            Json(self.0),
        )
            .into_response()
    }
}
