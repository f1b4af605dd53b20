//! `POST /integrations/c/{slug}/test`: tests a saved connector with its stored token and shows each step.

use axum::extract::{Path, State};
use axum::response::Response;

use super::connector::{At, known_slug, view};
use super::rail::finished;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// The page of the connector with the finished test on it. Nothing is changed, so a reload may repeat it.
pub(crate) async fn test_now(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let report = state.hub.test_connector(&slug, &mut |_| {}).await?;
    let shell = asked.shell(&state, &who, Section::Integrations).await;
    let mut view = view(&state, shell, &slug, At::Tools).await?;
    let mut rail = finished(&report);
    // The offers of the dialog have no form here; the Connection tab does what they do.
    rail.bearer = None;
    if let Some(note) = &mut rail.note {
        note.offer = None;
    }
    view.tested = Some(rail);
    Ok(page(&view))
}
