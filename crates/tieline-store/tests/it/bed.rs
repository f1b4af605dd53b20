//! A database of its own for each test, and a way past the store to damage it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use sqlx_postgres::{PgConnectOptions, PgConnection};
use sqlx_sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tieline_store::{DatabaseUrl, Store};
use tokio::runtime::Runtime;

/// What a test is given.
pub(crate) struct Bed {
    pub(crate) url: DatabaseUrl,
    pub(crate) store: Store,
    place: Place,
}

enum Place {
    Sqlite {
        folder: TempDir,
    },
    Postgres {
        server: Box<PgConnectOptions>,
        database: String,
    },
}

/// A connection that knows nothing of the store.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub(crate) async fn run(&mut self, sql: impl Into<String>) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        match self {
            Self::Sqlite(conn) => drop(sql.execute(conn).await.expect("the statement runs")),
            Self::Postgres(conn) => drop(sql.execute(conn).await.expect("the statement runs")),
        }
    }
}

type Test<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

pub(crate) fn on_sqlite(test: impl for<'a> FnOnce(&'a Bed) -> Test<'a>) {
    let runtime = runtime();
    let bed = runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::sqlite(folder.path().join("tieline.db"));
        let store = Store::open(&url).await.expect("the database opens");
        Bed {
            url,
            store,
            place: Place::Sqlite { folder },
        }
    });
    run(&runtime, &bed, test);
}

pub(crate) fn on_postgres(test: impl for<'a> FnOnce(&'a Bed) -> Test<'a>) {
    let server = PgConnectOptions::from_str(&postgres_url())
        .expect("TIELINE_TEST_POSTGRES_URL is a PostgreSQL URL");
    let runtime = runtime();
    let bed = runtime.block_on(make_database(Box::new(server)));
    run(&runtime, &bed, test);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no configuration that could read the environment"
)]
fn postgres_url() -> String {
    std::env::var("TIELINE_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "the tests of PostgreSQL need a server: run `cargo xtask test`, which starts one or leaves them out, or \
             set TIELINE_TEST_POSTGRES_URL"
        )
    })
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// Removes the database also when the test fails.
fn run(runtime: &Runtime, bed: &Bed, test: impl for<'a> FnOnce(&'a Bed) -> Test<'a>) {
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(bed))));
    runtime.block_on(async {
        bed.store.close().await;
        if let Place::Postgres { server, database } = &bed.place {
            let mut admin = Raw::Postgres(
                PgConnection::connect_with(server)
                    .await
                    .expect("the server answers"),
            );
            admin
                .run(format!("DROP DATABASE {database} WITH (FORCE)"))
                .await;
        }
    });
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

async fn make_database(server: Box<PgConnectOptions>) -> Bed {
    let unique = tempfile::Builder::new()
        .prefix("")
        .rand_bytes(12)
        .tempdir()
        .expect("a temporary folder");
    let unique = unique
        .path()
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .to_lowercase();
    let database = format!("tieline_test_{}_{unique}", std::process::id());
    let mut admin = Raw::Postgres(
        PgConnection::connect_with(&server)
            .await
            .expect("the server answers"),
    );
    admin
        .run(format!("CREATE DATABASE {database} TEMPLATE template0"))
        .await;
    let url = PgConnectOptions::clone(&server)
        .database(&database)
        .to_url_lossy();
    let url = DatabaseUrl::parse(url.as_str()).expect("a PostgreSQL URL");
    let store = Store::open(&url).await.expect("the database opens");
    Bed {
        url,
        store,
        place: Place::Postgres { server, database },
    }
}

impl Bed {
    /// A connection past the store.
    pub(crate) async fn raw(&self) -> Raw {
        match &self.place {
            Place::Sqlite { .. } => {
                let options = SqliteConnectOptions::new()
                    .filename(self.file())
                    .busy_timeout(Duration::from_secs(5));
                Raw::Sqlite(
                    SqliteConnection::connect_with(&options)
                        .await
                        .expect("the file opens"),
                )
            }
            Place::Postgres { server, database } => {
                let options = PgConnectOptions::clone(server).database(database);
                Raw::Postgres(
                    PgConnection::connect_with(&options)
                        .await
                        .expect("the server answers"),
                )
            }
        }
    }

    /// Runs one statement past the store.
    pub(crate) async fn tamper(&self, sql: &str) {
        self.raw().await.run(sql).await;
    }

    /// The folder of a SQLite database.
    pub(crate) fn folder(&self) -> &Path {
        match &self.place {
            Place::Sqlite { folder } => folder.path(),
            Place::Postgres { .. } => panic!("PostgreSQL has no folder of ours"),
        }
    }

    /// The file of a SQLite database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("tieline.db")
    }
}
