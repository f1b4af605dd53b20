//! The chat: sessions of the built-in agent, each a page that follows its events.
//!
//! Without scripts every action is a form and a page that is asked for again. With them the page follows
//! `stream.rs`, which sends the same rendered pieces.

pub(in crate::dashboard) mod calls;
pub(crate) mod decide;
pub(crate) mod delete;
pub(in crate::dashboard) mod json_text;
mod list;
mod markdown;
pub mod markup;
pub(crate) mod page;
mod panel;
pub(crate) mod rename;
pub(super) mod samples;
pub(crate) mod send;
pub(crate) mod start;
pub(crate) mod stop;
mod story;
pub(crate) mod stream;
pub mod view;
pub(crate) mod whole;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use tieline_domain::SessionId;
use tieline_hub::{Caller, SignedIn};

use super::page::{go, wants_page};
use crate::problem::Problem;

/// The person at the browser as the agent knows them.
fn caller(who: &SignedIn) -> Caller {
    Caller {
        user: who.user,
        user_name: who.name.clone(),
        role: who.role,
        key: None,
    }
}

/// The `{id}` of a path. What is no id names no session.
fn known(id: &str) -> Result<SessionId, Problem> {
    SessionId::parse(id).map_err(|_| Problem::not_found())
}

fn address(id: SessionId) -> String {
    format!("/chat/{id}")
}

/// After a change: back to the session for a form, nothing for a script, which hears of it on its stream.
fn done(headers: &HeaderMap, id: SessionId) -> Response {
    if wants_page(headers) {
        go(&format!("{}#end", address(id)))
    } else {
        StatusCode::NO_CONTENT.into_response()
    }
}
