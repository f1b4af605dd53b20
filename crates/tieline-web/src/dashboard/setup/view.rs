//! What the first run shows: three steps on a wire, one form at a time.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::Field;
use crate::dashboard::settings::models::view::ModelForm;
use crate::dashboard::sign_in::view::Bare;

/// `/setup`
#[derive(Debug, Clone, Template)]
#[template(path = "setup/page.html")]
pub struct SetupPage {
    /// Assets and theme.
    pub shell: Bare,
    /// The wire on the left.
    pub steps: [SetupStep; 3],
    /// "Version 0.1.0, SQLite, data encrypted with a key file on this server"
    pub facts: String,
    /// The form of step 1, while there is no account.
    pub account: Option<AccountForm>,
    /// Step 2.
    pub model: Option<ModelStep>,
    /// What step 3 offers.
    pub choices: Vec<Choice>,
}

/// What step 2 shows.
#[derive(Debug, Clone)]
pub enum ModelStep {
    /// The form of a model API.
    Form(Box<ModelForm>),
    /// Which one is set up already, such as the one whose key was in the environment.
    Ready(String),
}

/// One node of the setup.
#[derive(Debug, Clone)]
pub struct SetupStep {
    /// `"done"`, `"now"` or empty.
    pub class: &'static str,
    /// Its number.
    pub number: u8,
    /// What it is about.
    pub title: &'static str,
    /// One line about it.
    pub text: String,
}

/// The first admin's account.
#[derive(Debug, Clone)]
pub struct AccountForm {
    /// The one-time code from the log.
    pub code: Field,
    /// Name.
    pub name: Field,
    /// E-mail.
    pub email: Field,
    /// Password.
    pub password: Field,
}

/// A way to make the first connection.
#[derive(Debug, Clone)]
pub struct Choice {
    /// "Linear".
    pub name: String,
    /// What it gives.
    pub text: String,
    /// Letters and hue.
    pub monogram: Monogram,
    /// Where it leads.
    pub href: String,
}

/// The step that the wire is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The admin account.
    Account,
    /// The model provider.
    Model,
    /// The first connector.
    Connector,
}

impl SetupStep {
    /// The three steps, seen from one of them. `email` is the account's, once there is one.
    pub fn all(at: At, email: &str) -> [Self; 3] {
        let account = if email.is_empty() {
            "Proves that you run this server"
        } else {
            email
        };
        let class = |step: At| match (at as u8).cmp(&(step as u8)) {
            std::cmp::Ordering::Greater => "done",
            std::cmp::Ordering::Equal => "now",
            std::cmp::Ordering::Less => "",
        };
        [
            Self {
                class: class(At::Account),
                number: 1,
                title: "Admin account",
                text: account.to_owned(),
            },
            Self {
                class: class(At::Model),
                number: 2,
                title: "Model provider",
                text: "The agent in the web chat needs one".to_owned(),
            },
            Self {
                class: class(At::Connector),
                number: 3,
                title: "First connector",
                text: "Your own server, Linear, GitHub, or later".to_owned(),
            },
        ]
    }
}
