//! Brings a database to the schema of this binary, or refuses one that is newer.

use sqlx::migrate::Migrator;
use sqlx_postgres::PgPool;
use sqlx_sqlite::SqlitePool;

use crate::StoreError;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Serialises migrations of replicas that start together. Not the lock of changes: those may go on meanwhile.
const MIGRATION_LOCK: i64 = 0x7469_656c_696e_6502;

/// All pending migrations in one transaction that holds the write lock, so that a process killed half-way, or two
/// that start together, leave the old schema or the new one.
pub(crate) async fn sqlite(write: &SqlitePool) -> Result<(), StoreError> {
    let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
    SQLITE
        .run_direct(None, &mut *tx, false)
        .await
        .map_err(|error| refused(&SQLITE, error))?;
    Ok(tx.commit().await?)
}

/// The same on PostgreSQL, where the lock is an advisory one.
pub(crate) async fn postgres(pool: &PgPool) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    // A replica that waits for another one's migration waits as long as that takes.
    sqlx::raw_sql("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        .execute(&mut *tx)
        .await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *tx)
        .await?;
    let mut migrator = Migrator::with_migrations(POSTGRES.iter().cloned().collect());
    // Its own lock belongs to the session and would outlive a transaction that failed.
    migrator.set_locking(false);
    migrator
        .run_direct(None, &mut *tx, false)
        .await
        .map_err(|error| refused(&POSTGRES, error))?;
    Ok(tx.commit().await?)
}

fn refused(migrator: &Migrator, error: sqlx::migrate::MigrateError) -> StoreError {
    let known = migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    StoreError::from_migration(error, known)
}
