//! `/api/v1/users`: the people who use Tieline.

mod add;
mod list;
mod object;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_users, add::add_user))
        .routes(routes!(update::update_user))
}
