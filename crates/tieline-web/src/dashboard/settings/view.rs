//! What the Settings page shows: facts of this release, to read only.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::shell::Shell;

/// `/settings`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/page.html")]
pub struct SettingsPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// General, network, security.
    pub groups: Vec<Group>,
}

/// Facts that belong together.
#[derive(Debug, Clone)]
pub struct Group {
    /// Their title.
    pub title: &'static str,
    /// Label and value.
    pub facts: Vec<Fact>,
}
