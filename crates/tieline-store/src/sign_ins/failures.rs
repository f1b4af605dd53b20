//! Failed attempts to sign in, counted by address and by account, to slow down who guesses.

use std::time::Duration;

use tieline_domain::Timestamp;

use crate::read::bounded;
use crate::{Store, StoreError};

/// Longer than any window in which failures are counted.
const KEEP_FAILURES: Duration = Duration::from_hours(24);

impl Store {
    /// Counts a failure, and forgets those that are too old to matter.
    pub async fn sign_in_failure_record(
        &self,
        scope: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "INSERT INTO sign_in_failures (scope, at) VALUES ($1, $2)",
            scope,
            at.as_millis()
        )?;
        execute!(
            conn,
            "DELETE FROM sign_in_failures WHERE at < $1",
            at.minus(KEEP_FAILURES).as_millis()
        )?;
        Ok(())
    }

    /// How many failures there were since then. Reaches back one day at most.
    pub async fn sign_in_failures_since(
        &self,
        scope: &str,
        since: Timestamp,
    ) -> Result<u32, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (i64,),
            "SELECT COUNT(*) FROM sign_in_failures WHERE scope = $1 AND at >= $2",
            scope,
            since.as_millis(),
        )?;
        Ok(found.map_or(0, |(failures,)| bounded(failures)))
    }

    /// Forgets the failures of a scope.
    pub async fn sign_in_failures_clear(&self, scope: &str) -> Result<(), StoreError> {
        let mut conn = self.db().write().await?;
        execute!(conn, "DELETE FROM sign_in_failures WHERE scope = $1", scope)?;
        Ok(())
    }
}
