//! How a view becomes an answer, and how a problem becomes a page instead of JSON when a browser asked.

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use tieline_domain::RequestId;

use super::asked::Asked;
use super::shell::{Frame, Section};
use super::sign_in::view::Bare;
use super::trouble::view::{Trouble, TroubleInside, TroubleOutside};
use crate::auth::cookie_value;
use crate::problem::Problem;
use crate::state::AppState;

/// A page with status 200.
pub(crate) fn page(view: &impl Template) -> Response {
    match view.render() {
        Ok(html) => Html(html).into_response(),
        // Templates hold prepared values only; writing them to a string does not fail.
        Err(_) => Problem::panicked().into_response(),
    }
}

/// A page with the status of what went wrong, such as a form that needs another look.
pub(crate) fn page_about(problem: impl Into<Problem>, view: &impl Template) -> Response {
    let mut response = page(view);
    *response.status_mut() = problem.into().status();
    response
}

/// Sends the browser on after a change, so that a reload does not repeat it.
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Whether a page is wanted, or a stream or JSON by a script.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Whether a script wants a stream of events.
pub(crate) fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// The middleware that shows problems as pages to browsers; everything else keeps its JSON.
pub(crate) async fn show_problems(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let browser = wants_page(&parts.headers) && !parts.uri.path().starts_with("/api/");
    if !browser {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(asked) = <Asked as axum::extract::FromRequestParts<AppState>>::from_request_parts(
        &mut parts, &state,
    )
    .await;
    let cookie = cookie_value(&parts.headers, &state.settings).map(str::to_owned);
    let path = parts.uri.path().to_owned();
    let id = parts.extensions.get::<RequestId>().copied();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    if let Some(id) = id {
        problem.log(id);
    }
    let trouble = describe(&state, &problem, &path, id).await;
    let who = match cookie {
        Some(cookie) => state.hub.signed_in(&cookie).await.ok().flatten(),
        None => None,
    };
    let mut shown = match who {
        Some(who) => page(&TroubleInside {
            shell: asked.shell(&state, &who, Section::Elsewhere).await,
            trouble,
        }),
        None => page(&TroubleOutside {
            shell: Bare { frame: asked.frame },
            trouble,
        }),
    };
    *shown.status_mut() = problem.status();
    if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
        shown
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.clone());
    }
    shown
}

async fn describe(
    state: &AppState,
    problem: &Problem,
    path: &str,
    id: Option<RequestId>,
) -> Trouble {
    let request = id.map(|id| id.to_string()).unwrap_or_default();
    match problem.code() {
        "admins_only" => {
            let admins = state.hub.admin_names().await.unwrap_or_default();
            Trouble::admins_only(area(path), &admins)
        }
        "not_found" => Trouble::not_found(),
        "cross_site" => Trouble::out_of_date(path),
        _ if problem.status() == StatusCode::INTERNAL_SERVER_ERROR => {
            Trouble::failed(&request, path)
        }
        _ if problem.status().is_server_error() => Trouble {
            title: unavailable(path).to_owned(),
            text: problem.detail().to_owned(),
            ..Trouble::failed(&request, path)
        },
        _ => Trouble {
            title: "That did not work".to_owned(),
            text: problem.detail().to_owned(),
            request: String::new(),
            ways: vec![("Back", "/".to_owned())],
        },
    }
}

/// Who asks for the list is told that it is missing, so that nobody takes its absence for an empty one.
fn unavailable(path: &str) -> &'static str {
    if path == "/integrations" {
        "Connectors could not be loaded"
    } else {
        "Not right now"
    }
}

fn area(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("integrations") => "Integrations",
        Some("users") => "Users",
        Some("activity") => "Activity",
        _ => "Settings",
    }
}

/// The frame of a page without navigation.
pub(crate) fn bare(frame: Frame) -> Bare {
    Bare { frame }
}
