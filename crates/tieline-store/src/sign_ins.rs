//! Browsers that are signed in, and failed attempts to be.
//!
//! None of this has an audit row of its own: who signed in is recorded by the use case, and the rest is bookkeeping.

mod end;
mod ended_by;
mod failures;
mod find;
mod insert;
mod list;
mod remove;
mod touch;

use std::fmt;

use tieline_domain::{Timestamp, UserId};

/// A signed-in browser.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInRow {
    /// The hash of its cookie.
    pub id_hash: [u8; 32],
    /// Whose it is.
    pub user_id: UserId,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last here.
    pub last_seen_at: Timestamp,
    /// Until when the cookie is good.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

impl fmt::Debug for SignInRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRow")
            .field("user_id", &self.user_id)
            .field("created_at", &self.created_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
