//! `POST /integrations/c/{slug}/turn_off` and `…/turn_on`. Off acts at once; on reaches the next sessions.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::Slug;

use super::connector::known_slug;
use crate::auth::{Admin, next_path};
use crate::dashboard::form::Form;
use crate::dashboard::page::go;
use crate::problem::Problem;
use crate::state::AppState;

/// Where the button was.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TurnForm {
    next: String,
}

/// Turns the connector off.
pub(crate) async fn turn_off(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<TurnForm>,
) -> Result<Response, Problem> {
    turn(&state, &admin, &slug, &form.next, false).await
}

/// Turns the connector on again.
pub(crate) async fn turn_on(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<TurnForm>,
) -> Result<Response, Problem> {
    turn(&state, &admin, &slug, &form.next, true).await
}

async fn turn(
    state: &AppState,
    admin: &Admin,
    slug: &str,
    next: &str,
    on: bool,
) -> Result<Response, Problem> {
    let slug = known_slug(slug)?;
    state
        .hub
        .enable_connector(&admin.actor(), &slug, on)
        .await?;
    let done = if on { "turned_on" } else { "turned_off" };
    Ok(go(&back(next, done, &slug)))
}

/// The page where the button was, with the notice of what was done in place of an older one.
fn back(next: &str, done: &str, slug: &Slug) -> String {
    let next = match next_path(Some(next)) {
        "/" => "/integrations",
        path => path.split('#').next().unwrap_or_default(),
    };
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    let is_notice = |name: &str| matches!(name, "done" | "what" | "count" | "change");
    let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !is_notice(name));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("done", done)
        .append_pair("what", slug.as_str())
        .finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_the_list_and_drops_old_notices() {
        let slug = Slug::parse("acme_mcp").expect("a slug");
        let at = |next| back(next, "turned_off", &slug);
        let notice = "done=turned_off&what=acme_mcp";
        for (next, expected) in [
            ("", "/integrations?"),
            ("//evil.example/x", "/integrations?"),
            ("https://evil.example", "/integrations?"),
            ("/integrations/c/acme_mcp", "/integrations/c/acme_mcp?"),
            (
                "/integrations?sort=-calls&page=3&done=turned_on&what=acme_mcp",
                "/integrations?sort=-calls&page=3&",
            ),
            (
                "/integrations/c/acme_mcp?tab=calls&q=a%26b#top",
                "/integrations/c/acme_mcp?tab=calls&q=a%26b&",
            ),
        ] {
            assert_eq!(at(next), format!("{expected}{notice}"), "{next}");
        }
    }
}
