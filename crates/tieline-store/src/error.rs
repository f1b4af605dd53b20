//! What can go wrong with the database, by what a caller can do about it.

use std::path::PathBuf;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;
use thiserror::Error;

/// The cause, kept for the log; no caller has to know which driver it came from.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation on the database did not happen. Nothing of it was saved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another row already has this value, or someone else changed the row since it was read.
    #[error("someone else was first: {what}")]
    Conflict {
        /// What both wanted: `slug`, `email`, `row_version`, …
        what: &'static str,
    },
    /// The row does not exist, or no longer.
    #[error("there is no such row")]
    NotFound,
    /// The change would leave nobody who can administer Tieline.
    #[error("this is the last active admin; make someone else an admin first")]
    LastAdmin,
    /// The first admin was already made.
    #[error("an admin already exists; sign in, or ask an admin for an invitation")]
    AdminExists,
    /// Another writer held the database for longer than the timeout.
    #[error("the database is busy; try again")]
    Busy,
    /// The disk of the database is full.
    #[error("the disk of the database is full; reading still works, make room to write again")]
    Full,
    /// Stored data is damaged.
    #[error("stored data cannot be read: {what}")]
    Corrupt {
        /// What is damaged. Holds no stored value.
        what: String,
    },
    /// The database cannot be reached or refused to answer.
    #[error("the database is not available")]
    Unavailable {
        /// What the driver said.
        #[source]
        source: Cause,
    },
    /// A newer Tieline has already migrated this database.
    #[error(
        "the database has schema {found} and this version of Tieline knows schemas up to {known}; \
         start the newer version, or restore the backup made before the upgrade"
    )]
    NewerSchema {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration that this binary has.
        known: i64,
    },
    /// The database could not be brought up to date.
    #[error("the database could not be migrated; it was left as it was")]
    Migration {
        /// What went wrong.
        #[source]
        source: Cause,
    },
    /// Another server already runs on this SQLite file.
    #[error(
        "another Tieline server already uses {}; stop it first, or use PostgreSQL to run several",
        path.display()
    )]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// The database file, its folder or its lock file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    /// Names the value that must be unique. The statement at hand has only one that can collide: ids are random and
    /// are never chosen by a caller.
    pub(crate) fn unique(what: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| match &error {
            sqlx::Error::Database(refused) if refused.kind() == ErrorKind::UniqueViolation => {
                Self::Conflict { what }
            }
            _ => error.into(),
        }
    }

    /// A row that a statement had to touch.
    pub(crate) fn unless_found(affected: u64) -> Result<(), Self> {
        if affected == 0 {
            Err(Self::NotFound)
        } else {
            Ok(())
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut => Self::Busy,
            // The driver's text names the column and the types, not the value.
            sqlx::Error::ColumnDecode { index, .. } => Self::corrupt(format!("column {index}")),
            sqlx::Error::Database(refused) => Self::from_refusal(refused),
            other => Self::Unavailable {
                source: other.into(),
            },
        }
    }
}

impl StoreError {
    fn from_refusal(refused: Box<dyn DatabaseError>) -> Self {
        if refused.kind() == ErrorKind::ForeignKeyViolation {
            return Self::NotFound;
        }
        let code = refused.code().unwrap_or_default().into_owned();
        let known = if refused
            .try_downcast_ref::<sqlx_sqlite::SqliteError>()
            .is_some()
        {
            Self::from_sqlite_code(&code)
        } else {
            Self::from_postgres_code(&code)
        };
        known.unwrap_or_else(|| Self::Unavailable {
            source: refused.into_error(),
        })
    }

    /// <https://www.sqlite.org/rescode.html>: the low byte of an extended code is the primary one.
    fn from_sqlite_code(code: &str) -> Option<Self> {
        match code.parse::<i32>().ok()? & 0xff {
            5 | 6 => Some(Self::Busy),
            13 => Some(Self::Full),
            11 | 26 => Some(Self::corrupt(
                "the database file is damaged or is no database",
            )),
            _ => None,
        }
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    fn from_postgres_code(code: &str) -> Option<Self> {
        match code {
            // serialization_failure, deadlock_detected, lock_not_available, query_canceled, too_many_connections
            "40001" | "40P01" | "55P03" | "57014" | "53300" => Some(Self::Busy),
            "53100" => Some(Self::Full),
            "XX001" | "XX002" => Some(Self::corrupt("the database reports damaged data")),
            _ => None,
        }
    }

    pub(crate) fn from_migration(error: MigrateError, known: i64) -> Self {
        match error {
            MigrateError::VersionMissing(found) if found > known => {
                Self::NewerSchema { found, known }
            }
            MigrateError::Execute(error) => match Self::from(error) {
                Self::Unavailable { source } => Self::Migration { source },
                known => known,
            },
            other => Self::Migration {
                source: other.into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_codes_say_what_to_do() {
        for (code, expected) in [
            ("5", "the database is busy; try again"),
            ("517", "the database is busy; try again"),
            (
                "13",
                "the disk of the database is full; reading still works, make room to write again",
            ),
            (
                "11",
                "stored data cannot be read: the database file is damaged or is no database",
            ),
        ] {
            assert_eq!(
                StoreError::from_sqlite_code(code).unwrap().to_string(),
                expected,
                "{code}"
            );
        }
        // SQLITE_IOERR and SQLITE_READONLY have no better name than what the driver says.
        assert!(StoreError::from_sqlite_code("10").is_none());
        assert!(StoreError::from_sqlite_code("8").is_none());
    }

    #[test]
    fn postgres_codes_say_what_to_do() {
        for code in ["40001", "40P01", "55P03", "57014"] {
            assert!(
                matches!(StoreError::from_postgres_code(code), Some(StoreError::Busy)),
                "{code}"
            );
        }
        assert!(matches!(
            StoreError::from_postgres_code("53100"),
            Some(StoreError::Full)
        ));
        assert!(StoreError::from_postgres_code("42P01").is_none());
    }
}
