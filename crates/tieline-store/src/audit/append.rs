//! Adds a row to the chain, in the transaction of the change that it records.

use tieline_domain::Actor;

use super::{Columns, link};
use crate::change::Change;
use crate::dialect::Tx;
use crate::read::foreign;
use crate::{NewAudit, Store, StoreError};

impl Store {
    /// Records something that changed nothing else in the database: a sign-in, a test, an export.
    pub async fn audit_append(&self, change: &Change) -> Result<(), StoreError> {
        let tx = self.db().begin().await?;
        change.commit(tx).await
    }
}

/// Without this row there is no change: a failure here rolls the transaction back.
pub(crate) async fn append(tx: &mut Tx, change: &Change) -> Result<(), StoreError> {
    let head = fetch_optional!(
        tx,
        (i64, Vec<u8>),
        "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash",
    )?;
    let (seq, prev_hash) = head.ok_or_else(|| StoreError::corrupt("audit_head has no row"))?;
    let mut row = columns(&change.audit, seq, prev_hash);
    row.hash = (change.chain)(&link::row_bytes(&row)).to_vec();
    let mac = (change.chain)(&link::head_bytes(seq, &row.hash));
    execute!(
        tx,
        "INSERT INTO audit (seq, id, at, actor_kind, actor_id, actor_name, action, target_kind, target, detail,
             prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.seq,
        &row.id,
        row.at,
        &row.actor_kind,
        &row.actor_id,
        &row.actor_name,
        &row.action,
        &row.target_kind,
        &row.target,
        &row.detail,
        &row.prev_hash,
        &row.hash,
    )?;
    execute!(
        tx,
        "UPDATE audit_head SET hash = $1, mac = $2 WHERE id = 1",
        &row.hash,
        &mac[..]
    )?;
    Ok(())
}

fn columns(audit: &NewAudit, seq: i64, prev_hash: Vec<u8>) -> Columns {
    let actor_kind = match &audit.actor {
        Actor::User { .. } => "user",
        Actor::CommandLine => "command_line",
        Actor::System => "system",
    };
    // What is hashed is what is stored, so text is made storable first.
    Columns {
        seq,
        id: audit.id.to_string(),
        at: audit.at.as_millis(),
        actor_kind: actor_kind.to_owned(),
        actor_id: audit.actor.user_id().map(|id| id.to_string()),
        actor_name: foreign(&audit.actor.to_string()).into_owned(),
        action: audit.action.to_owned(),
        target_kind: audit.target_kind.to_owned(),
        target: foreign(&audit.target).into_owned(),
        detail: foreign(&audit.detail).into_owned(),
        prev_hash,
        hash: Vec::new(),
    }
}
