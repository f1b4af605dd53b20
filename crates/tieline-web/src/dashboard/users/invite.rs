//! `POST /users` and `POST /users/{id}/invite`: an invitation link, shown this once.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_domain::{RandomCode, Role, UserId};
use tieline_hub::{AddUserError, NewUser};

use super::page::view;
use super::person;
use super::view::InvitationLink;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{page, page_about};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InviteForm {
    email: String,
    name: String,
    role: String,
}

/// Adds a person. The answer is the page itself: after a redirect the link could not be shown any more.
pub(crate) async fn invite(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(form): Form<InviteForm>,
) -> Result<Response, Problem> {
    let role = if form.role == "admin" {
        Role::Admin
    } else {
        Role::Member
    };
    let new = NewUser {
        email: form.email.clone(),
        name: form.name.clone(),
        role,
        password: None,
    };
    match state.hub.add_user(&admin.actor(), new).await {
        Ok(added) => {
            let mut view = view(&state, asked, &admin.0).await?;
            view.link = added
                .invitation
                .map(|code| link(&state, &added.user.email, &code));
            Ok(page(&view))
        }
        Err(AddUserError::Store(error)) => Ok(Problem::from(error).into_response()),
        Err(error) => {
            let mut view = view(&state, asked, &admin.0).await?;
            view.email.value.clone_from(&form.email);
            view.name.value.clone_from(&form.name);
            view.role_admin = role == Role::Admin;
            match &error {
                AddUserError::Invalid { fields } => {
                    for field in fields {
                        let place = if field.field == "email" {
                            &mut view.email
                        } else {
                            &mut view.name
                        };
                        place.problem.clone_from(&field.detail);
                    }
                }
                other => view.email.problem = other.to_string(),
            }
            Ok(page_about(error, &view))
        }
    }
}

/// A new link for a person whose first one ran out; the one before stops working.
pub(crate) async fn invite_again(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let user = state.hub.user(id).await?;
    if user.has_password {
        return Err(Problem::not_found());
    }
    let code = state.hub.invite(&admin.actor(), id, &user.email).await?;
    let link = link(&state, &user.email, &code);
    let mut view = person::view(&state, asked, &admin.0, user, None).await?;
    view.link = Some(link);
    Ok(page(&view))
}

/// The id in an address, or 404.
pub(super) fn known(id: &str) -> Result<UserId, Problem> {
    UserId::parse(id).map_err(|_| Problem::not_found())
}

fn link(state: &AppState, email: &str, code: &RandomCode) -> InvitationLink {
    InvitationLink {
        title: format!("Invitation for {email}"),
        url: format!(
            "{}/invitation?code={}",
            state.settings.base_url(),
            code.expose()
        ),
    }
}
