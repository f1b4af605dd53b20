//! Forgets old calls.

use tieline_domain::{CallId, Timestamp};

use super::CLOCK_SLACK;

use crate::{Store, StoreError};

/// Small enough that other writers do not wait long.
const ROWS_AT_ONCE: i64 = 5_000;

impl Store {
    /// Removes the calls before a time. Answers how many.
    pub async fn calls_purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        // One that was written much later than it ended stays until its id is as old.
        let behind = CallId::first_at(before.plus(CLOCK_SLACK)).to_string();
        let mut purged = 0;
        loop {
            // The connection goes back in between, so that others get their turn.
            let mut conn = self.db().write().await?;
            let removed = execute!(
                conn,
                "DELETE FROM calls WHERE id IN
                     (SELECT id FROM calls WHERE at < $1 AND id < $2 ORDER BY id LIMIT $3)",
                before.as_millis(),
                behind.as_str(),
                ROWS_AT_ONCE,
            )?;
            purged += removed;
            if removed == 0 {
                return Ok(purged);
            }
        }
    }
}
