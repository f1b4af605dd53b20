//! Notes when keys were used. Written in batches by the recorder; nothing that replicas hold in memory changes.

use std::collections::BTreeMap;

use tieline_domain::{KeyId, Timestamp};

use crate::read::foreign_optional;
use crate::{Store, StoreError};

impl Store {
    /// Notes uses of keys: which, when and by what client. Of several uses of one key the latest counts, in whatever
    /// order they come.
    pub async fn keys_touch(
        &self,
        mut uses: Vec<(KeyId, Timestamp, Option<String>)>,
    ) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        // Rows are locked in one order, first keys and then users, so that two replicas cannot block each other.
        uses.sort_by_key(|(id, at, _)| (*id, *at));
        let mut owners: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut tx = self.db().begin_append().await?;
        for (id, at, client) in uses {
            let owner = fetch_optional!(
                tx,
                (String,),
                "UPDATE access_keys SET last_used_at = $2, last_client = COALESCE($3, last_client)
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2) RETURNING user_id",
                id.to_string(),
                at.as_millis(),
                foreign_optional(client.as_deref()).as_deref(),
            )?;
            if let Some((owner,)) = owner {
                let seen = owners.entry(owner).or_insert(at);
                *seen = at.max(*seen);
            }
        }
        for (owner, at) in owners {
            execute!(
                tx,
                "UPDATE users SET last_seen_at = $2 WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2)",
                owner,
                at.as_millis(),
            )?;
        }
        tx.commit().await
    }
}
