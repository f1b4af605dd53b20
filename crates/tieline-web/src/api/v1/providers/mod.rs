//! `/api/v1/providers`: the built-in catalogue.

mod connect;
mod disconnect;
mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_providers))
        .routes(routes!(
            connect::connect_provider,
            disconnect::disconnect_provider
        ))
}
