//! Hands an admin a copy of the database. Tokens in it are ciphertext; the master key is not in it.

use std::fs::File;
use std::path::PathBuf;

use serde_json::json;
use tieline_domain::{Actor, AuditId};
use tieline_store::{Engine, StoreError};

use crate::Hub;

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file on the server.
    File(PathBuf),
    /// PostgreSQL.
    Postgres,
}

/// A copy of the database.
#[derive(Debug)]
pub struct Backup {
    /// What it is called, with the moment that it was made.
    pub name: String,
    /// The copy, open for reading. It is gone from the disk once it is closed.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
}

impl Hub {
    /// Which database holds the data.
    pub fn database(&self) -> Database {
        match self.inner.store.engine() {
            Engine::Sqlite { path } => Database::File(path),
            Engine::Postgres => Database::Postgres,
        }
    }

    /// A consistent copy of a SQLite database, and the record of who took it. `None` on PostgreSQL, which has tools of
    /// its own for that.
    pub async fn backup(&self, actor: &Actor) -> Result<Option<Backup>, StoreError> {
        let id = AuditId::generate(self.clock(), self.entropy());
        let written_to = format!(".tieline-backup-{id}.db");
        let Some(file) = self.inner.store.backup(&written_to).await? else {
            return Ok(None);
        };
        let moment: String = self.clock().now().to_string();
        let moment: String = moment.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("tieline-{moment}.db");
        let bytes = file.metadata().map_err(|source| StoreError::File {
            path: PathBuf::from(&written_to),
            source,
        })?;
        let bytes = bytes.len();
        let detail = json!({ "bytes": bytes });
        let change = self.change(actor, "backup.taken", "backup", name.as_str(), &detail);
        self.inner.store.audit_append(&change).await?;
        Ok(Some(Backup { name, file, bytes }))
    }
}
