//! `/api/v1/keys`: a person's own access keys.

mod create;
mod list;
pub(super) mod object;
mod revoke;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_keys, create::create_key))
        .routes(routes!(revoke::revoke_key))
}
