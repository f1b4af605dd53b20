//! `/api/v1/settings`: what an admin sets while Tieline runs.

mod get;
mod object;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(get::get_settings, update::update_settings))
}
