//! A person as REST shows them.

use serde::Serialize;
use tieline_domain::{Role, Timestamp, UserId};
use tieline_hub::UserView;
use utoipa::ToSchema;

use crate::api::body::Fields;

/// A person who uses Tieline.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserObject {
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    email: String,
    name: String,
    /// `admin` or `member`.
    #[schema(value_type = String)]
    role: Role,
    /// Whether they chose a password; an invited person has none yet.
    has_password: bool,
    /// Whether they are suspended.
    disabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
}

impl From<UserView> for UserObject {
    fn from(view: UserView) -> Self {
        Self {
            id: view.id,
            email: view.email,
            name: view.name,
            role: view.role,
            has_password: view.has_password,
            disabled: view.disabled_at.is_some(),
            created_at: view.created_at,
            last_seen_at: view.last_seen_at,
        }
    }
}

/// Takes the role out of a body, if there is one.
pub(super) fn take_role(fields: &mut Fields) -> Option<Role> {
    let text = fields.changed_text("role", "role_type")?;
    match text.parse::<Role>() {
        Ok(role) => Some(role),
        Err(error) => {
            fields.refuse("role", error.code(), error.to_string());
            None
        }
    }
}
