//! Lists the frozen tools of a session.

use axum::Json;
use axum::extract::State;

use super::object::ToolObject;
use super::{caller, known};
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// Lists the tools of a session: those that it began with
#[utoipa::path(get, path = "/api/v1/sessions/{id}/tools", tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 200, description = "Its tools.", body = Vec<ToolObject>)))]
pub(super) async fn list_session_tools(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<Vec<ToolObject>>, Problem> {
    let tools = state.agent.tools(&caller(&person), known(&id)?).await?;
    Ok(Json(tools.into_iter().map(ToolObject::from).collect()))
}
