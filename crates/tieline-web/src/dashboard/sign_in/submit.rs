//! `POST /signin`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Deserialize;
use tieline_hub::{SignInError, StartedSignIn};

use super::page::form;
use crate::auth::{ClientAddress, next_path, set_cookie};
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page_about};
use crate::dashboard::secret::Secret;
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    next: String,
}

/// Signs in, or shows the form again with one error for both fields.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    asked: Asked,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Form(typed): Form<SignInForm>,
) -> Response {
    let next = next_path(Some(&typed.next));
    let address = address.map(|address| address.to_string());
    match state
        .hub
        .sign_in(
            &typed.email,
            typed.password.0,
            address.as_deref(),
            user_agent(&headers),
        )
        .await
    {
        Ok(started) => signed_in(&state, &started, next),
        Err(SignInError::Store(error)) => Problem::from(error).into_response(),
        Err(error) => {
            let mut view = form(&state, asked, next, &typed.email);
            view.password = view.password.problem(error.to_string());
            page_about(error, &view)
        }
    }
}

/// Goes on with the cookie of a fresh sign-in.
pub(crate) fn signed_in(state: &AppState, started: &StartedSignIn, next: &str) -> Response {
    let mut response = go(next);
    response
        .headers_mut()
        .append(header::SET_COOKIE, set_cookie(&state.settings, started));
    response
}

/// What the browser calls itself, for the person's list of sign-ins.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
}
