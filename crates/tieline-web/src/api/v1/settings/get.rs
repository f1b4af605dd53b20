//! Shows the settings.

use axum::Json;
use axum::extract::State;

use super::object::SettingsObject;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Shows the settings that are in force
#[utoipa::path(get, path = "/api/v1/settings", tag = "Settings",
    responses((status = 200, description = "The settings.", body = SettingsObject)))]
pub(super) async fn get_settings(
    _admin: ApiAdmin,
    State(state): State<AppState>,
) -> Result<Json<SettingsObject>, Problem> {
    Ok(Json(state.hub.show_settings().await?.into()))
}
