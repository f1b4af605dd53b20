//! Lists people.

use tieline_domain::{Actor, Email, Role, Timestamp, UserId};
use tieline_store::{StoreError, UserRow};

use crate::Hub;

/// A person as pages, REST and the command line show them.
#[derive(Clone, Debug)]
pub struct UserView {
    /// Their id.
    pub id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Whether they have a password yet; an invited person has none.
    pub has_password: bool,
    /// When they were suspended.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were last here.
    pub last_seen_at: Option<Timestamp>,
}

impl UserView {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.id,
            name: self.name.clone(),
        }
    }
}

impl From<UserRow> for UserView {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            role: row.role,
            has_password: row.password_hash.is_some(),
            disabled_at: row.disabled_at,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

impl Hub {
    /// Everybody, sorted by name.
    pub async fn list_users(&self) -> Result<Vec<UserView>, StoreError> {
        let mut users: Vec<UserView> = self
            .inner
            .store
            .users()
            .await?
            .into_iter()
            .map(UserView::from)
            .collect();
        users.sort_by_key(|user| user.name.to_lowercase());
        Ok(users)
    }

    /// One person; [`StoreError::NotFound`] when there is none with this id.
    pub async fn user(&self, id: UserId) -> Result<UserView, StoreError> {
        let row = self.inner.store.user_by_id(id).await?;
        row.map(UserView::from).ok_or(StoreError::NotFound)
    }

    /// The person with this e-mail address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<UserView>, StoreError> {
        Ok(self
            .inner
            .store
            .user_by_email(email.as_str())
            .await?
            .map(UserView::from))
    }

    /// The names of those who may change things, for pages that say whom to ask.
    pub async fn admin_names(&self) -> Result<Vec<String>, StoreError> {
        let users = self.list_users().await?;
        Ok(users
            .into_iter()
            .filter(|user| user.role == Role::Admin && user.disabled_at.is_none())
            .map(|user| user.name)
            .collect())
    }
}
