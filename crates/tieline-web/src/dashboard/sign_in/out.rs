//! `POST /signout`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, header};

use crate::auth::{clear_cookie, cookie_value};
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// Ends the sign-in of this browser.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(cookie) = cookie_value(&headers, &state.settings) {
        state.hub.sign_out(cookie).await?;
    }
    let mut response = go("/signin?done=out");
    response
        .headers_mut()
        .append(header::SET_COOKIE, clear_cookie(&state.settings));
    Ok(response)
}
