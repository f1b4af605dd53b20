//! Tells who and what is affected when a person is suspended or gets another role.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tieline_domain::UserId;
use tieline_hub::UserUsage;
use utoipa::ToSchema;

use crate::api::path::ApiPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// What a person has and does.
#[derive(Serialize, ToSchema)]
#[schema(as = UserUsage)]
pub(super) struct UsageObject {
    /// Turns of the built-in agent that run or wait now.
    turns: u64,
    /// Access keys that work.
    keys: u64,
    /// Browsers that are signed in.
    sign_ins: u64,
    /// Calls in the last 7 days.
    calls_7_days: u64,
    /// How many connectors those went to.
    connectors_7_days: u64,
}

impl From<UserUsage> for UsageObject {
    fn from(usage: UserUsage) -> Self {
        Self {
            turns: usage.turns,
            keys: usage.keys,
            sign_ins: usage.sign_ins,
            calls_7_days: usage.calls,
            connectors_7_days: usage.connectors,
        }
    }
}

/// Tells what a person has and does, before they are suspended or get another role
#[utoipa::path(get, path = "/api/v1/users/{id}/usage", tag = "People",
    params(("id" = String, Path, description = "The person's id.")),
    responses((status = 200, description = "What is affected.", body = UsageObject)))]
pub(super) async fn get_user_usage(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<UsageObject>, Problem> {
    let id = UserId::parse(&id).map_err(|_| Problem::not_found())?;
    Ok(Json(state.hub.user_usage(id).await?.into()))
}
