//! All routes under one roof: pages and REST under this server's own name, the gateway with its own checks, and the
//! routes of watchdogs.

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::{HostPolicy, refuse_cross_site, refuse_foreign_host};
use crate::gateway::{self, GatewayState};
use crate::problem::Problem;
use crate::request_id::name_request;
use crate::security_headers::{Https, security_headers};
use crate::state::AppState;
use crate::{api, dashboard};

/// The whole service. Every answer has a request id and the security headers, also an error.
pub fn app(state: AppState, gateway: GatewayState) -> Router {
    let people = refuse_cross_site(api::routes().merge(dashboard::router()), &state.settings);
    let policy = HostPolicy::new(&state.settings);
    let people = people
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(state.clone(), dashboard::show_problems))
        .layer(from_fn_with_state(
            (state.clone(), policy),
            refuse_foreign_host,
        ));
    let routes = people
        .merge(api::watchdog_routes())
        .with_state(state.clone())
        .merge(gateway::router(gateway));
    around(routes, state)
}

/// What every request passes, from the outside: the headers, the id, and the net that catches a panic.
fn around(routes: Router, state: AppState) -> Router {
    let https = Https(state.settings.is_https());
    routes
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(state, name_request))
        .layer(from_fn_with_state(https, security_headers))
}

/// A panic costs the request that caused it, and nothing else. Its message went to the log by the panic hook.
fn answer_panic(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    Problem::panicked().into_response()
}

#[cfg(test)]
mod tests;
