//! What the page of one call shows: how far it came, what is known of it, and what mends it.

use askama::Template;

use super::content::Content;
use super::view::AuditRow;
use crate::dashboard::icon;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::integrations::rail_view::Step;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, When};
use crate::dashboard::shell::Shell;

/// `/activity/calls/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "activity/explain.html")]
pub struct ExplainPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The connector's name.
    pub connector: String,
    /// Address of its page; empty when it was removed.
    pub connector_href: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// The tool.
    pub tool: String,
    /// How it ended.
    pub result: Status,
    /// When it began.
    pub when: When,
    /// What happened, in a few words.
    pub title: String,
    /// What happened, in a sentence.
    pub text: String,
    /// What mends it; empty when there is nothing to mend.
    pub fix: String,
    /// The one thing to do: label and address.
    pub action: Option<(&'static str, String)>,
    /// Address of the form that calls the tool again; empty when it cannot be called.
    pub try_again: String,
    /// Why there is no such form; empty when there is one.
    pub no_try: String,
    /// How far it came.
    pub steps: Vec<Step>,
    /// What was sent and received, as far as it is known.
    pub exchange: Vec<Fact>,
    /// What was said, or why that is not known.
    pub content: Content,
    /// Who called, with whose credential.
    pub credential: Vec<Fact>,
    /// The record as JSON, to copy.
    pub json: String,
    /// The last good call before it and the first after it.
    pub good: Vec<GoodCall>,
    /// Over which time the changes are listed.
    pub between: String,
    /// What admins changed in that time, newest first.
    pub changes: Vec<AuditRow>,
}

/// A call that was answered well, before or after the one that was not.
#[derive(Debug, Clone)]
pub struct GoodCall {
    /// "This tool, before".
    pub label: String,
    /// When; `None` when there was none.
    pub when: Option<When>,
    /// By whom, or that there was none.
    pub text: String,
}
