//! REST: `/api/v1`, its description in `OpenAPI`, and the routes for machines that watch this one.
//!
//! To add an operation: a file named by its verb, registered beside its neighbours with `routes!`, so that route and
//! description cannot drift apart. A handler names whom it serves in its signature ([`ApiMember`], [`ApiAdmin`]).
//!
//! [`ApiMember`]: crate::auth::ApiMember
//! [`ApiAdmin`]: crate::auth::ApiAdmin

mod body;
mod docs;
mod health;
mod metrics;
mod openapi;
mod path;
mod query;
mod v1;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

pub use openapi::openapi;

use crate::state::AppState;

/// No form of ours comes near this.
const BODY_LIMIT: usize = 1024 * 1024;

/// The routes of people and programs: they are only served under this server's own host name.
pub(crate) fn routes() -> Router<AppState> {
    let (router, _) = openapi::described().split_for_parts();
    router
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(docs::page))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// The routes of watchdogs, which call by whatever name or address they know.
pub(crate) fn watchdog_routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
}
