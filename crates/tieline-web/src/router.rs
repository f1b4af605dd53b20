//! All routes under one roof: pages and REST under this server's own name, the gateway with its own checks, and the
//! routes of watchdogs.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tieline_domain::RequestId;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::{HostPolicy, Peer, refuse_cross_site, refuse_foreign_host};
use crate::compression::compress_pages;
use crate::gateway::{self, GatewayState};
use crate::problem::Problem;
use crate::request_id::{RequestIds, name_answer, name_request};
use crate::security_headers::{self, Https, security_headers};
use crate::state::AppState;
use crate::{api, dashboard};

/// The whole service. Every answer has a request id and the security headers, also an error.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    routes: Router,
    gateway: GatewayState,
    around: Around,
}

/// What every request passes, from the outside: the headers, the id, and the net that catches a panic.
#[derive(Clone, Debug)]
struct Around {
    https: Https,
    ids: Arc<RequestIds>,
}

/// Puts the service together.
pub fn app(state: AppState, gateway: GatewayState) -> App {
    let around = Around::new(&state);
    let people = refuse_cross_site(api::routes().merge(dashboard::router()), &state.settings);
    let policy = HostPolicy::new(&state.settings);
    let people = people
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(from_fn_with_state(state.clone(), dashboard::show_problems))
        .layer(from_fn(compress_pages))
        .layer(from_fn_with_state(
            (state.clone(), policy),
            refuse_foreign_host,
        ));
    let routes = people
        .merge(api::watchdog_routes())
        .with_state(state)
        .merge(gateway::router(gateway.clone()));
    App(Arc::new(Parts {
        routes: around.layers(routes),
        gateway,
        around,
    }))
}

impl App {
    /// Whether [`answer_gateway`](Self::answer_gateway) answers this request.
    pub(crate) fn is_for_gateway(request: &Request) -> bool {
        gateway::is_at(request.uri().path())
    }

    /// Answers a request to the gateway. Routing and layers would cost it more than everything that Tieline itself does
    /// for a call, so it takes a short way to the same answer.
    pub(crate) async fn answer_gateway(&self, request: Request) -> Response {
        let gateway = &self.0.gateway;
        let answer = |request, id| gateway::answer(gateway.clone(), request, id);
        self.0.around.answer(request, answer).await
    }

    /// Answers one request, whatever it is for.
    pub async fn answer(&self, mut request: Request, peer: SocketAddr) -> Response {
        if Self::is_for_gateway(&request) {
            return self.answer_gateway(request).await;
        }
        request.extensions_mut().insert(Peer(peer));
        match self.0.routes.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Around {
    fn new(state: &AppState) -> Self {
        Self {
            https: Https(state.settings.is_https()),
            ids: Arc::new(RequestIds::new(state.hub.entropy())),
        }
    }

    fn layers(&self, routes: Router) -> Router {
        routes
            .layer(CatchPanicLayer::custom(answer_panic))
            .layer(from_fn_with_state(self.ids.clone(), name_request))
            .layer(from_fn_with_state(self.https, security_headers))
    }

    /// The same without layers.
    async fn answer<F>(
        &self,
        request: Request,
        answer: impl FnOnce(Request, RequestId) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        let caught = |request, id| {
            let answering = AssertUnwindSafe(answer(request, id)).catch_unwind();
            answering.map(|answered| answered.unwrap_or_else(answer_panic))
        };
        let mut response = name_answer(&self.ids, request, caught).await;
        security_headers::add_to_message(response.headers_mut(), self.https);
        response
    }
}

/// A panic costs the request that caused it, and nothing else. Its message went to the log by the panic hook.
fn answer_panic(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    Problem::panicked().into_response()
}

#[cfg(test)]
mod tests;
