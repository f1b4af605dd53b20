//! `POST /users/{id}/role`, `…/suspend` and `…/restore`. It acts on the person's next request.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_domain::Role;
use tieline_hub::{UpdateUserError, UserChange};

use super::invite::known;
use super::page::view;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page_about};
use crate::problem::Problem;
use crate::state::AppState;

/// The new role.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RoleForm {
    role: String,
}

/// Makes a person an admin or a member.
pub(crate) async fn change_role(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Problem> {
    let role: Role = form.role.parse().map_err(|_| Problem::not_found())?;
    change(
        &state,
        asked,
        &admin,
        &id,
        UserChange {
            role: Some(role),
            ..UserChange::default()
        },
    )
    .await
}

/// Suspends a person: their sign-ins end and their keys stop working.
pub(crate) async fn suspend(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    change(
        &state,
        asked,
        &admin,
        &id,
        UserChange {
            disabled: Some(true),
            ..UserChange::default()
        },
    )
    .await
}

/// Lets a suspended person in again.
pub(crate) async fn restore(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    change(
        &state,
        asked,
        &admin,
        &id,
        UserChange {
            disabled: Some(false),
            ..UserChange::default()
        },
    )
    .await
}

async fn change(
    state: &AppState,
    asked: Asked,
    admin: &Admin,
    id: &str,
    change: UserChange,
) -> Result<Response, Problem> {
    match state
        .hub
        .update_user(&admin.actor(), known(id)?, change)
        .await
    {
        Ok(_) => Ok(go("/users?done=user_saved")),
        Err(UpdateUserError::Store(error)) => Ok(Problem::from(error).into_response()),
        Err(error) => {
            let mut view = view(state, asked, &admin.0).await?;
            view.problem = Some(error.to_string());
            Ok(page_about(error, &view))
        }
    }
}
