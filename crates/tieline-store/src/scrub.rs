//! Getting a deleted secret out of the files.
//!
//! `secure_delete` overwrites a deleted value in the database file, but the write-ahead log still holds the page from
//! before until it is emptied. So an operation that deletes or replaces a secret empties the log when it is done.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::SqlitePool;

use crate::dialect::Db;
use crate::{Store, StoreError};

/// Whether a secret may still be in the log.
#[derive(Default)]
pub(crate) struct Scrubber {
    due: AtomicBool,
}

impl Scrubber {
    /// To be called before a secret is deleted: if the caller goes away between the commit and the scrub, the next
    /// operation of this kind, or the close, does it.
    pub(crate) fn announce(&self) {
        self.due.store(true, Ordering::Release);
    }
}

impl Store {
    /// Empties the log. A failure is not the operation's failure, which is already committed.
    pub(crate) async fn scrub(&self) {
        let Db::Sqlite { write, .. } = self.db() else {
            return;
        };
        // A clone of the pool in a task of its own: a caller that goes away does not stop it half-way.
        let (write, store) = (write.clone(), self.clone());
        let emptied = tokio::spawn(async move {
            let emptied = empty_log(&write).await;
            if matches!(emptied, Ok(true)) {
                store.scrubber().due.store(false, Ordering::Release);
            }
            emptied
        });
        match emptied.await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => {
                tracing::warn!(
                    "the database log is in use and could not be emptied; it will be tried again"
                );
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database log could not be emptied; it will be tried again");
            }
            Err(error) => tracing::error!(%error, "emptying the database log failed"),
        }
    }

    /// Does what an earlier operation could not.
    pub(crate) async fn finish_scrub(&self) {
        if self.scrubber().due.load(Ordering::Acquire) {
            self.scrub().await;
        }
    }
}

/// Answers whether the log is empty. Waits for readers as long as a writer would.
async fn empty_log(write: &SqlitePool) -> Result<bool, StoreError> {
    let mut conn = write.acquire().await?;
    let (busy, _, _) = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await?;
    Ok(busy == 0)
}
