//! The Users page, people and questions with example data.

use super::view::{Action, InvitationLink, KeyRow, PersonPage, PersonRow, Question, UsersPage};
use crate::dashboard::account::view::SignInRow;
use crate::dashboard::integrations::samples::HOSTILE;
use crate::dashboard::monogram::initials;
use crate::dashboard::parts::{Field, When};
use crate::dashboard::shell::{Shell, Toast};

fn when(text: &str) -> When {
    When::new(text, "12 Oct 2026, 14:21:05 UTC", "2026-10-12T14:21:05Z")
}

fn action(label: &'static str, verb: &str, asks: bool, danger: bool) -> Action {
    Action {
        label,
        href: format!("/users/u1/{verb}"),
        asks,
        danger,
    }
}

fn person(name: &str, email: &str, role: &'static str, state: &'static str) -> PersonRow {
    let state_class = match state {
        "Invited" => "acc",
        "Suspended" => "warn",
        _ => "",
    };
    let actions = match (state, role) {
        ("Suspended", _) => vec![action("Restore", "restore", false, false)],
        ("You", _) => Vec::new(),
        (state, role) => {
            let other = if role == "Admin" {
                action("Make member", "role?role=member", true, false)
            } else {
                action("Make admin", "role?role=admin", true, false)
            };
            let mut actions = vec![other, action("Suspend", "suspend", true, true)];
            if state == "Invited" {
                actions.insert(0, action("New link", "invite", false, false));
            }
            actions
        }
    };
    PersonRow {
        href: "/users/u1".to_owned(),
        name: name.to_owned(),
        initials: initials(name),
        email: email.to_owned(),
        role,
        you: state == "You",
        state: if state == "You" { "" } else { state },
        state_class,
        seen: (state != "Invited").then(|| when("2 h ago")),
        actions,
    }
}

fn invitation() -> InvitationLink {
    InvitationLink {
        title: "Invitation for mel@northwind.example".to_owned(),
        url: "https://tieline.northwind.example/invitation?code=Zx81Qa…".to_owned(),
    }
}

/// The list.
pub fn list(shell: &Shell) -> UsersPage {
    UsersPage {
        shell: shell.clone(),
        intro: "4 people. Members use the tools, admins also manage them.".to_owned(),
        link: Some(invitation()),
        email: Field::required("").problem("This is not an e-mail address."),
        name: Field::default(),
        role_admin: false,
        people: vec![
            person("Admin account", "admin@northwind.example", "Admin", "You"),
            person("Second admin", "second@northwind.example", "Admin", ""),
            person("Mel Member", "mel@northwind.example", "Member", "Invited"),
            person(HOSTILE, "x@northwind.example", "Member", "Suspended"),
        ],
    }
}

/// Browsers that are signed in.
pub fn sign_ins(page: &str) -> Vec<SignInRow> {
    let one = |browser: &str, seen: &str, here| SignInRow {
        browser: browser.to_owned(),
        exactly: format!("Mozilla/5.0 ({browser})"),
        since: when("12 Oct 2026"),
        seen: when(seen),
        here,
        end: format!("{page}/5f2a/end"),
    };
    vec![
        one("Firefox on Windows", "just now", true),
        one("Safari on iPhone", "2 h ago", false),
        one(HOSTILE, "11 Oct 2026", false),
    ]
}

/// People in each state.
pub fn people(shell: &Shell) -> Vec<(&'static str, PersonPage)> {
    let key = |name: &str, client: &str, over| KeyRow {
        name: name.to_owned(),
        hint: "tl_9f4Q…3EgU".to_owned(),
        last_used: (!client.is_empty()).then(|| when("3 h ago")),
        client: client.to_owned(),
        expires: Some(when("10 Jan 2027")),
        over,
        revoke: "/users/u1/keys/k1/revoke".to_owned(),
    };
    let mel = PersonPage {
        shell: Shell {
            toast: Some(Toast::text(
                "The key was revoked. It stops working at once.",
            )),
            ..shell.clone()
        },
        href: "/users/u1".to_owned(),
        link: None,
        person: person("Mel Member", "mel@northwind.example", "Member", ""),
        suspended: None,
        added: when("1 Sep 2026"),
        lately: "1,214 calls to 3 connectors in the last 7 days.".to_owned(),
        calls_href: "/activity?person=u1".to_owned(),
        keys: vec![
            key("Laptop", "Claude Code 2.1", false),
            key(HOSTILE, HOSTILE, false),
            key("Old PC", "", true),
        ],
        sign_ins: sign_ins("/users/u1/sign_ins"),
    };
    let nothing = PersonPage {
        shell: shell.clone(),
        person: person(HOSTILE, "x@northwind.example", "Member", "Suspended"),
        suspended: Some(when("on 12 Oct 2026")),
        lately: "No calls in the last 7 days.".to_owned(),
        keys: Vec::new(),
        sign_ins: Vec::new(),
        ..mel.clone()
    };
    let invited = PersonPage {
        link: Some(invitation()),
        person: person("Mel Member", "mel@northwind.example", "Member", "Invited"),
        suspended: None,
        ..nothing.clone()
    };
    vec![
        ("person", mel),
        ("person-suspended", nothing),
        ("person-invited", invited),
    ]
}

/// Questions before something is done.
pub fn questions(shell: &Shell) -> Vec<(&'static str, Question)> {
    let suspend = Question {
        shell: shell.clone(),
        problem: String::new(),
        back: "/users/u1".to_owned(),
        action: "/users/u1/suspend".to_owned(),
        name: "Mel Member".to_owned(),
        crumb: "Suspend",
        title: "Suspend Mel Member?".to_owned(),
        lead: "Mel Member can do nothing any more, within a second. Nothing is deleted.".to_owned(),
        lines: [
            "1 running turn of the agent is stopped.",
            "2 access keys stop working.",
            "3 browsers are signed out.",
            "1,214 calls to 3 connectors in the last 7 days.",
        ]
        .map(str::to_owned)
        .into(),
        field: None,
        button: "Suspend",
        danger: true,
    };
    let role = Question {
        problem: "This is the last admin. Make somebody else an admin first.".to_owned(),
        name: HOSTILE.to_owned(),
        crumb: "Make member",
        title: format!("Make {HOSTILE} a member?"),
        lead: format!(
            "{HOSTILE} loses Integrations, Activity, Users and Settings within a second, open pages included."
        ),
        lines: vec!["No calls in the last 7 days.".to_owned()],
        field: Some(("role", "member")),
        button: "Make member",
        danger: false,
        ..suspend.clone()
    };
    vec![("person-suspend", suspend), ("person-role", role)]
}
