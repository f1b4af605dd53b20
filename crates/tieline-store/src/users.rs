//! People with an account, and the invitations with which they choose their first password.

mod find;
mod first_admin;
mod insert;
mod invitations;
mod update;
mod usage;

pub(crate) use find::by_id;
pub use invitations::InvitationRow;
pub use update::UserPatch;
pub use usage::UserUse;

use std::fmt;

use sqlx::FromRow;
use tieline_domain::{Role, Timestamp, UserId};

use crate::StoreError;
use crate::read::{parsed, time};

/// A user as stored. `Debug` leaves the password's hash out.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Their id.
    pub id: UserId,
    /// Their e-mail address in lower case, unique among users.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The hash of their password. Without one they cannot sign in yet.
    pub password_hash: Option<String>,
    /// Since when they may do nothing any more.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were last here, with a browser or with a key.
    pub last_seen_at: Option<Timestamp>,
}

impl fmt::Debug for UserRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRow")
            .field("id", &self.id)
            .field("email", &self.email)
            .field("role", &self.role)
            .field("has_password", &self.password_hash.is_some())
            .field("disabled_at", &self.disabled_at)
            .finish_non_exhaustive()
    }
}

/// The columns in the order of [`Columns`], `id` first.
macro_rules! columns {
    () => {
        "id, email, name, role, password_hash, disabled_at, created_at, last_seen_at"
    };
}
use columns;

#[derive(FromRow)]
struct Columns {
    id: String,
    email: String,
    name: String,
    role: String,
    password_hash: Option<String>,
    disabled_at: Option<i64>,
    created_at: i64,
    last_seen_at: Option<i64>,
}

impl TryFrom<Columns> for UserRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("users.id", &row.id)?,
            email: row.email,
            name: row.name,
            role: parsed("users.role", &row.role)?,
            password_hash: row.password_hash,
            disabled_at: row.disabled_at.map(time),
            created_at: time(row.created_at),
            last_seen_at: row.last_seen_at.map(time),
        })
    }
}
