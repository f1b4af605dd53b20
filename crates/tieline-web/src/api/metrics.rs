//! `GET /metrics`: the numbers for Prometheus, for those who may read them.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

use crate::auth::Peer;
use crate::problem::Problem;
use crate::state::{AppState, MetricsExposure};

pub(super) async fn metrics(
    State(state): State<AppState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    let allowed = match state.settings.metrics {
        MetricsExposure::Off => false,
        MetricsExposure::SameMachine => is_same_machine(peer.map(|peer| peer.0), &headers),
        MetricsExposure::Anyone => true,
    };
    if !allowed {
        return Problem::not_found().into_response();
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}

/// A proxy on this machine connects from loopback as well, but it brings requests from elsewhere and says so.
fn is_same_machine(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    let forwarded = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "via",
    ];
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !forwarded.iter().any(|name| headers.contains_key(*name))
}
