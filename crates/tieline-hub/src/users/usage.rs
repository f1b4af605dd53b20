//! Who and what is affected when a person is suspended, or gets another role.

use std::time::Duration;

use tieline_domain::UserId;
use tieline_store::StoreError;

use crate::Hub;

const WEEK: Duration = Duration::from_hours(7 * 24);

/// What a person has and does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserUsage {
    /// Turns of the built-in agent that run or wait now.
    pub turns: u64,
    /// Access keys that work.
    pub keys: u64,
    /// Browsers that are signed in.
    pub sign_ins: u64,
    /// Calls in the last 7 days.
    pub calls: u64,
    /// How many connectors they went to.
    pub connectors: u64,
}

impl Hub {
    /// What a person has and does; [`StoreError::NotFound`] when there is no such person.
    pub async fn user_usage(&self, id: UserId) -> Result<UserUsage, StoreError> {
        self.user(id).await?;
        let now = self.clock().now();
        let used = self.inner.store.user_use(id, now.minus(WEEK)).await?;
        let keys = self.list_keys(Some(id)).await?;
        let working = keys
            .iter()
            .filter(|key| key.expires_at.is_none_or(|at| at > now));
        Ok(UserUsage {
            turns: used.turns,
            keys: working.count() as u64,
            sign_ins: self.list_sign_ins(id, None).await?.len() as u64,
            calls: used.calls,
            connectors: used.connectors,
        })
    }
}
