//! `/account/sign_ins`: where the person is signed in, and how to end it.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, header};
use tieline_domain::Timestamp;
use tieline_hub::SignInView;

use super::browser::browser;
use super::view::{SignInRow, SignInsPage};
use crate::auth::{Member, clear_cookie, cookie_value};
use crate::dashboard::asked::Asked;
use crate::dashboard::moment::when;
use crate::dashboard::page::{go, page};
use crate::dashboard::shell::Section;
use crate::dashboard::words::shown;
use crate::problem::Problem;
use crate::state::AppState;

const PAGE: &str = "/account/sign_ins";

/// The list.
pub(crate) async fn sign_ins_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cookie = cookie_value(&headers, &state.settings);
    let found = state.hub.list_sign_ins(who.user, cookie).await?;
    let now = state.hub.clock().now();
    Ok(page(&SignInsPage {
        shell: asked.shell(&state, &who, Section::Elsewhere).await,
        rows: found.iter().map(|one| row(one, PAGE, now)).collect(),
    }))
}

/// Ends one, or everywhere all of them; what was this browser's own leads to the sign-in.
pub(crate) async fn end_sign_in(
    State(state): State<AppState>,
    member: Member,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let cookie = cookie_value(&headers, &state.settings);
    let found = state.hub.list_sign_ins(member.0.user, cookie).await?;
    let here = found.iter().any(|one| one.here && one.id == id);
    let actor = member.actor();
    state.hub.end_sign_in(&actor, member.0.user, &id).await?;
    if here {
        return Ok(signed_out(&state, "/signin?done=out"));
    }
    Ok(go("/account/sign_ins?done=signed_out"))
}

/// Signs the person out everywhere, here as well.
pub(crate) async fn end_all(
    State(state): State<AppState>,
    member: Member,
) -> Result<Response, Problem> {
    let actor = member.actor();
    state.hub.sign_out_everywhere(&actor, member.0.user).await?;
    Ok(signed_out(&state, "/signin?done=everywhere"))
}

fn signed_out(state: &AppState, to: &str) -> Response {
    let mut response = go(to);
    response
        .headers_mut()
        .append(header::SET_COOKIE, clear_cookie(&state.settings));
    response
}

/// One sign-in as a row; `page` is where it is listed.
pub(crate) fn row(one: &SignInView, page: &str, now: Timestamp) -> SignInRow {
    SignInRow {
        browser: browser(one.user_agent.as_deref()),
        exactly: shown(one.user_agent.as_deref().unwrap_or_default(), 200),
        since: when(one.created_at, now),
        seen: when(one.last_seen_at, now),
        here: one.here,
        end: format!("{page}/{}/end", one.id),
    }
}
