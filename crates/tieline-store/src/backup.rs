//! A copy of the database as it is at one moment, while others go on reading and writing.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::dialect::Db;
use crate::{Store, StoreError};

/// Which database this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine.
    Sqlite {
        /// Where it is.
        path: PathBuf,
    },
    /// A server, which has tools of its own for backups.
    Postgres,
}

impl Store {
    /// Which database this is.
    pub fn engine(&self) -> Engine {
        match self.db() {
            Db::Sqlite { path, .. } => Engine::Sqlite { path: path.clone() },
            Db::Postgres { .. } => Engine::Postgres,
        }
    }

    /// A consistent copy of a SQLite database, open for reading. It has no name: it is gone when it is closed, also
    /// when this process is killed. `name` is that of the file while it is written. `None` on PostgreSQL.
    pub async fn backup(&self, name: &str) -> Result<Option<File>, StoreError> {
        let Db::Sqlite { path, read, .. } = self.db() else {
            return Ok(None);
        };
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let copy = Unnamed(folder.join(name));
        let failed = |source| StoreError::File {
            path: copy.0.clone(),
            source,
        };
        // Made before SQLite writes into it, so that it is never readable by others.
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&copy.0);
        drop(made.map_err(failed)?);
        let mut conn = read.acquire().await?;
        sqlx::query("VACUUM INTO $1")
            .bind(copy.0.to_string_lossy().into_owned())
            .execute(&mut *conn)
            .await?;
        Ok(Some(File::open(&copy.0).map_err(failed)?))
    }
}

/// A file that loses its name however the backup ends. Who has it open keeps it.
struct Unnamed(PathBuf);

impl Drop for Unnamed {
    fn drop(&mut self) {
        // What is not there cannot be removed, and there is nothing else to do about it.
        let _ = fs::remove_file(&self.0);
    }
}
