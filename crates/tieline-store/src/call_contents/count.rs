//! How many contents are older than a moment.

use tieline_domain::Timestamp;

use crate::read::uncount;
use crate::{Store, StoreError};

impl Store {
    /// Of how many calls the content is kept, and how many of those are from before a time.
    pub async fn call_contents_older(&self, before: Timestamp) -> Result<(u64, u64), StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (i64, i64),
            "SELECT COUNT(*), COUNT(CASE WHEN at < $1 THEN 1 END) FROM call_contents",
            before.as_millis(),
        )?;
        Ok(found.map_or((0, 0), |(all, older)| (uncount(all), uncount(older))))
    }
}
