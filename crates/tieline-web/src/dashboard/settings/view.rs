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
    /// General, Models.
    pub tabs: [Tab; 2],
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

/// One page of the settings.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its word.
    pub label: &'static str,
    /// Its address.
    pub href: &'static str,
    /// Whether it is the one at hand.
    pub current: bool,
}

impl Tab {
    /// All pages, seen from the one at `here`.
    pub fn all(here: &str) -> [Self; 2] {
        [("General", "/settings"), ("Models", "/settings/models")].map(|(label, href)| Self {
            label,
            href,
            current: href == here,
        })
    }
}
