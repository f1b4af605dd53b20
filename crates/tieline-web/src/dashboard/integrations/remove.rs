//! `/integrations/c/{slug}/remove`: the question with its consequence, and the removal.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::{FieldError, Slug};
use tieline_hub::{ConnectorUse, SignedIn};

use super::connector::{known_slug, loss};
use super::remove_view::RemovePage;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::Section;
use crate::dashboard::words::counted;
use crate::problem::Problem;
use crate::state::AppState;

/// The key, typed to confirm.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RemoveForm {
    confirm: String,
}

/// Asks.
pub(crate) async fn remove_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    Ok(page(&question(&state, asked, &who, &slug).await?))
}

/// Removes it, if the key was typed exactly.
pub(crate) async fn remove_connector(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    if form.confirm.trim() != slug.as_str() {
        let mut view = question(&state, asked, &admin.0, &slug).await?;
        view.typed = form.confirm.chars().take(100).collect();
        view.problem = format!("Type the key exactly: {slug}. Nothing was removed.");
        let field = FieldError {
            field: "confirm",
            code: "confirm_mismatch",
            detail: view.problem.clone(),
        };
        return Ok(page_about(Problem::invalid(vec![field]), &view));
    }
    state.hub.remove_connector(&admin.actor(), &slug).await?;
    Ok(go(&format!("/integrations?done=removed&what={slug}")))
}

async fn question(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    slug: &Slug,
) -> Result<RemovePage, Problem> {
    let connector = state.hub.connector(slug).await?;
    let people = state.hub.people().await?;
    let tools = if connector.enabled {
        connector.tools_enabled
    } else {
        0
    };
    Ok(RemovePage {
        shell: asked.shell(state, who, Section::Integrations).await,
        name: connector.name,
        slug: slug.to_string(),
        lose: loss(people, tools),
        running: running(state.hub.connector_usage(slug).await?.now),
        token_fate: if connector.token_set {
            "The token is deleted."
        } else {
            "It has no token."
        }
        .to_owned(),
        typed: String::new(),
        problem: String::new(),
        on: connector.enabled,
    })
}

/// Who notices at once, with the space that follows.
fn running(now: ConnectorUse) -> String {
    let sessions = counted(now.sessions, "session", "sessions");
    let clients = counted(now.clients, "client", "clients");
    let who = match (now.sessions, now.clients) {
        (0, 0) => return "Nobody used them in the last 15 minutes. ".to_owned(),
        (_, 0) => sessions,
        (0, _) => clients,
        (_, _) => format!("{sessions} and {clients}"),
    };
    let (is, their) = if now.sessions + now.clients == 1 {
        ("is", "its")
    } else {
        ("are", "their")
    };
    format!("{who} {is} using them now; {their} next call will fail. ")
}

#[cfg(test)]
mod tests {
    use super::running;
    use tieline_hub::ConnectorUse;

    #[test]
    fn who_notices_at_once_is_counted() {
        let told = |sessions, clients| {
            running(ConnectorUse {
                people: 9,
                sessions,
                clients,
            })
        };
        assert_eq!(
            told(4, 2),
            "4 sessions and 2 clients are using them now; their next call will fail. "
        );
        assert_eq!(
            told(0, 1),
            "1 client is using them now; its next call will fail. "
        );
        assert_eq!(told(0, 0), "Nobody used them in the last 15 minutes. ");
    }
}
