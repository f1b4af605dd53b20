//! Gives a session another title.

use axum::Json;
use axum::extract::State;
use utoipa::ToSchema;

use super::object::SessionObject;
use super::{caller, known};
use crate::api::body::Fields;
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// What to change.
#[derive(ToSchema)]
#[schema(as = SessionChange)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct SessionChange {
    title: Option<String>,
}

/// Renames a session
#[utoipa::path(patch, path = "/api/v1/sessions/{id}", tag = "Sessions", request_body = SessionChange,
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 200, description = "The session as it now is.", body = SessionObject)))]
pub(super) async fn update_session(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
    mut fields: Fields,
) -> Result<Json<SessionObject>, Problem> {
    let (id, caller) = (known(&id)?, caller(&person));
    let title = fields.changed_text("title", "title_type");
    fields.finish()?;
    if let Some(title) = title {
        state.agent.rename(&caller, id, &title).await?;
    }
    Ok(Json(state.agent.session(&caller, id).await?.into()))
}
