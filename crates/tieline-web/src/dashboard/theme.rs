//! `POST /theme`: remembers the theme on this browser.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, header};
use serde::Deserialize;

use super::asked::{SYSTEM, THEME_COOKIE};
use super::form::Form;
use super::page::go;
use super::shell::Theme;
use crate::auth::next_path;
use crate::state::AppState;

/// The form of the account menu.
#[derive(Debug, Deserialize)]
pub(crate) struct ThemeForm {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    next: String,
}

/// Sets the cookie. System is a choice, too: it wins over the default of the settings.
pub(crate) async fn choose_theme(
    State(state): State<AppState>,
    Form(form): Form<ThemeForm>,
) -> Response {
    let mut response = go(next_path(Some(&form.next)));
    let secure = if state.settings.is_https() {
        "; Secure"
    } else {
        ""
    };
    let word = Theme::from_word(&form.theme).map_or(SYSTEM, Theme::word);
    let line =
        format!("{THEME_COOKIE}={word}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().insert(header::SET_COOKIE, line);
    }
    response
}
