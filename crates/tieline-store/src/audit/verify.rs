//! Walks the chain from the start and says where it breaks.

use super::{Columns, link};
use crate::dialect::Conn;
use crate::read::uncount;
use crate::{AuditChain, Store, StoreError};

const ROWS_AT_ONCE: i64 = 500;

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row is as it was written, and none is missing.
    Intact {
        /// How many rows there are.
        rows: u64,
    },
    /// The row with this number was edited, removed, moved or added by someone without the key.
    FirstBadRow {
        /// Its number.
        seq: u64,
    },
    /// The rows from this number on were cut off.
    Truncated {
        /// The number of the first one that is missing.
        seq: u64,
    },
}

/// The last link that was found good.
struct Walk {
    seq: i64,
    hash: Vec<u8>,
}

struct Head {
    seq: i64,
    hash: Vec<u8>,
    mac: Vec<u8>,
}

impl Store {
    /// Checks every row of the audit log. Rows that are added meanwhile are checked too.
    pub async fn audit_verify(&self, chain: AuditChain) -> Result<AuditVerdict, StoreError> {
        let mut conn = self.db().read().await?;
        let mut walk = Walk {
            seq: 0,
            hash: link::START.to_vec(),
        };
        loop {
            // The head is read before the rows that it is compared with, and both are written in one transaction:
            // rows up to the head must exist, rows behind it may only exist if the head moved on meanwhile.
            let head = read_head(&mut conn).await?;
            if let Some(seq) = walk.to(&head, &mut conn, &chain).await? {
                return Ok(AuditVerdict::FirstBadRow { seq: uncount(seq) });
            }
            if !head.ends(&walk, &chain) {
                return Ok(AuditVerdict::Truncated {
                    seq: uncount(walk.seq + 1),
                });
            }
            if !row_exists_after(&mut conn, walk.seq).await? {
                return Ok(AuditVerdict::Intact {
                    rows: uncount(walk.seq),
                });
            }
            if read_head(&mut conn).await?.seq <= walk.seq {
                return Ok(AuditVerdict::FirstBadRow {
                    seq: uncount(walk.seq + 1),
                });
            }
        }
    }
}

impl Walk {
    /// Follows the chain up to the head. Answers the number of the first row that breaks it.
    async fn to(
        &mut self,
        head: &Head,
        conn: &mut Conn,
        chain: &AuditChain,
    ) -> Result<Option<i64>, StoreError> {
        loop {
            let rows = fetch_each!(
                conn,
                Columns,
                "SELECT seq, id, at, actor_kind, actor_id, actor_name, action, target_kind, target, detail, prev_hash,
                     hash
                 FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3",
                self.seq,
                head.seq,
                ROWS_AT_ONCE,
            )?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows {
                match row {
                    Ok(row) if self.is_followed_by(&row, chain) => {
                        (self.seq, self.hash) = (row.seq, row.hash)
                    }
                    _ => return Ok(Some(self.seq + 1)),
                }
            }
        }
    }

    fn is_followed_by(&self, row: &Columns, chain: &AuditChain) -> bool {
        row.seq == self.seq + 1
            && row.prev_hash == self.hash
            && row.hash == chain(&link::row_bytes(row))
    }
}

impl Head {
    fn ends(&self, walk: &Walk, chain: &AuditChain) -> bool {
        if self.seq == 0 {
            // Nothing was ever written; the migration that made the head has no key.
            return walk.seq == 0;
        }
        self.seq == walk.seq
            && self.hash == walk.hash
            && self.mac == chain(&link::head_bytes(self.seq, &self.hash))
    }
}

async fn read_head(conn: &mut Conn) -> Result<Head, StoreError> {
    let head = fetch_optional!(
        conn,
        (i64, Vec<u8>, Vec<u8>),
        "SELECT seq, hash, mac FROM audit_head WHERE id = 1"
    )?;
    let (seq, hash, mac) = head.ok_or_else(|| StoreError::corrupt("audit_head has no row"))?;
    Ok(Head { seq, hash, mac })
}

async fn row_exists_after(conn: &mut Conn, seq: i64) -> Result<bool, StoreError> {
    Ok(fetch_optional!(
        conn,
        (i64,),
        "SELECT seq FROM audit WHERE seq > $1 LIMIT 1",
        seq
    )?
    .is_some())
}
