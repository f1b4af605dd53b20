//! Lists a person's own sessions.

use axum::Json;
use axum::extract::State;

use super::caller;
use super::object::SummaryObject;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists your sessions, the latest first
#[utoipa::path(get, path = "/api/v1/sessions", tag = "Sessions",
    responses((status = 200, description = "Your sessions.", body = Vec<SummaryObject>)))]
pub(super) async fn list_sessions(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
) -> Result<Json<Vec<SummaryObject>>, Problem> {
    let sessions = state.agent.sessions(&caller(&person)).await?;
    Ok(Json(
        sessions.into_iter().map(SummaryObject::from).collect(),
    ))
}
