//! Walks the chain from the start and says where it breaks.

use super::{Columns, link};
use crate::dialect::Conn;
use crate::read::uncount;
use crate::{AuditChain, Store, StoreError};

const ROWS_AT_ONCE: i64 = 500;

/// Where the chain breaks: the first row that was edited, removed, moved or added by someone without the key. When the
/// last rows were cut off, it is the first of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBadRow {
    /// Its number.
    pub seq: u64,
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
    /// Checks every row of the audit log, and answers how many there are. Rows that are added meanwhile are checked
    /// too.
    pub async fn audit_verify(
        &self,
        chain: &AuditChain,
    ) -> Result<Result<u64, FirstBadRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let mut walk = Walk {
            seq: 0,
            hash: link::START.to_vec(),
        };
        loop {
            // The head is read before the rows that it is compared with, and both are written in one transaction:
            // rows up to the head must exist, rows behind it may only exist if the head moved on meanwhile.
            let head = read_head(&mut conn).await?;
            let broken = walk.to(&head, &mut conn, chain).await? || !head.ends(&walk, chain);
            if !broken && !row_exists_after(&mut conn, walk.seq).await? {
                return Ok(Ok(uncount(walk.seq)));
            }
            if broken || read_head(&mut conn).await?.seq <= walk.seq {
                return Ok(Err(FirstBadRow {
                    seq: uncount(walk.seq + 1),
                }));
            }
        }
    }
}

impl Walk {
    /// Follows the chain up to the head. Answers whether the next row breaks it.
    async fn to(
        &mut self,
        head: &Head,
        conn: &mut Conn,
        chain: &AuditChain,
    ) -> Result<bool, StoreError> {
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
                return Ok(false);
            }
            for row in rows {
                match row {
                    Ok(row) if self.is_followed_by(&row, chain) => {
                        (self.seq, self.hash) = (row.seq, row.hash);
                    }
                    _ => return Ok(true),
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
