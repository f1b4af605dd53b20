//! `POST /integrations/c/{slug}/rotate`: the new token is tested before it replaces the old one.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_hub::{RotateConnectorError, UpdateConnector};
use zeroize::Zeroizing;

use super::connector::{At, known_slug, view};
use super::rail::finished;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page_about};
use crate::dashboard::secret::Secret;
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// The new token, or the wish to have none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RotateForm {
    token: Secret,
    anyway: String,
    remove: String,
}

/// Replaces or removes the token.
pub(crate) async fn rotate_token(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<RotateForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let actor = admin.actor();
    if !form.remove.is_empty() {
        let nothing = UpdateConnector {
            token: Some(Zeroizing::new(String::new())),
            ..UpdateConnector::default()
        };
        state.hub.update_connector(&actor, &slug, nothing).await?;
        return Ok(go(&format!(
            "/integrations/c/{slug}?tab=connection&done=token_removed&what={slug}"
        )));
    }
    let error = match state
        .hub
        .rotate_connector(&actor, &slug, &form.token.0, form.anyway.is_empty())
        .await
    {
        Ok(_) => {
            return Ok(go(&format!(
                "/integrations/c/{slug}?tab=connection&done=rotated&what={slug}"
            )));
        }
        Err(RotateConnectorError::Store(error)) => return Ok(Problem::from(error).into_response()),
        Err(error) => error,
    };
    let shell = asked.shell(&state, &admin.0, Section::Integrations).await;
    let mut view = view(&state, shell, &slug, At::Connection).await?;
    if let Some(edit) = &mut view.edit {
        edit.token.problem = match &error {
            RotateConnectorError::Invalid { field } => field.detail.clone(),
            other => other.to_string(),
        };
        edit.save_anyway = matches!(error, RotateConnectorError::TestFailed { .. });
    }
    if let RotateConnectorError::TestFailed { report } = &error {
        let mut rail = finished(report);
        rail.bearer = None;
        view.tested = Some(rail);
    }
    Ok(page_about(error, &view))
}
