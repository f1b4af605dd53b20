//! Forgets what was said in calls.

use tieline_domain::Timestamp;

use crate::{Store, StoreError};

/// Small enough that other writers do not wait long.
const ROWS_AT_ONCE: i64 = 500;

impl Store {
    /// Removes the contents of calls before a time. Answers how many.
    pub async fn call_contents_purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.purge_contents(before.as_millis()).await
    }

    /// Removes all contents, also from the files. Answers how many.
    pub async fn call_contents_purge_all(&self) -> Result<u64, StoreError> {
        let purged = self.purge_contents(i64::MAX).await?;
        if purged > 0 {
            self.scrubber().announce();
            self.scrub().await;
        }
        Ok(purged)
    }

    async fn purge_contents(&self, before: i64) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            // The connection goes back in between, so that others get their turn.
            let mut conn = self.db().write().await?;
            let removed = execute!(
                conn,
                "DELETE FROM call_contents WHERE call_id IN
                     (SELECT call_id FROM call_contents WHERE at < $1 ORDER BY at LIMIT $2)",
                before,
                ROWS_AT_ONCE,
            )?;
            purged += removed;
            if removed == 0 {
                return Ok(purged);
            }
        }
    }
}
