//! What the pages of the settings show.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Shell;

/// `/settings/general`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/general.html")]
pub struct GeneralPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The five pages.
    pub tabs: [Tab; 5],
    /// What all forms of settings have.
    pub form: SettingsForm,
    /// The theme for those who chose none.
    pub theme: Choices,
    /// What cannot be set here.
    pub groups: Vec<Group>,
}

/// `/settings/network`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/network.html")]
pub struct NetworkPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The five pages.
    pub tabs: [Tab; 5],
    /// What all forms of settings have.
    pub form: SettingsForm,
    /// Whether private addresses are refused.
    pub deny_private: Choices,
    /// The proxy, without its login.
    pub egress_proxy: Number,
    /// Whether a login of it is stored that an admin can remove.
    pub proxy_login: bool,
    /// Whether that is asked for.
    pub proxy_login_removed: bool,
    /// The certificates as text.
    pub extra_ca: Number,
    /// The stored ones, as an admin recognises them.
    pub authorities: Vec<AuthorityLine>,
    /// What cannot be set.
    pub groups: Vec<Group>,
}

/// A certificate authority.
#[derive(Debug, Clone)]
pub struct AuthorityLine {
    /// Its name.
    pub name: String,
    /// "valid until 2 Oct 2030".
    pub until: String,
    /// Whether that was before now.
    pub expired: bool,
}

/// `/settings/security`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/security.html")]
pub struct SecurityPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The five pages.
    pub tabs: [Tab; 5],
    /// What all forms of settings have.
    pub form: SettingsForm,
    /// "When a tool changes".
    pub tool_changes: Choices,
    /// Hours without use.
    pub idle: Number,
    /// Days in any case.
    pub longest: Number,
    /// What cannot be set.
    pub groups: Vec<Group>,
}

/// `/settings/data`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/data.html")]
pub struct DataPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The five pages.
    pub tabs: [Tab; 5],
    /// What all forms of settings have.
    pub form: SettingsForm,
    /// For how many days calls are kept.
    pub keep_calls: Number,
    /// Whether what is said in them is kept, too.
    pub keep_content: Choices,
    /// For how many days that is kept.
    pub keep_content_days: Number,
    /// What a backup is.
    pub backup_lead: &'static str,
    /// The command that makes one, where the dashboard cannot.
    pub backup_command: Option<&'static str>,
    /// Which database it is.
    pub database: String,
    /// How to restore, step by step.
    pub restore: Vec<Step>,
}

/// One step of instructions.
#[derive(Debug, Clone)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// What to run; empty when there is nothing.
    pub command: &'static str,
}

/// What all forms of settings have.
#[derive(Debug, Clone, Default)]
pub struct SettingsForm {
    /// Where it is sent.
    pub action: &'static str,
    /// The version that it began with.
    pub version: String,
    /// Why nothing was saved, when that belongs to no field.
    pub failed: String,
    /// Whom the change affects, told before it is saved.
    pub affected: Vec<String>,
    /// Whether anything of it can be changed here.
    pub editable: bool,
}

impl SettingsForm {
    /// What was told, sent back so that only a change whose consequences were seen is saved.
    pub fn told(&self) -> String {
        self.affected.join(" ")
    }
}

/// A number, or a text.
#[derive(Debug, Clone, Default)]
pub struct Number {
    /// Value, help and problem.
    pub field: Field,
    /// What fixed it on the server; empty when an admin can change it.
    pub fixed: String,
}

/// One of several words.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// All that there are.
    pub choices: Vec<Choice>,
    /// What to know about them.
    pub help: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What fixed it on the server; empty when an admin can change it.
    pub fixed: String,
}

/// A word to choose.
#[derive(Debug, Clone)]
pub struct Choice {
    /// As it is stored.
    pub value: &'static str,
    /// As people say it.
    pub label: &'static str,
    /// What it means.
    pub note: String,
    /// Whether it is the one.
    pub chosen: bool,
}

/// Facts that belong together.
#[derive(Debug, Clone)]
pub struct Group {
    /// Their title.
    pub title: &'static str,
    /// What they are about; empty when that is clear.
    pub lead: &'static str,
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
    pub fn all(here: &str) -> [Self; 5] {
        [
            ("General", "/settings/general"),
            ("Models", "/settings/models"),
            ("Network", "/settings/network"),
            ("Security", "/settings/security"),
            ("Data", "/settings/data"),
        ]
        .map(|(label, href)| Self {
            label,
            href,
            current: href == here,
        })
    }
}
