//! Version 1 of REST.

mod audit;
mod calls;
mod catalog;
mod connectors;
mod keys;
mod models;
mod providers;
mod sessions;
mod settings;
mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

/// What only admins may do.
pub(super) fn admin_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .merge(connectors::routes())
        .merge(models::routes())
        .merge(providers::routes())
        .merge(settings::routes())
        .merge(users::routes())
        .routes(routes!(calls::list_calls))
        .routes(routes!(calls::get_call))
        .routes(routes!(audit::list_audit))
}

/// What everybody may do, about themselves.
pub(super) fn member_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .merge(keys::routes())
        .merge(sessions::routes())
        .routes(routes!(catalog::get_catalog))
}
