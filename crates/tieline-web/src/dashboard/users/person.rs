//! `GET /users/{id}`: one person with their access keys and sign-ins.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use tieline_domain::Timestamp;
use tieline_hub::{KeyView, SignedIn, UserView};

use super::ask::lately;
use super::invite::known;
use super::page::row;
use super::view::{KeyRow, PersonPage};
use crate::auth::{Admin, cookie_value};
use crate::dashboard::account::sign_ins;
use crate::dashboard::asked::Asked;
use crate::dashboard::moment::{day, when};
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::dashboard::words::shown;
use crate::problem::Problem;
use crate::state::AppState;

/// The page.
pub(crate) async fn person_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let user = state.hub.user(known(&id)?).await?;
    let cookie = cookie_value(&headers, &state.settings);
    Ok(page(&view(&state, asked, &who, user, cookie).await?))
}

/// The page as it is before anything was done.
pub(super) async fn view(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    user: UserView,
    cookie: Option<&str>,
) -> Result<PersonPage, Problem> {
    let now = state.hub.clock().now();
    let usage = state.hub.user_usage(user.id).await?;
    let keys = state.hub.list_keys(Some(user.id)).await?;
    let found = state.hub.list_sign_ins(user.id, cookie).await?;
    let here = format!("/users/{}", user.id);
    Ok(PersonPage {
        shell: asked.shell(state, who, Section::Users).await,
        link: None,
        suspended: user.disabled_at.map(|at| when(at, now)),
        added: day(user.created_at),
        calls_href: format!("/activity?person={}", user.id),
        lately: lately(&usage),
        keys: keys.into_iter().map(|one| key(one, &here, now)).collect(),
        sign_ins: found
            .iter()
            .map(|one| sign_ins::row(one, &format!("{here}/sign_ins"), now))
            .collect(),
        href: here,
        person: row(user, who.user, now),
    })
}

fn key(key: KeyView, page: &str, now: Timestamp) -> KeyRow {
    KeyRow {
        revoke: format!("{page}/keys/{}/revoke", key.id),
        name: key.name,
        hint: key.hint,
        last_used: key.last_used_at.map(|at| when(at, now)),
        client: shown(&key.last_client.unwrap_or_default(), 60),
        over: key.expires_at.is_some_and(|at| at <= now),
        expires: key.expires_at.map(day),
    }
}
