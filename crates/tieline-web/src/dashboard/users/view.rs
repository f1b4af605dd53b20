//! What the Users page shows.

use askama::Template;

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
    /// Why the last action was not done.
    pub problem: Option<String>,
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
    /// Where its form goes.
    pub href: String,
    /// A hidden field; empty when there is none.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// Whether it takes something away.
    pub danger: bool,
}
