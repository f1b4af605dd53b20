//! `POST /integrations/c/{slug}/edit`: name, address and header. The key never changes.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_hub::{AuditFilter, AuditRow, EditConnectorError, UpdateConnector};

use super::connector::{At, known_slug, view};
use super::detail_view::EditForms;
use super::draft::cautions;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::first::who_was_first;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page_about};
use crate::dashboard::secret::Secret;
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// The changes after which a form is out of date.
const SAVING: [&str; 4] = [
    "connector.added",
    "connector.changed",
    "connector.token_rotated",
    "connector.turned_on",
];

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EditForm {
    name: String,
    url: String,
    auth_header: String,
    token: Secret,
    row_version: String,
}

/// Saves the change, or shows the form again with what was typed, except the token.
pub(crate) async fn edit_connector(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<EditForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let token = Some(&form.token.0).filter(|token| !token.is_empty());
    let update = UpdateConnector {
        name: Some(form.name.clone()),
        url: Some(form.url.clone()),
        token: token.cloned(),
        auth_header: Some(form.auth_header.clone()),
        normalise: None,
        row_version: form.row_version.parse().ok(),
    };
    let error = match state
        .hub
        .update_connector(&admin.actor(), &slug, update)
        .await
    {
        Ok(_) => {
            return Ok(go(&format!(
                "/integrations/c/{slug}?tab=connection&done=saved&what={slug}"
            )));
        }
        Err(EditConnectorError::Store(error)) => return Ok(Problem::from(error).into_response()),
        Err(error) => error,
    };
    let shell = asked.shell(&state, &admin.0, Section::Integrations).await;
    let mut view = view(&state, shell, &slug, At::Connection).await?;
    if let Some(edit) = &mut view.edit {
        explain(edit, &form, &error);
        if matches!(error, EditConnectorError::Stale) {
            let filter = AuditFilter {
                connector: Some(slug.clone()),
                ..AuditFilter::default()
            };
            let saves = |change: &AuditRow| SAVING.contains(&change.action.as_str());
            let first = who_was_first(&state, "this", &filter, saves).await?;
            edit.general = Some(format!("{first} Nothing was saved."));
            edit.theirs = Some(format!("/integrations/c/{slug}?tab=connection"));
        }
    }
    Ok(page_about(error, &view))
}

fn explain(edit: &mut EditForms, form: &EditForm, error: &EditConnectorError) {
    edit.name.value.clone_from(&form.name);
    edit.url.value.clone_from(&form.url);
    edit.cautions = cautions(&form.url);
    edit.header.value.clone_from(&form.auth_header);
    match error {
        EditConnectorError::Invalid { fields } => {
            for field in fields {
                match field.field {
                    "name" => edit.name.problem.clone_from(&field.detail),
                    "url" => edit.url.problem.clone_from(&field.detail),
                    "auth_header" => edit.header.problem.clone_from(&field.detail),
                    _ => {
                        edit.asks_token = true;
                        edit.token_help.clone_from(&field.detail);
                    }
                }
            }
        }
        EditConnectorError::TokenRequiredForNewOrigin { .. }
        | EditConnectorError::SecretUnreadable => {
            edit.asks_token = true;
            edit.token_help = error.to_string();
            edit.general = Some(error.to_string());
        }
        // The newer version's number is on the page now, so sending the form again keeps what was typed.
        EditConnectorError::Stale | EditConnectorError::Store(_) => {}
    }
}
