//! What the sign-in page shows.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Frame;

/// A page without navigation: only the frame.
#[derive(Debug, Clone)]
pub struct Bare {
    /// Assets and theme.
    pub frame: Frame,
}

/// `/signin`
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    /// Assets and theme.
    pub shell: Bare,
    /// The organisation's name; empty when none is set.
    pub org: String,
    /// "You were signed out…", "Your password was changed."
    pub notice: Option<String>,
    /// Whether that notice is good news.
    pub notice_ok: bool,
    /// Where to go afterwards; a path of this server.
    pub next: String,
    /// E-mail.
    pub email: Field,
    /// Password, with the one error for both fields.
    pub password: Field,
}
