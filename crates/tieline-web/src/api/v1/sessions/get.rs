//! Shows a session.

use axum::Json;
use axum::extract::State;

use super::object::SessionObject;
use super::{caller, known};
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Shows a session, with what changed about its tools since it began
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 200, description = "The session.", body = SessionObject)))]
pub(super) async fn get_session(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<SessionObject>, Problem> {
    let session = state.agent.session(&caller(&person), known(&id)?).await?;
    Ok(Json(session.into()))
}
