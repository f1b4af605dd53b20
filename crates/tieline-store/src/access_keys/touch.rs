//! Notes when keys were used. Written in batches by the recorder; nothing that replicas hold in memory changes.

use std::collections::BTreeMap;

use tieline_domain::{KeyId, Timestamp};

use crate::read::foreign_optional;
use crate::{Store, StoreError};

/// One use of a key.
#[derive(Clone, Debug)]
pub struct KeyUse {
    /// Which key.
    pub id: KeyId,
    /// When.
    pub at: Timestamp,
    /// What the client calls itself.
    pub client: Option<String>,
}

impl Store {
    /// Notes uses of keys. Of several uses of one key the latest counts, in whatever order they come.
    pub async fn keys_touch_many(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        // Rows are locked in one order, first keys and then users, so that two replicas cannot block each other.
        let mut uses: Vec<&KeyUse> = uses.iter().collect();
        uses.sort_by_key(|used| (used.id, used.at));
        let mut owners: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut tx = self.db().begin_append().await?;
        for used in uses {
            let owner = fetch_optional!(
                tx,
                (String,),
                "UPDATE access_keys SET last_used_at = $2, last_client = COALESCE($3, last_client)
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2) RETURNING user_id",
                used.id.to_string(),
                used.at.as_millis(),
                foreign_optional(used.client.as_deref()).as_deref(),
            )?;
            if let Some((owner,)) = owner {
                let seen = owners.entry(owner).or_insert(used.at);
                *seen = used.at.max(*seen);
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
