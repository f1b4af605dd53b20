//! Whether the process lives, and whether it can serve. No details: anyone may ask.

use axum::extract::State;
use http::StatusCode;

use crate::state::AppState;

/// `GET /healthz`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, too.
pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.hub.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}
