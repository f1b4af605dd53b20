//! Changes a person's name, role or standing. It acts on their next request.

use axum::Json;
use axum::extract::State;
use tieline_domain::UserId;
use tieline_hub::UserChange;
use utoipa::ToSchema;

use super::object::{UserObject, take_role};
use crate::api::body::Fields;
use crate::api::path::ApiPath;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What to change; a field that is absent stays as it is.
#[derive(ToSchema)]
#[schema(as = UserChange)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct UserChangeBody {
    name: Option<String>,
    /// `admin` or `member`.
    role: Option<String>,
    /// Suspends the person: their sign-ins end and their keys stop working.
    disabled: Option<bool>,
}

/// Changes a person
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "People", request_body = UserChangeBody,
    params(("id" = String, Path, description = "The person's id.")),
    responses(
        (status = 200, description = "The person as they now are.", body = UserObject),
        (status = 409, description = "Nobody could administer Tieline afterwards (`last_admin`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn update_user(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
    mut fields: Fields,
) -> Result<Json<UserObject>, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    let change = UserChange {
        name: fields.changed_text("name", "name_type"),
        role: take_role(&mut fields),
        disabled: fields.optional_bool("disabled", "disabled_type"),
    };
    fields.finish()?;
    let user = state.hub.update_user(&admin.actor(), id, change).await?;
    Ok(Json(user.into()))
}
