//! Recognises a browser by its cookie. The role is read from the database each time, so a change acts at once.

use std::time::Duration;

use tieline_domain::{Actor, RandomCode, Role, UserId};
use tieline_store::StoreError;

use super::list::is_over;
use crate::Hub;

/// The time of the last request is written at most this often.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// A person who is signed in, with the role that they have at this moment.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role now.
    pub role: Role,
}

impl SignedIn {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user,
            name: self.name.clone(),
        }
    }

    /// Whether they administer Tieline.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

impl Hub {
    /// The person that a cookie stands for, unless it ended, or they were suspended.
    pub async fn signed_in(&self, cookie: &str) -> Result<Option<SignedIn>, StoreError> {
        let Ok(code) = RandomCode::parse(cookie) else {
            return Ok(None);
        };
        let hash = code.hash();
        let Some((row, user)) = self.inner.store.sign_in_with_user(&hash).await? else {
            return Ok(None);
        };
        let now = self.clock().now();
        if is_over(&row, now, &self.settings_in_force()) || user.disabled_at.is_some() {
            self.inner.store.sign_in_delete(&hash).await?;
            return Ok(None);
        }
        if now.since(row.last_seen_at) > TOUCH_EVERY
            && let Err(error) = self.inner.store.sign_in_touch(&hash, now).await
        {
            // The page still works; at worst the sign-in ends a minute early.
            tracing::debug!(%error, "the last use of a sign-in could not be saved");
        }
        Ok(Some(SignedIn {
            user: user.id,
            name: user.name,
            email: user.email,
            role: user.role,
        }))
    }
}
