//! Where a person is signed in.

use std::time::Duration;

use tieline_domain::{RandomCode, Settings, Timestamp, UserId};
use tieline_store::{SignInRow, StoreError};

use crate::Hub;

/// A browser that is signed in, as its person and admins see it.
#[derive(Clone, Debug)]
pub struct SignInView {
    /// What it is ended by. It does not suffice to be signed in.
    pub id: String,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last here.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub here: bool,
}

impl Hub {
    /// Where a person is signed in now, the latest first. `cookie` is that of whoever asks.
    pub async fn list_sign_ins(
        &self,
        user: UserId,
        cookie: Option<&str>,
    ) -> Result<Vec<SignInView>, StoreError> {
        let own = cookie.and_then(|cookie| RandomCode::parse(cookie).ok());
        let own = own.map(|code| code.hash());
        let rows = self.standing_sign_ins(user).await?;
        Ok(rows
            .into_iter()
            .map(|row| SignInView {
                id: public_id(&row.id_hash),
                here: own == Some(row.id_hash),
                user_agent: row.user_agent,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
            })
            .collect())
    }

    pub(super) async fn standing_sign_ins(
        &self,
        user: UserId,
    ) -> Result<Vec<SignInRow>, StoreError> {
        let (now, limits) = (self.clock().now(), self.settings_in_force());
        let mut rows = self.inner.store.sign_ins(user).await?;
        rows.retain(|row| !is_over(row, now, &limits));
        Ok(rows)
    }
}

/// Whether a sign-in ended by itself. Both lengths are those of now: shorter ones end sign-ins that began before.
pub(super) fn is_over(row: &SignInRow, now: Timestamp, limits: &Settings) -> bool {
    let idle = Duration::from_hours(1) * limits.sign_in_idle_hours;
    let longest = Duration::from_hours(24) * limits.sign_in_days;
    now >= row.expires_at
        || now.since(row.created_at) >= longest
        || now.since(row.last_seen_at) > idle
}

/// Half of the hash of the cookie: enough to name a sign-in, and nothing leads from it to the cookie.
pub(super) fn public_id(id_hash: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    id_hash[..16].iter().fold(String::new(), |mut id, byte| {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}
