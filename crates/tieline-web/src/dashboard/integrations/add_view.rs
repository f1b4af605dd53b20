//! What the dialog "Add custom connector" shows; on its own URL it is a page with the same form.

use askama::Template;

use super::rail_view::{Offer, Rail};
use crate::dashboard::icon;
use crate::dashboard::shell::Shell;

/// `/integrations/new`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/new.html")]
pub struct AddConnectorPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The sentence under the title.
    pub lead: String,
    /// Each problem with the id of its field, for the summary after a submit.
    pub summary: Vec<(&'static str, String)>,
    /// A problem that belongs to no field.
    pub general: Option<String>,
    /// What was typed as name.
    pub name: String,
    /// The key that the name gives; empty when there is none yet.
    pub slug_preview: String,
    /// What is wrong with the name.
    pub name_problem: Option<NameProblem>,
    /// What was typed as URL.
    pub url: String,
    /// What is wrong with the URL.
    pub url_problem: String,
    /// A corrected URL to take over with one press.
    pub url_offer: Option<Offer>,
    /// What to know about the URL, without stopping anybody.
    pub url_cautions: Vec<String>,
    /// Whether Advanced settings stand open.
    pub advanced_open: bool,
    /// What Advanced settings hold.
    pub advanced_summary: String,
    /// The token field; it never carries a value.
    pub token: TokenField,
    /// The header field.
    pub header: Option<HeaderField>,
    /// The connection test.
    pub rail: Rail,
    /// The left side of the footer.
    pub foot: Foot,
}

/// What is wrong with a name, and the way out.
#[derive(Debug, Clone, Default)]
pub struct NameProblem {
    /// The key that is taken; empty when the name itself is wrong.
    pub slug: String,
    /// The sentence, up to the link.
    pub text: String,
    /// The connector that has the key: name and address.
    pub link: Option<(String, String)>,
    /// The sentence after the link.
    pub after_link: String,
    /// Names that would work.
    pub suggestions: Vec<String>,
}

/// The access token's field. There is no `value`: the server never sends a token back.
#[derive(Debug, Clone, Default)]
pub struct TokenField {
    /// "Access token", or the provider's own word.
    pub label: String,
    /// Whether the field may stay empty.
    pub optional: bool,
    /// "Leave empty to keep …k3Qf" on the edit form.
    pub placeholder: String,
    /// What is wrong with it.
    pub problem: String,
    /// The last characters, shown in code type at the end of the problem.
    pub tail: String,
    /// One line of help.
    pub help: String,
    /// Without scripts: "Bearer " goes in front of the token that is typed again.
    pub with_bearer: bool,
}

/// The auth header's field.
#[derive(Debug, Clone, Default)]
pub struct HeaderField {
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The left side of a dialog's footer.
#[derive(Debug, Clone, Default)]
pub struct Foot {
    /// Offer to save although the test failed.
    pub save_anyway: bool,
    /// "38 people get 12 tools in their next session."
    pub consequence: String,
}

impl AddConnectorPage {
    /// The empty form.
    pub fn empty(shell: Shell) -> Self {
        let lead = format!(
            "Its tools go to every agent in {}, from the next session on.",
            shell.org_in_sentence()
        );
        Self {
            shell,
            lead,
            summary: Vec::new(),
            general: None,
            name: String::new(),
            slug_preview: String::new(),
            name_problem: None,
            url: String::new(),
            url_problem: String::new(),
            url_offer: None,
            url_cautions: Vec::new(),
            advanced_open: false,
            advanced_summary: "access token, auth header".to_owned(),
            token: TokenField {
                label: "Access token".to_owned(),
                optional: true,
                help: "Sent exactly as you type it. Stored encrypted, never shown again."
                    .to_owned(),
                ..TokenField::default()
            },
            header: Some(HeaderField::default()),
            rail: Rail::untested(),
            foot: Foot::default(),
        }
    }
}

/// The line under the name alone, for the check while typing.
#[derive(Debug, Template)]
#[template(path = "integrations/name_note.html")]
pub struct NameNote {
    /// The key that the name gives.
    pub slug_preview: String,
    /// What is wrong with the name.
    pub name_problem: Option<NameProblem>,
}

/// The left side of the footer alone, streamed at the end of a test.
#[derive(Debug, Template)]
#[template(path = "integrations/foot.html")]
pub struct FootFragment<'a> {
    /// The footer.
    pub foot: &'a Foot,
}

/// The token and header fields' notes alone, streamed at the end of a test.
#[derive(Debug, Template)]
#[template(path = "integrations/token_note.html")]
pub struct TokenNote<'a> {
    /// The token field.
    pub token: &'a TokenField,
}

/// The lines under the URL alone, streamed at the end of a test.
#[derive(Debug, Template)]
#[template(path = "integrations/url_note.html")]
pub struct UrlNote<'a> {
    /// What is wrong with the URL.
    pub url_problem: &'a str,
    /// A corrected URL.
    pub url_offer: Option<Offer>,
    /// What to know about the URL.
    pub url_cautions: Vec<String>,
}

/// The line under the header alone, streamed at the end of a test.
#[derive(Debug, Template)]
#[template(path = "integrations/header_note.html")]
pub struct HeaderNote<'a> {
    /// The header field.
    pub header: &'a HeaderField,
}
