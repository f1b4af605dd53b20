//! Starts a session. It waits for no server.

use axum::Json;
use axum::extract::State;
use http::{HeaderName, StatusCode, header};
use utoipa::ToSchema;

use super::caller;
use super::object::SessionObject;
use crate::api::body::Fields;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// A session to start.
#[derive(ToSchema)]
#[schema(as = NewSession)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct NewSession {
    /// The name of a model API, or of any model; the default if absent.
    model: Option<String>,
}

/// Starts a session with the tools of now, which it keeps
#[utoipa::path(post, path = "/api/v1/sessions", tag = "Sessions", request_body = NewSession,
    responses(
        (status = 201, description = "Started.", body = SessionObject,
            headers(("Location" = String, description = "The address of the session."))),
    ))]
pub(super) async fn create_session(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<SessionObject>), Problem> {
    let model = fields.optional_text("model", "model_type");
    fields.finish()?;
    let session = state.agent.create_session(&caller(&person), model).await?;
    let address = format!("/api/v1/sessions/{}", session.id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, address)],
        Json(session.into()),
    ))
}
