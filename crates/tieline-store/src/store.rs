//! Opening a database: the files or the server behind it, its settings, its schema.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx_postgres::{PgConnectOptions, PgPoolOptions};
use sqlx_sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::database_url::Place;
use crate::dialect::Db;
use crate::nudge::Nudges;
use crate::scrub::Scrubber;
use crate::{DatabaseUrl, StoreError, migrate};

/// How long a writer waits for another one before it is told that the database is busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of the SQLite file. Calls do not read, so this serves pages and reloads only.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// A statement that takes longer is given up: no page and no reload needs it.
const POSTGRES_SESSION: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'";

/// The database. Cloning is cheap and shares its connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    nudges: Nudges,
    scrubber: Scrubber,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = match self.db() {
            Db::Sqlite { .. } => "SQLite",
            Db::Postgres { .. } => "PostgreSQL",
        };
        f.debug_struct("Store")
            .field("engine", &engine)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Connects, and brings the schema up to date. A SQLite file that does not exist is made.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let db = match url.place() {
            Place::Sqlite(path) => open_sqlite(path).await?,
            Place::Postgres(options) => open_postgres(options).await?,
        };
        let inner = Inner {
            db,
            nudges: Nudges::default(),
            scrubber: Scrubber::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut conn = self.db().read().await?;
        fetch_optional!(
            conn,
            (i64,),
            "SELECT version FROM config_version WHERE id = 1"
        )?;
        Ok(())
    }

    /// Ends all connections. Operations that are under way finish first; later ones fail.
    pub async fn close(&self) {
        self.inner.nudges.stop();
        self.finish_scrub().await;
        match self.db() {
            Db::Sqlite { read, write, .. } => {
                // Readers first: the last connection to close folds the log into the file and removes it.
                read.close().await;
                write.close().await;
            }
            Db::Postgres { pool } => pool.close().await,
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn nudges(&self) -> &Nudges {
        &self.inner.nudges
    }

    pub(crate) fn scrubber(&self) -> &Scrubber {
        &self.inner.scrubber
    }
}

async fn open_sqlite(path: &Path) -> Result<Db, StoreError> {
    make_private(path).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .synchronous(SqliteSynchronous::Full);
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(BUSY_TIMEOUT)
            .test_before_acquire(false)
    };
    let write = pool()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone().journal_mode(SqliteJournalMode::Wal))
        .await?;
    migrate::sqlite(&write).await?;
    // A reader cannot make the files, so it opens after the writer did.
    let read = pool()
        .max_connections(SQLITE_READERS)
        .connect_with(options.read_only(true))
        .await?;
    Ok(Db::Sqlite {
        path: path.to_owned(),
        read,
        write,
    })
}

/// Makes the file before SQLite does, so that it is never readable by others; its log files inherit the mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        file.set_permissions(permissions)?;
    }
    Ok(())
}

async fn open_postgres(options: &PgConnectOptions) -> Result<Db, StoreError> {
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(BUSY_TIMEOUT)
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql(POSTGRES_SESSION).execute(conn).await?;
                Ok(())
            })
        })
        .connect_with(options.clone().application_name("tieline"))
        .await
        // Nobody else can have taken the connections of a pool that is new: the server does not answer.
        .map_err(|error| match error {
            sqlx::Error::PoolTimedOut => StoreError::Unavailable {
                source: error.into(),
            },
            other => other.into(),
        })?;
    migrate::postgres(&pool).await?;
    Ok(Db::Postgres { pool })
}
