//! Pages for what did not work: not allowed, not found, failed. Status codes are decided elsewhere.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::shell::Shell;
use crate::dashboard::sign_in::view::Bare;
use crate::dashboard::words::any_of;

/// What happened and the ways on.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// A few words.
    pub title: String,
    /// What happened, why, what to do next.
    pub text: String,
    /// The request id, where looking into the log helps; else empty.
    pub request: String,
    /// Links: label and address, the best first.
    pub ways: Vec<(&'static str, String)>,
}

/// With navigation, for signed-in people.
#[derive(Debug, Clone, Template)]
#[template(path = "trouble/inside.html")]
pub struct TroubleInside {
    /// Navigation and theme.
    pub shell: Shell,
    /// What happened.
    pub trouble: Trouble,
}

/// Without navigation.
#[derive(Debug, Clone, Template)]
#[template(path = "trouble/outside.html")]
pub struct TroubleOutside {
    /// Assets and theme.
    pub shell: Bare,
    /// What happened.
    pub trouble: Trouble,
}

impl Trouble {
    /// A member opened a page for admins.
    pub fn admins_only(page: &str, admins: &[String]) -> Self {
        let ask = if admins.is_empty() {
            String::new()
        } else {
            format!(" Ask {}.", any_of(admins))
        };
        let verb = match page {
            "Integrations" => "manage integrations",
            "Users" => "manage users",
            "Activity" => "see everyone’s activity",
            _ => "change settings",
        };
        Self {
            title: format!("Only admins {verb}"),
            text: format!(
                "Only admins {verb}.{ask} You can use every tool that is connected, and see them under Connect your client."
            ),
            request: String::new(),
            ways: vec![
                ("Connect your client", "/connect".to_owned()),
                ("Back", "/".to_owned()),
            ],
        }
    }

    /// There is no such page.
    pub fn not_found() -> Self {
        Self {
            title: "There is nothing at this address".to_owned(),
            text: "The link may be old, or what it pointed at was removed.".to_owned(),
            request: String::new(),
            ways: vec![("Go to the start", "/".to_owned())],
        }
    }

    /// A form that was sent from another page or an old one.
    pub fn out_of_date(back: &str) -> Self {
        Self {
            title: "This page is out of date".to_owned(),
            text: "Reload it; nothing was changed.".to_owned(),
            request: String::new(),
            ways: vec![("Reload", back.to_owned())],
        }
    }

    /// A fault on this side that nobody foresaw; the log has it.
    pub fn failed(request: &str, back: &str) -> Self {
        Self {
            title: "The fault is in Tieline".to_owned(),
            text: "It is not in what you did, and agents keep the tools they have. Try again. The server’s log names the cause under this request.".to_owned(),
            request: request.to_owned(),
            ways: vec![("Try again", back.to_owned())],
        }
    }
}
