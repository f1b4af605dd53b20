//! What the account pages show.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::parts::Field;
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
