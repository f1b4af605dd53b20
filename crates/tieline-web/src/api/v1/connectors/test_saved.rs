//! Tests a saved connector with its stored token, and brings its status up to date.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::test::{ReportObject, run};
use crate::api::path::SlugPath;
use crate::auth::ApiAdmin;
use crate::problem::Problem;
use crate::state::AppState;

/// Tests a saved connector with its stored token
///
/// With `Accept: text/event-stream` each step arrives as an event `step` when it ends, and the whole as an event
/// `result`.
#[utoipa::path(post, path = "/api/v1/connectors/{slug}/test", tag = "Connectors",
    params(("slug" = String, Path, description = "The connector's key.")),
    responses((status = 200, description = "What the test found, also when it failed.", body = ReportObject)))]
pub(super) async fn test_saved_connector(
    _admin: ApiAdmin,
    State(state): State<AppState>,
    SlugPath(slug): SlugPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    run(&headers, move |steps| {
        Box::pin(async move {
            state
                .hub
                .test_connector(&slug, &mut |step| steps.tell(step))
                .await
        })
    })
    .await
}
