//! What the review of changed tools shows: for each tool what was approved and what is offered, line by line.

use askama::Template;

use super::detail_view::Tag;
use crate::dashboard::icon;
use crate::dashboard::parts::When;
use crate::dashboard::shell::Shell;

/// `/integrations/c/{slug}/review`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/review.html")]
pub struct ReviewPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The connector's name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// "Runbooks changed 2 tools".
    pub title: String,
    /// What went wrong with the last decision; empty when nothing did.
    pub problem: String,
    /// What to read first.
    pub caution: Option<Caution>,
    /// The tools that wait.
    pub tools: Vec<ReviewedTool>,
}

/// The note above the tools.
#[derive(Debug, Clone)]
pub struct Caution {
    /// "One change needs a careful look."
    pub lead: String,
    /// Which tool; empty when there are several.
    pub tool: String,
    /// What about it.
    pub text: String,
}

/// One tool that waits.
#[derive(Debug, Clone)]
pub struct ReviewedTool {
    /// Its name, as pieces.
    pub name: Vec<Piece>,
    /// Its exact name, for the form.
    pub exact: String,
    /// Its name in a label.
    pub plain: String,
    /// Which definition was read.
    pub hash: String,
    /// Marks beside the name.
    pub tags: Vec<Tag>,
    /// When the change was seen.
    pub seen: When,
    /// Description, Inputs, …
    pub sections: Vec<Section>,
    /// Whether keeping it off comes first.
    pub suspicious: bool,
    /// "Agents keep the approved version." or why it is off.
    pub meanwhile: &'static str,
    /// "186 calls by 11 people in the last 7 days".
    pub used: String,
}

/// One part of a definition.
#[derive(Debug, Clone)]
pub struct Section {
    /// "Description".
    pub title: &'static str,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of it.
#[derive(Debug, Clone)]
pub struct Line {
    /// `""`, `"rm"` or `"ad"`.
    pub class: &'static str,
    /// "−", "+" or a space.
    pub sign: &'static str,
    /// What a screen reader says before it.
    pub spoken: &'static str,
    /// Its text.
    pub pieces: Vec<Piece>,
}

/// A run of text of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that is in both, or whose line says it all.
    Plain(String),
    /// The part of the line that is different.
    Marked(String),
    /// A character that nobody would see, by its number.
    Chip(String),
}
