//! `/users/{id}/keys/{key}/revoke`: an admin ends somebody's access key.

use axum::extract::{Path, State};
use axum::response::Response;
use tieline_domain::{KeyId, UserId};

use super::invite::known;
use super::view::Question;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::moment::in_sentence;
use crate::dashboard::page::{go, page};
use crate::dashboard::shell::Section;
use crate::dashboard::words::shown;
use crate::problem::Problem;
use crate::state::AppState;

/// Asks.
pub(crate) async fn revoke_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (user, key) = ids(&path)?;
    let user = state.hub.user(user).await?;
    let keys = state.hub.list_keys(Some(user.id)).await?;
    let key = keys
        .into_iter()
        .find(|listed| listed.id == key)
        .ok_or_else(Problem::not_found)?;
    let now = state.hub.clock().now();
    let last_use = match (key.last_used_at, &key.last_client) {
        (None, _) => "It was never used.".to_owned(),
        (Some(at), None) => format!("It was last used {}.", in_sentence(at, now)),
        (Some(at), Some(client)) => format!(
            "{} used it last, {}.",
            shown(client, 60),
            in_sentence(at, now)
        ),
    };
    Ok(page(&Question {
        shell: asked.shell(&state, &who, Section::Users).await,
        problem: String::new(),
        back: format!("/users/{}", user.id),
        action: format!("/users/{}/keys/{}/revoke", user.id, key.id),
        crumb: "Revoke",
        title: format!("Revoke “{}” of {}?", key.name, user.name),
        name: user.name,
        lead: format!("{} stops working at once.", key.name),
        lines: vec![
            format!("The key {} cannot be used again.", key.hint),
            last_use,
        ],
        field: None,
        button: "Revoke",
        danger: true,
    }))
}

/// Revokes it.
pub(crate) async fn revoke_key(
    State(state): State<AppState>,
    admin: Admin,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (user, key) = ids(&path)?;
    state
        .hub
        .revoke_key(&admin.actor(), key, Some(user))
        .await?;
    Ok(go(&format!("/users/{user}?done=revoked")))
}

fn ids((user, key): &(String, String)) -> Result<(UserId, KeyId), Problem> {
    let key = KeyId::parse(key).map_err(|_| Problem::not_found())?;
    Ok((known(user)?, key))
}
