//! Who would be signed out if sign-ins ended sooner.

use tieline_domain::Timestamp;

use crate::read::uncount;
use crate::{Store, StoreError};

impl Store {
    /// How many people have a sign-in that is good now, but was last used before `idle_since` or began before
    /// `begun_since`. `used_since` and `now` say what is good now.
    pub async fn sign_ins_ended_by(
        &self,
        (now, used_since, valid_since): (Timestamp, Timestamp, Timestamp),
        (idle_since, begun_since): (Timestamp, Timestamp),
    ) -> Result<u64, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (i64,),
            "SELECT COUNT(DISTINCT user_id) FROM sign_ins
             WHERE expires_at > $1 AND last_seen_at >= $2 AND created_at > $3
                 AND (last_seen_at < $4 OR created_at <= $5)",
            now.as_millis(),
            used_since.as_millis(),
            valid_since.as_millis(),
            idle_since.as_millis(),
            begun_since.as_millis(),
        )?;
        Ok(found.map_or(0, |(people,)| uncount(people)))
    }
}
