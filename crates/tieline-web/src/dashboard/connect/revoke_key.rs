//! `/connect/keys/{id}/revoke`

use axum::extract::{Path, State};
use axum::response::Response;
use tieline_domain::KeyId;

use super::view::RevokePage;
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{go, page};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// Asks. Somebody else's key is not found.
pub(crate) async fn revoke_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let keys = state.hub.list_keys(Some(who.user)).await?;
    let key = keys
        .into_iter()
        .find(|key| key.id == id)
        .ok_or_else(Problem::not_found)?;
    Ok(page(&RevokePage {
        shell: asked.shell(&state, &who, Section::Connect).await,
        id: id.to_string(),
        name: key.name,
        hint: key.hint,
    }))
}

/// Revokes it; it stops working at once.
pub(crate) async fn revoke_key(
    State(state): State<AppState>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    state
        .hub
        .revoke_key(&member.actor(), known(&id)?, Some(member.0.user))
        .await?;
    Ok(go("/connect?done=revoked"))
}

fn known(id: &str) -> Result<KeyId, Problem> {
    KeyId::parse(id).map_err(|_| Problem::not_found())
}
