//! What the question "Turn off 3 connectors?" shows: who is affected, by each of them.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::shell::Shell;

/// `/integrations/bulk`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/bulk.html")]
pub struct BulkPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// "Remove 3 connectors?"
    pub title: String,
    /// What the button says.
    pub label: &'static str,
    /// What it sends.
    pub action: &'static str,
    /// "38 people lose 31 tools"; empty when nobody loses anything.
    pub lose: String,
    /// What else happens.
    pub rest: String,
    /// The connectors.
    pub lines: Vec<BulkLine>,
    /// The query of the list that they were ticked in.
    pub back: String,
    /// That list, with them still ticked.
    pub cancel: String,
    /// What has to be typed to confirm; empty when nothing has to be.
    pub phrase: String,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: String,
}

/// One of the connectors.
#[derive(Debug, Clone)]
pub struct BulkLine {
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// "8 tools · 12 people in 7 days".
    pub facts: String,
}
