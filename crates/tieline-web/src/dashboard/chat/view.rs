//! What the chat page shows while there is no model provider.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::shell::Shell;

/// `/chat`
#[derive(Debug, Clone, Template)]
#[template(path = "chat/page.html")]
pub struct ChatPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// What works now, and whom to ask.
    pub text: String,
}
