//! Follows a session from some event on.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use tieline_agent::Follow;

use super::stream::{Standing, answer};
use super::{caller, known};
use crate::api::path::ApiPath;
use crate::api::query::Query;
use crate::auth::ApiMember;
use crate::problem::Problem;
use crate::state::AppState;

/// The header with which browsers resume a stream.
const LAST_EVENT_ID: &str = "last-event-id";

/// Follows a session: the stored events first, then each as it happens, none twice and none left out
///
/// The stream ends when nothing runs in the session any more; with `follow=always` it goes on.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/events", tag = "Sessions",
    params(
        ("id" = String, Path, description = "The session's id."),
        ("after" = Option<u64>, Query, description = "The last event that you have; 0 if absent. `Last-Event-ID` says the same and counts more."),
        ("follow" = Option<String>, Query, description = "`turn` (as if absent) or `always`."),
    ),
    responses((status = 200, description = "The events.", body = String, content_type = "text/event-stream")))]
pub(super) async fn follow_session(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let after = query.parsed::<u64>("after")?.unwrap_or(0);
    let follow = match query.text("follow").as_deref() {
        None | Some("turn") => Follow::UntilIdle,
        Some("always") => Follow::Always,
        Some(_) => {
            let detail = "`follow` is `turn` or `always`.";
            return Err(Problem::bad_query("follow", detail));
        }
    };
    query.finish()?;
    let after = last_event(&headers)?.unwrap_or(after);
    let events = state
        .agent
        .events(&caller(&person), id, after, follow)
        .await?;
    Ok(answer(Standing::of(state, &headers), events))
}

fn last_event(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let id = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    id.map(Some)
        .ok_or_else(|| Problem::bad_query("after", "`Last-Event-ID` is the id of an event."))
}
