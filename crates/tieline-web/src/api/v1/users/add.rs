//! Adds a person, with a password or with an invitation.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use tieline_domain::Role;
use tieline_hub::NewUser;
use utoipa::ToSchema;

use super::object::{UserObject, take_role};
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A person to add.
#[derive(ToSchema)]
#[schema(as = NewUser)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct NewUserBody {
    email: String,
    /// Made from the e-mail address if absent.
    name: Option<String>,
    /// `admin` or `member`; `member` if absent.
    role: Option<String>,
    /// Without one, an invitation is made.
    password: Option<String>,
}

/// A person who was added.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedUser)]
pub(super) struct AddedUserObject {
    #[serde(flatten)]
    user: UserObject,
    /// The link with which they choose a password, valid for 72 hours. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_url: Option<String>,
}

/// Adds a person
#[utoipa::path(post, path = "/api/v1/users", tag = "People", request_body = NewUserBody,
    responses(
        (status = 201, description = "Added.", body = AddedUserObject),
        (status = 409, description = "Somebody has this e-mail address already (`email_taken`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn add_user(
    admin: ApiAdmin,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<(StatusCode, Json<AddedUserObject>), Problem> {
    let new = NewUser {
        email: fields.text("email", "email_type"),
        name: fields
            .optional_text("name", "name_type")
            .unwrap_or_default(),
        role: take_role(&mut fields).unwrap_or(Role::Member),
        password: fields.optional_secret("password", "password_type"),
    };
    fields.finish()?;
    let added = state.hub.add_user(&admin.actor(), new).await?;
    let base = state.settings.base_url();
    let invitation_url = added
        .invitation
        .map(|code| format!("{base}/invitation?code={}", code.expose()));
    Ok((
        StatusCode::CREATED,
        Json(AddedUserObject {
            user: added.user.into(),
            invitation_url,
        }),
    ))
}
