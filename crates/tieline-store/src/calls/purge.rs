//! Forgets old calls.

use tieline_domain::Timestamp;

use crate::{Store, StoreError};

impl Store {
    /// Removes the calls before a time. Answers how many.
    pub async fn calls_purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut conn = self.db().write().await?;
        Ok(execute!(
            conn,
            "DELETE FROM calls WHERE at < $1",
            before.as_millis()
        )?)
    }
}
