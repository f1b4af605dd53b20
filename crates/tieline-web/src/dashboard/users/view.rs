//! What the Users page shows.

use askama::Template;

use crate::dashboard::account::view::SignInRow;
use crate::dashboard::icon;
use crate::dashboard::parts::{Field, When};
use crate::dashboard::shell::Shell;

/// `/users`
#[derive(Debug, Clone, Template)]
#[template(path = "users/page.html")]
pub struct UsersPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// "38 people. Members use tools, admins also manage them."
    pub intro: String,
    /// The invitation that was just made; on this one answer only.
    pub link: Option<InvitationLink>,
    /// The form's e-mail.
    pub email: Field,
    /// The form's name.
    pub name: Field,
    /// Whether the form says admin.
    pub role_admin: bool,
    /// Everybody.
    pub people: Vec<PersonRow>,
}

/// An invitation link, for the page that shows it once.
#[derive(Clone)]
pub struct InvitationLink {
    /// "Invitation for mel@example.com".
    pub title: String,
    /// The link.
    pub url: String,
}

impl std::fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationLink")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

/// One person.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Their own page.
    pub href: String,
    /// Name.
    pub name: String,
    /// Initials.
    pub initials: String,
    /// E-mail.
    pub email: String,
    /// "Admin" or "Member".
    pub role: &'static str,
    /// Whether this is the person who looks.
    pub you: bool,
    /// "Invited", "Suspended" or empty.
    pub state: &'static str,
    /// Its colour.
    pub state_class: &'static str,
    /// When they were last here.
    pub seen: Option<When>,
    /// What can be done.
    pub actions: Vec<Action>,
}

/// One button of a row.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its words.
    pub label: &'static str,
    /// Where it leads: to a question, or for a form.
    pub href: String,
    /// Whether it leads to a question first.
    pub asks: bool,
    /// Whether it takes something away.
    pub danger: bool,
}

/// `/users/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "users/person.html")]
pub struct PersonPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Address of this page.
    pub href: String,
    /// The invitation that was just made; on this one answer only.
    pub link: Option<InvitationLink>,
    /// Who.
    pub person: PersonRow,
    /// Since when they are suspended.
    pub suspended: Option<When>,
    /// When they were added.
    pub added: When,
    /// "214 calls to 3 connectors in the last 7 days."
    pub lately: String,
    /// Where those calls are listed.
    pub calls_href: String,
    /// Their access keys.
    pub keys: Vec<KeyRow>,
    /// Where they are signed in.
    pub sign_ins: Vec<SignInRow>,
}

/// One access key of a person.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Name.
    pub name: String,
    /// Its beginning and end: `tl_9f4Q…3EgU`.
    pub hint: String,
    /// When it was last used.
    pub last_used: Option<When>,
    /// The client that used it last; empty when none has.
    pub client: String,
    /// When it expires.
    pub expires: Option<When>,
    /// Whether it has expired.
    pub over: bool,
    /// Where it is revoked.
    pub revoke: String,
}

/// A question before something is done about a person.
#[derive(Debug, Clone, Template)]
#[template(path = "users/ask.html")]
pub struct Question {
    /// Navigation and theme.
    pub shell: Shell,
    /// Why it was not done.
    pub problem: String,
    /// The person's page.
    pub back: String,
    /// Where the form goes.
    pub action: String,
    /// The person.
    pub name: String,
    /// The last word of the breadcrumb.
    pub crumb: &'static str,
    /// "Suspend Mel Member?"
    pub title: String,
    /// What it means.
    pub lead: String,
    /// Who and what is affected.
    pub lines: Vec<String>,
    /// A hidden field: name and value.
    pub field: Option<(&'static str, &'static str)>,
    /// The button's words.
    pub button: &'static str,
    /// Whether it takes something away.
    pub danger: bool,
}
