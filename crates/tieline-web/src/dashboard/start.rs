//! `/`: the page that a person needs most.

use axum::extract::State;
use axum::response::Response;

use super::page::go;
use crate::auth::MaybeSignedIn;
use crate::problem::Problem;
use crate::state::AppState;

/// Admins begin at Integrations, members at Connect your client, everybody else at the sign-in or the setup.
pub(crate) async fn start(
    State(state): State<AppState>,
    MaybeSignedIn(who): MaybeSignedIn,
) -> Result<Response, Problem> {
    Ok(match who {
        Some(who) if who.is_admin() => go("/integrations"),
        Some(_) => go("/connect"),
        None if state.hub.needs_setup().await? => go("/setup"),
        None => go("/signin"),
    })
}
