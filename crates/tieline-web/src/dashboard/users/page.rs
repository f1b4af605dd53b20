//! `GET /users`

use axum::extract::State;
use axum::response::Response;
use tieline_domain::{Role, Timestamp, UserId};
use tieline_hub::{SignedIn, UserView};

use super::view::{Action, PersonRow, UsersPage};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::moment::when;
use crate::dashboard::monogram::initials;
use crate::dashboard::page::page;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Section;
use crate::dashboard::words::counted;
use crate::problem::Problem;
use crate::state::AppState;

/// Everybody.
pub(crate) async fn users_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    Ok(page(&view(&state, asked, &who).await?))
}

/// The page as it is before anything was typed.
pub(super) async fn view(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
) -> Result<UsersPage, Problem> {
    let users = state.hub.list_users().await?;
    let now = state.hub.clock().now();
    let intro = format!(
        "{}. Members use the tools, admins also manage them.",
        counted(users.len() as u64, "person", "people")
    );
    Ok(UsersPage {
        shell: asked.shell(state, who, Section::Users).await,
        intro,
        link: None,
        email: Field::required(""),
        name: Field {
            note: "optional".to_owned(),
            ..Field::default()
        },
        role_admin: false,
        people: users
            .into_iter()
            .map(|user| row(user, who.user, now))
            .collect(),
    })
}

/// A person in one line.
pub(super) fn row(user: UserView, you: UserId, now: Timestamp) -> PersonRow {
    let suspended = user.disabled_at.is_some();
    let (state, state_class) = match (suspended, user.has_password) {
        (true, _) => ("Suspended", "warn"),
        (false, false) => ("Invited", "acc"),
        (false, true) => ("", ""),
    };
    PersonRow {
        href: format!("/users/{}", user.id),
        initials: initials(&user.name),
        role: if user.role == Role::Admin {
            "Admin"
        } else {
            "Member"
        },
        you: user.id == you,
        state,
        state_class,
        seen: user.last_seen_at.map(|at| when(at, now)),
        actions: if user.id == you {
            Vec::new()
        } else {
            actions(&user, suspended)
        },
        name: user.name,
        email: user.email,
    }
}

/// Nobody changes their own role or suspends themselves: the way back would need somebody else.
fn actions(user: &UserView, suspended: bool) -> Vec<Action> {
    let action = |label, verb: &str, asks, danger| Action {
        label,
        href: format!("/users/{}/{verb}", user.id),
        asks,
        danger,
    };
    if suspended {
        return vec![action("Restore", "restore", false, false)];
    }
    let role = match user.role {
        Role::Admin => action("Make member", "role?role=member", true, false),
        Role::Member => action("Make admin", "role?role=admin", true, false),
    };
    let mut actions = vec![role, action("Suspend", "suspend", true, true)];
    if !user.has_password {
        actions.insert(0, action("New link", "invite", false, false));
    }
    actions
}
