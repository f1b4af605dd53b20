//! Getting a deleted secret out of the files.
//!
//! `secure_delete` overwrites a deleted value in the database file, but the write-ahead log still holds the page from
//! before until it is emptied. So an operation that deletes or replaces a secret empties the log when it is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx_sqlite::SqlitePool;

use crate::dialect::Db;
use crate::{Store, StoreError};

/// How long emptying the log waits for a reader before it lets other writers go first.
const WAIT_FOR_READERS: &str = "PRAGMA busy_timeout = 200";
const WAIT_FOR_WRITERS: &str = "PRAGMA busy_timeout = 5000";
const RETRY_AFTER: Duration = Duration::from_secs(1);
const RETRIES: usize = 60;

/// Whether a secret may still be in the log.
#[derive(Default)]
pub(crate) struct Scrubber {
    due: AtomicBool,
    retrying: AtomicBool,
}

impl Scrubber {
    /// To be called before a secret is deleted: if the caller goes away between the commit and the scrub, the next
    /// operation of this kind, or the close, does it.
    pub(crate) fn announce(&self) {
        self.due.store(true, Ordering::Release);
    }
}

impl Store {
    /// Empties the log. A failure is not the operation's failure, which is already committed: it is tried again in the
    /// background.
    pub(crate) async fn scrub(&self) {
        let Db::Sqlite { write, .. } = self.db() else {
            return;
        };
        // A task of its own: a caller that goes away does not stop it half-way.
        let (store, writer) = (self.clone(), write.clone());
        let first_try = tokio::spawn(async move { store.try_scrub(&writer).await });
        let is_done = first_try.await.unwrap_or(false);
        if !is_done && !self.scrubber().retrying.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().scrub_later(write.clone()));
        }
    }

    /// Does what an earlier operation could not.
    pub(crate) async fn finish_scrub(&self) {
        if let Db::Sqlite { write, .. } = self.db()
            && self.scrubber().due.load(Ordering::Acquire)
        {
            self.try_scrub(write).await;
        }
    }

    async fn scrub_later(self, write: SqlitePool) {
        for _ in 0..RETRIES {
            tokio::time::sleep(RETRY_AFTER).await;
            if write.is_closed() || self.try_scrub(&write).await {
                break;
            }
        }
        self.scrubber().retrying.store(false, Ordering::Release);
    }

    /// Answers whether the log is empty now.
    async fn try_scrub(&self, write: &SqlitePool) -> bool {
        match empty_log(write).await {
            Ok(true) => {
                self.scrubber().due.store(false, Ordering::Release);
                true
            }
            Ok(false) => {
                tracing::debug!("the database log is in use and could not be emptied");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "the database log could not be emptied");
                false
            }
        }
    }
}

async fn empty_log(write: &SqlitePool) -> Result<bool, StoreError> {
    let mut conn = write.acquire().await?;
    sqlx::raw_sql(WAIT_FOR_READERS).execute(&mut *conn).await?;
    let emptied = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await;
    sqlx::raw_sql(WAIT_FOR_WRITERS).execute(&mut *conn).await?;
    let (busy, _, _) = emptied?;
    Ok(busy == 0)
}
