//! Where a person is signed in, for admins.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use tieline_domain::{Timestamp, UserId};
use tieline_hub::SignInView;
use utoipa::ToSchema;

use crate::api::path::ApiPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// A browser that is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignIn)]
pub(super) struct SignInObject {
    /// What it is ended by. It does not suffice to be signed in.
    id: String,
    /// What the browser calls itself.
    user_agent: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
}

impl From<SignInView> for SignInObject {
    fn from(view: SignInView) -> Self {
        Self {
            id: view.id,
            user_agent: view.user_agent,
            created_at: view.created_at,
            last_seen_at: view.last_seen_at,
        }
    }
}

/// Lists where a person is signed in, the latest first
#[utoipa::path(get, path = "/api/v1/users/{id}/sign_ins", tag = "People",
    params(("id" = String, Path, description = "The person's id.")),
    responses((status = 200, description = "Their browsers.", body = Vec<SignInObject>)))]
pub(super) async fn list_sign_ins(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<Vec<SignInObject>>, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    let user = state.hub.user(id).await?;
    let found = state.hub.list_sign_ins(user.id, None).await?;
    Ok(Json(found.into_iter().map(SignInObject::from).collect()))
}

/// Signs a person out everywhere
#[utoipa::path(delete, path = "/api/v1/users/{id}/sign_ins", tag = "People",
    params(("id" = String, Path, description = "The person's id.")),
    responses((status = 204, description = "Signed out.")))]
pub(super) async fn sign_out_everywhere(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    state.hub.sign_out_everywhere(&admin.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs a person out of one browser
#[utoipa::path(delete, path = "/api/v1/users/{id}/sign_ins/{sign_in_id}", tag = "People",
    params(
        ("id" = String, Path, description = "The person's id."),
        ("sign_in_id" = String, Path, description = "The sign-in's id."),
    ),
    responses((status = 204, description = "Signed out.")))]
pub(super) async fn end_sign_in(
    admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath((id, sign_in)): ApiPath<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    state.hub.end_sign_in(&admin.actor(), id, &sign_in).await?;
    Ok(StatusCode::NO_CONTENT)
}
