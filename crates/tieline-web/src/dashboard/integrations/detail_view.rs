//! What a connector's own page shows: status, tools, connection.

use askama::Template;

use super::add_view::{HeaderField, TokenField};
use super::page_view::Attention;
use super::rail_view::Rail;
use crate::dashboard::activity::view::{AuditList, CallList};
use crate::dashboard::chart::Chart;
use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Field, Status, When};
use crate::dashboard::shell::Shell;

/// The last 24 hours of a connector alone, for a live update.
#[derive(Debug, Template)]
#[template(
    source = r#"{% import "parts.html" as parts %}{% include "integrations/detail_day.html" %}"#,
    ext = "html"
)]
pub struct ConnectorDay {
    /// The bars.
    pub chart: Chart,
    /// Where they begin.
    pub chart_from: String,
    /// Calls, Failed, Typical time, …
    pub figures: Vec<(&'static str, String)>,
}

/// `/integrations/c/{slug}`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/detail.html")]
pub struct ConnectorPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// Shape, word, reason, age.
    pub status: Status,
    /// Whether it is turned on.
    pub on: bool,
    /// What is wrong and the one action.
    pub problem: Option<Attention>,
    /// "2 tools changed." and where they are reviewed.
    pub changed: Option<Attention>,
    /// Tools, Calls, Change history, Connection.
    pub tabs: Vec<Tab>,
    /// The tools, on their tab.
    pub tools: Option<Vec<Tool>>,
    /// What stands there when there are none.
    pub no_tools: NoTools,
    /// "about 1,740 tokens per session".
    pub tool_sum: String,
    /// Who would notice that tools are switched: "9 people used these tools in the last 7 days."
    pub used: String,
    /// Tools that were left out, each with its reason.
    pub left_out: Vec<String>,
    /// Whether single tools can be switched.
    pub can_switch: bool,
    /// Its calls, on their tab.
    pub calls: Option<CallList>,
    /// What was changed about it, on its tab.
    pub changes: Option<AuditList>,
    /// The forms of the Connection tab.
    pub edit: Option<EditForms>,
    /// The rail of a test that has just run.
    pub tested: Option<Rail>,
    /// Calls of the last 24 hours.
    pub chart: Chart,
    /// Where the chart begins: "Yesterday 16:00".
    pub chart_from: String,
    /// Calls, Failed, Typical time, …
    pub figures: Vec<(&'static str, String)>,
    /// The last failure in plain words.
    pub last_error: Option<LastError>,
    /// URL, header, token, server, revision, added by.
    pub facts: Vec<Fact>,
}

impl ConnectorPage {
    /// The address of the tab at hand, also when this page answers a form, whose own address cannot be opened.
    pub fn here(&self) -> &str {
        let current = self.tabs.iter().find(|tab| tab.current);
        current.map_or("/integrations", |tab| &tab.href)
    }
}

/// One tab.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its word.
    pub label: &'static str,
    /// What it counts; may be empty.
    pub count: String,
    /// Its address.
    pub href: String,
    /// Whether it is the one at hand.
    pub current: bool,
}

/// One tool of the connector.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The server's own name for it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Marks beside the name.
    pub tags: Vec<Tag>,
    /// Whether agents get it.
    pub on: bool,
    /// Allow, Ask and Off.
    pub policies: Vec<PolicyChoice>,
    /// "Suggested: Ask", or empty.
    pub suggestion: &'static str,
    /// "612 calls".
    pub calls: String,
    /// "4 people in 7 days", who would notice that it is switched.
    pub people: String,
    /// The name that agents see.
    pub exposed: String,
    /// The page with its schema and the form that calls it.
    pub try_href: String,
    /// "176 tokens".
    pub tokens: String,
    /// Its inputs.
    pub inputs: Vec<Input>,
}

/// One button of what agents may do with a tool.
#[derive(Debug, Clone)]
pub struct PolicyChoice {
    /// The form's value.
    pub word: &'static str,
    /// The button's word.
    pub label: &'static str,
    /// Whether it is the one that holds.
    pub chosen: bool,
}

/// A mark beside a tool's name.
#[derive(Debug, Clone)]
pub struct Tag {
    /// `""`, `"warn"`, `"bad"`.
    pub class: &'static str,
    /// Its words.
    pub text: String,
}

/// One input of a tool.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// "string, required".
    pub kind: String,
    /// What it means.
    pub meaning: String,
}

/// What stands in place of an empty tool list.
#[derive(Debug, Clone, Default)]
pub struct NoTools {
    /// "No tools yet".
    pub lead: String,
    /// Why.
    pub text: String,
}

/// The last failure.
#[derive(Debug, Clone)]
pub struct LastError {
    /// When.
    pub when: When,
    /// Which tool; empty for a failed check.
    pub tool: String,
    /// What happened.
    pub text: String,
    /// The page that explains it.
    pub href: String,
}

/// One line of the connection's facts.
#[derive(Debug, Clone)]
pub struct Fact {
    /// "URL".
    pub label: &'static str,
    /// Its value.
    pub value: String,
    /// Whether it stands in code type.
    pub mono: bool,
    /// A link after it; empty when there is none.
    pub href: String,
    /// The link's words.
    pub link: &'static str,
}

impl Fact {
    /// A fact without a link.
    pub fn new(label: &'static str, value: impl Into<String>, mono: bool) -> Self {
        Self {
            label,
            value: value.into(),
            mono,
            href: String::new(),
            link: "",
        }
    }
}

/// The two forms of the Connection tab.
#[derive(Debug, Clone)]
pub struct EditForms {
    /// The version that the form began with, to notice that somebody else saved in between.
    pub row_version: i64,
    /// A problem that belongs to no field.
    pub general: Option<String>,
    /// Where the version is that somebody else saved in between.
    pub theirs: Option<String>,
    /// Name.
    pub name: Field,
    /// URL.
    pub url: Field,
    /// What to know about the URL.
    pub cautions: Vec<String>,
    /// Auth header.
    pub header: Field,
    /// Whether a new token has to come with the change, because the origin or header changed.
    pub asks_token: bool,
    /// Why.
    pub token_help: String,
    /// What is stored now: "A token is stored (ends in k3Qf)."
    pub token_now: String,
    /// What became of the last rotation.
    pub receipt: Option<Receipt>,
    /// The field of the rotation.
    pub token: TokenField,
    /// Always `None`: the rotation form has no header field.
    pub no_header: Option<HeaderField>,
    /// Whether there is a token to remove.
    pub has_token: bool,
    /// Offer to replace although the test failed.
    pub save_anyway: bool,
}

/// What became of the last rotation of a token.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// When the new token took over.
    pub when: When,
    /// Who replaced it.
    pub by: String,
    /// Old token, new token, in that order.
    pub tokens: Vec<ReceiptToken>,
}

/// One of its two tokens.
#[derive(Debug, Clone)]
pub struct ReceiptToken {
    /// "Old token, …k3Qf".
    pub label: String,
    /// What is known of it.
    pub text: String,
    /// When it was used last, or first; `None` when it was not.
    pub when: Option<When>,
}
