//! What the account pages show.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::parts::{Field, When};
use crate::dashboard::shell::Shell;

/// `/account/password`
#[derive(Debug, Clone, Template)]
#[template(path = "account/password.html")]
pub struct PasswordPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The person's address, so that password managers save under it.
    pub email: String,
    /// The current password.
    pub current: Field,
    /// The new one.
    pub new_password: Field,
}

/// `/account/sign_ins`
#[derive(Debug, Clone, Template)]
#[template(path = "account/sign_ins.html")]
pub struct SignInsPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Where the person is signed in.
    pub rows: Vec<SignInRow>,
}

/// One browser that is signed in.
#[derive(Debug, Clone)]
pub struct SignInRow {
    /// "Firefox on Windows".
    pub browser: String,
    /// What it calls itself.
    pub exactly: String,
    /// When it signed in.
    pub since: When,
    /// When it was last here.
    pub seen: When,
    /// Whether it is the one that looks.
    pub here: bool,
    /// Where the form goes that ends it.
    pub end: String,
}
