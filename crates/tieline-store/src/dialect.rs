//! The two engines, and the macros that run one text of SQL on either.
//!
//! Values differ between the engines by less than a type: both know `$1`, `ON CONFLICT`, `RETURNING`, `TRUE` and
//! `COUNT(*)`. What does differ is how a writer is made to wait: SQLite takes its one write lock at `BEGIN IMMEDIATE`,
//! PostgreSQL an advisory lock, so that on both a transaction that changes something sees no other one half-way.

use std::path::PathBuf;

use sqlx::Transaction;
use sqlx::pool::PoolConnection;
use sqlx_postgres::{PgConnection, PgPool, Postgres};
use sqlx_sqlite::{Sqlite, SqliteConnection, SqlitePool};

use crate::StoreError;

/// Serialises changes on PostgreSQL. Any number will do, as long as every replica uses the same.
const CHANGE_LOCK: i64 = 0x7469_656c_696e_6501;

/// The pools of one engine.
pub(crate) enum Db {
    /// A file with several readers and one writer.
    Sqlite {
        path: PathBuf,
        read: SqlitePool,
        write: SqlitePool,
    },
    /// A server.
    Postgres { pool: PgPool },
}

/// A connection of either engine, borrowed for one statement.
pub(crate) enum Link<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// A connection outside a transaction.
pub(crate) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Conn {
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(held) => Link::Sqlite(held),
            Self::Postgres(held) => Link::Postgres(held),
        }
    }
}

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(held) => Link::Sqlite(held),
            Self::Postgres(held) => Link::Postgres(held),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(held) => held.commit().await?,
            Self::Postgres(held) => held.commit().await?,
        }
        Ok(())
    }
}

impl Db {
    /// A connection that only reads.
    pub(crate) async fn read(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Conn::Sqlite(read.acquire().await?),
            Self::Postgres { pool } => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A connection for one statement that writes.
    pub(crate) async fn write(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => Conn::Sqlite(write.acquire().await?),
            Self::Postgres { pool } => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that no other transaction of this kind overlaps.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { write, .. } => {
                Ok(Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?))
            }
            Self::Postgres { pool } => {
                let mut held = pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(CHANGE_LOCK)
                    .execute(&mut *held)
                    .await?;
                Ok(Tx::Postgres(held))
            }
        }
    }

    /// A transaction of appended rows that nobody else changes, so that it needs to wait for nobody on PostgreSQL.
    pub(crate) async fn begin_append(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { pool } => Tx::Postgres(pool.begin().await?),
        })
    }
}

/// Runs an expression with `$link` as a connection of either engine.
macro_rules! on {
    ($held:expr, $link:ident => $body:expr) => {
        match $held.link() {
            $crate::dialect::Link::Sqlite($link) => $body,
            $crate::dialect::Link::Postgres($link) => $body,
        }
    };
}

/// Runs a statement and answers how many rows it touched.
macro_rules! execute {
    ($held:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($held, link => sqlx::query($sql)$(.bind($value))*.execute(link).await.map(|done| done.rows_affected()))
    };
}

/// Runs a query and answers the one row that it has, if it has one.
macro_rules! fetch_optional {
    ($held:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($held, link => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_optional(link).await)
    };
}

/// Runs a query and answers its rows; one that cannot be decoded fails all of them.
macro_rules! fetch_all {
    ($held:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($held, link => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_all(link).await)
    };
}

/// Runs a query and answers each of its rows with what came of decoding it, as `Vec<Result<$row, String>>`. An error
/// is the text of the first column, which must be the id.
macro_rules! fetch_each {
    ($held:expr, $row:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($held, link => sqlx::query($sql)$(.bind($value))*.fetch_all(link).await.map(|rows| {
            rows.iter().map(|row| <$row as sqlx::FromRow<_>>::from_row(row).map_err(|_| $crate::read::id_of(row))).collect::<Vec<_>>()
        }))
    };
}
