//! What the question "Remove Acme MCP?" shows: the consequence, and the slug to type.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::shell::Shell;

/// `/integrations/c/{slug}/remove`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/remove.html")]
pub struct RemovePage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// "38 people lose 11 tools"; empty when nobody loses anything.
    pub lose: String,
    /// "4 sessions are using them now; their next call will fail. " with the space that follows, or empty.
    pub running: String,
    /// "The token is deleted."
    pub token_fate: String,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: String,
    /// Whether it is on, so that turning it off is an alternative.
    pub on: bool,
}
