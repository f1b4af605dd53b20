//! `GET /signin`

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::view::SignInPage;
use crate::auth::{MaybeSignedIn, next_path};
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{bare, go, page};
use crate::dashboard::parts::Field;
use crate::problem::Problem;
use crate::state::AppState;

/// Where to go afterwards, and what just happened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SignInQuery {
    next: Option<String>,
    done: Option<String>,
}

/// The form, unless the person is signed in already.
pub(crate) async fn sign_in_page(
    State(state): State<AppState>,
    asked: Asked,
    MaybeSignedIn(who): MaybeSignedIn,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Problem> {
    let next = next_path(query.next.as_deref());
    if who.is_some() {
        return Ok(go(next));
    }
    if state.hub.needs_setup().await? {
        return Ok(go("/setup"));
    }
    let notice = match query.done.as_deref() {
        Some("out") => Some("You are signed out."),
        Some("everywhere") => Some("You are signed out everywhere."),
        _ => None,
    };
    let mut view = form(&state, asked, next, "");
    view.notice = notice.map(str::to_owned);
    view.notice_ok = notice.is_some();
    Ok(page(&view))
}

/// The form as it is before anything went wrong.
pub(super) fn form(state: &AppState, asked: Asked, next: &str, email: &str) -> SignInPage {
    SignInPage {
        shell: bare(asked.frame),
        org: state.settings.organization.clone(),
        notice: None,
        notice_ok: false,
        next: next.to_owned(),
        email: Field::required(email),
        password: Field::required(""),
    }
}
