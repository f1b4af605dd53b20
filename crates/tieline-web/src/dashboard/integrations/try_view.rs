//! What the page of one tool shows: a form made from its schema, what came of a call, and the schema itself.

use askama::Template;

use crate::dashboard::activity::view::SelectOption;
use crate::dashboard::chat::markup::Markup;
use crate::dashboard::icon;
use crate::dashboard::parts::Status;
use crate::dashboard::shell::Shell;

/// `/integrations/c/{slug}/try?tool=…`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/try.html")]
pub struct TryPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The connector's name.
    pub name: String,
    /// Its key.
    pub slug: String,
    /// The tool's exact name at its server, for the form.
    pub tool: String,
    /// The same as it is shown.
    pub title: String,
    /// What it does.
    pub description: String,
    /// Whether its server says that it changes something.
    pub writes: bool,
    /// Why it cannot be called now; empty when it can.
    pub off: String,
    /// How many fields need another look; empty when none do.
    pub problem: String,
    /// The fields.
    pub fields: Vec<TryField>,
    /// What came of the call that was just made.
    pub result: Option<TryResult>,
    /// The schema, laid out.
    pub schema: Markup,
    /// That the schema was cut; empty when it was not.
    pub schema_cut: String,
    /// The name that agents see.
    pub exposed: String,
    /// "176 tokens".
    pub tokens: String,
}

/// One field.
#[derive(Debug, Clone, Default)]
pub struct TryField {
    /// Its id on the page.
    pub id: String,
    /// Its name in the form.
    pub name: String,
    /// The input's name.
    pub label: String,
    /// "string, required".
    pub note: String,
    /// What it means.
    pub help: String,
    /// What is wrong with it.
    pub problem: String,
    /// What was typed.
    pub value: String,
    /// Whether it takes several lines.
    pub long: bool,
    /// What can be chosen; empty for a field to type into.
    pub choices: Vec<SelectOption>,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct TryResult {
    /// Shape and word.
    pub status: Status,
    /// "214 ms".
    pub took: String,
    /// What the tool said, or why it was not called.
    pub text: Markup,
    /// That the text was cut; empty when it was not.
    pub cut: String,
    /// The whole result as JSON; empty when there is none.
    pub raw: Markup,
}
