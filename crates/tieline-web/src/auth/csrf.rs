//! Refuses changes that another site's page asked a browser to make with our cookie.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::problem::Problem;
use crate::state::WebSettings;

/// Puts the check before every route of `router`: a change has to come from this server's own pages, or from a
/// program that is no browser. Browsers say which in `Sec-Fetch-Site` and `Origin`.
pub(crate) fn refuse_cross_site<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    settings: &WebSettings,
) -> Router<S> {
    let mut layer = CsrfLayer::new();
    if let Some(origin) = settings.public_origin() {
        // Behind a proxy that rewrites `Host`, the public origin is the one that browsers send. A URL that is no
        // origin of the web was refused when the configuration was read; then the stricter check simply stands.
        layer = layer.clone().add_trusted_origin(origin).unwrap_or(layer);
    }
    router.layer(layer.with_rejection_response(refusal))
}

fn refusal(_: ProtectionError) -> Response<Body> {
    Problem::cross_site().into_response()
}
