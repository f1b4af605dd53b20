//! `POST /settings/models/{id}/default`: the model API that is asked when nobody names another.

use axum::extract::{Path, State};
use axum::response::Response;

use super::page::known;
use crate::auth::Admin;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// Makes it the default.
pub(crate) async fn make_default(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    state.hub.set_default_model(&admin.actor(), id).await?;
    Ok(go("/settings/models?done=model_default"))
}
