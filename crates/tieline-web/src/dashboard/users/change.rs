//! `/users/{id}/role`, `…/suspend` and `…/restore`: the question with its consequence, and the change. It acts within a
//! second.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_domain::Role;
use tieline_hub::{SignedIn, UpdateUserError, UserChange, UserUsage, UserView};

use super::ask::{ends, goes_on};
use super::invite::known;
use super::view::Question;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// The new role.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RoleForm {
    role: String,
}

/// What is to be done about a person.
#[derive(Debug, Clone, Copy)]
enum Change {
    Role(Role),
    Suspend,
    Restore,
}

/// Asks whether the person should get the other role.
pub(crate) async fn role_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(id): Path<String>,
    Query(form): Query<RoleForm>,
) -> Result<Response, Problem> {
    let role: Role = form.role.parse().map_err(|_| Problem::not_found())?;
    let view = question(&state, asked, &who, &id, Change::Role(role)).await?;
    Ok(page(&view))
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
    change(&state, asked, &admin, &id, Change::Role(role)).await
}

/// Asks whether the person should be suspended.
pub(crate) async fn suspend_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = question(&state, asked, &who, &id, Change::Suspend).await?;
    Ok(page(&view))
}

/// Suspends a person: their sign-ins end, their keys stop working, and their turns stop.
pub(crate) async fn suspend(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    change(&state, asked, &admin, &id, Change::Suspend).await
}

/// Lets a suspended person in again.
pub(crate) async fn restore(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    change(&state, asked, &admin, &id, Change::Restore).await
}

async fn change(
    state: &AppState,
    asked: Asked,
    admin: &Admin,
    id: &str,
    what: Change,
) -> Result<Response, Problem> {
    let mut wanted = UserChange::default();
    let done = match what {
        Change::Role(role) => {
            wanted.role = Some(role);
            "user_saved"
        }
        Change::Suspend => {
            wanted.disabled = Some(true);
            "user_suspended"
        }
        Change::Restore => {
            wanted.disabled = Some(false);
            "user_restored"
        }
    };
    match state
        .hub
        .update_user(&admin.actor(), known(id)?, wanted)
        .await
    {
        Ok(user) => Ok(go(&format!("/users/{}?done={done}", user.id))),
        Err(UpdateUserError::Store(error)) => Ok(Problem::from(error).into_response()),
        Err(error) => {
            let mut view = question(state, asked, &admin.0, id, what).await?;
            view.problem = error.to_string();
            Ok(page_about(error, &view))
        }
    }
}

async fn question(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    id: &str,
    what: Change,
) -> Result<Question, Problem> {
    let user = state.hub.user(known(id)?).await?;
    let usage = state.hub.user_usage(user.id).await?;
    let shell = asked.shell(state, who, Section::Users).await;
    let words = words(&user, &usage, what);
    Ok(Question {
        shell,
        problem: String::new(),
        back: format!("/users/{}", user.id),
        action: format!("/users/{}/{}", user.id, words.verb),
        name: user.name,
        crumb: words.button,
        title: words.title,
        lead: words.lead,
        lines: words.lines,
        field: words.field,
        button: words.button,
        danger: words.danger,
    })
}

struct Words {
    verb: &'static str,
    title: String,
    lead: String,
    lines: Vec<String>,
    field: Option<(&'static str, &'static str)>,
    button: &'static str,
    danger: bool,
}

fn words(user: &UserView, usage: &UserUsage, what: Change) -> Words {
    let name = &user.name;
    match what {
        Change::Suspend => Words {
            verb: "suspend",
            title: format!("Suspend {name}?"),
            lead: format!("{name} can do nothing any more, within a second. Nothing is deleted."),
            lines: ends(usage),
            field: None,
            button: "Suspend",
            danger: true,
        },
        Change::Restore => Words {
            verb: "restore",
            title: format!("Restore {name}?"),
            lead: format!("{name} can sign in again, and access keys work again."),
            lines: Vec::new(),
            field: None,
            button: "Restore",
            danger: false,
        },
        Change::Role(Role::Admin) => Words {
            verb: "role",
            title: format!("Make {name} an admin?"),
            lead: format!(
                "{name} can add, change and remove connectors and people, and sees everybody’s calls."
            ),
            lines: goes_on(usage),
            field: Some(("role", "admin")),
            button: "Make admin",
            danger: false,
        },
        Change::Role(Role::Member) => Words {
            verb: "role",
            title: format!("Make {name} a member?"),
            lead: format!(
                "{name} loses Integrations, Activity, Users and Settings within a second, open pages included."
            ),
            lines: goes_on(usage),
            field: Some(("role", "member")),
            button: "Make member",
            danger: false,
        },
    }
}
