//! One server per SQLite file. Commands of the command line may work beside it; a second server may not, because
//! each would answer calls from its own memory.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::dialect::Db;
use crate::{Store, StoreError};

/// Keeps other servers from the SQLite file until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct ServerLock {
    file: Option<File>,
}

impl ServerLock {
    /// Whether no other server can be on this database.
    pub fn is_exclusive(&self) -> bool {
        self.file.is_some()
    }
}

impl Store {
    /// Takes the database for a server. On PostgreSQL any number may, so it always succeeds there.
    pub async fn lock_for_server(&self) -> Result<ServerLock, StoreError> {
        let Db::Sqlite { path, .. } = self.db() else {
            return Ok(ServerLock { file: None });
        };
        let lock = ServerLock {
            file: Some(lock(path)?),
        };
        // A server that was killed may have left the log with a secret that was deleted since.
        self.scrub().await;
        Ok(lock)
    }
}

fn lock(database: &Path) -> Result<File, StoreError> {
    let path = lock_path(database);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|source| StoreError::File {
            path: path.clone(),
            source,
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: database.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(StoreError::File { path, source }),
    }
}

/// Beside the database and never removed: removing it would let two servers lock two different files.
fn lock_path(database: &Path) -> PathBuf {
    let mut path = OsString::from(database);
    path.push(".lock");
    path.into()
}
