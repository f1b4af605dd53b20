//! Where the database is: a SQLite file or a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx_postgres::PgConnectOptions;
use thiserror::Error;

/// A database address. Shows itself without its password.
#[derive(Clone)]
pub struct DatabaseUrl(Place);

#[derive(Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// Why a text is no database address. Never repeats the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseUrlError {
    /// Nothing was given.
    #[error("the database URL is empty; give a path for SQLite or postgres://user@host/database")]
    Empty,
    /// Neither of the two engines.
    #[error(
        "databases of the kind `{scheme}` are not supported; use sqlite:PATH or postgres://user@host/database"
    )]
    Scheme {
        /// What stood before the colon.
        scheme: String,
    },
    /// Not a valid PostgreSQL URL.
    #[error(
        "this is not a valid PostgreSQL URL; it looks like postgres://user:password@host:5432/database"
    )]
    Postgres,
    /// SQLite's private in-memory databases do not work with several connections.
    #[error("a database in memory would be lost at once; give the path of a file")]
    InMemory,
}

impl DatabaseUrl {
    /// Reads `postgres://…`, `sqlite:PATH`, or a plain path, which is a SQLite file.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let text = text.trim();
        let path = match text.split_once(':') {
            Some(("postgres" | "postgresql", _)) => return Self::parse_postgres(text),
            Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
            // `C:\…` is a path; a scheme has at least two letters.
            Some((scheme, _)) if is_scheme(scheme) => {
                return Err(DatabaseUrlError::Scheme {
                    scheme: scheme.chars().take(16).collect(),
                });
            }
            None | Some(_) => text,
        };
        match path {
            "" => Err(DatabaseUrlError::Empty),
            ":memory:" => Err(DatabaseUrlError::InMemory),
            path => Ok(Self::sqlite(path)),
        }
    }

    fn parse_postgres(text: &str) -> Result<Self, DatabaseUrlError> {
        let options = PgConnectOptions::from_str(text).map_err(|_| DatabaseUrlError::Postgres)?;
        Ok(Self(Place::Postgres(Box::new(options))))
    }

    /// A SQLite file. It is made when it does not exist.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Place::Sqlite(path.into()))
    }

    /// The file, if this is SQLite.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Sqlite(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0
    }
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(options) => write!(
                f,
                "postgres://{}@{}:{}/{}",
                options.get_username(),
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default(),
            ),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_engines() {
        for (text, shown) in [
            ("data/tieline.db", "sqlite:data/tieline.db"),
            ("sqlite:/var/lib/t.db", "sqlite:/var/lib/t.db"),
            ("sqlite:///var/lib/t.db", "sqlite:/var/lib/t.db"),
            ("sqlite://data/t.db", "sqlite:data/t.db"),
            (r"C:\data\t.db", r"sqlite:C:\data\t.db"),
            (
                "postgres://ann:hunter2@db.example:5433/tieline",
                "postgres://ann@db.example:5433/tieline",
            ),
            (
                "postgresql://ann@db.example/tieline",
                "postgres://ann@db.example:5432/tieline",
            ),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        for (text, error) in [
            ("", DatabaseUrlError::Empty),
            ("sqlite:", DatabaseUrlError::Empty),
            ("sqlite::memory:", DatabaseUrlError::InMemory),
            (
                "mysql://root@db/t",
                DatabaseUrlError::Scheme {
                    scheme: "mysql".to_owned(),
                },
            ),
            ("postgres://ann@db:port/t", DatabaseUrlError::Postgres),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn never_shows_the_password() {
        let url = DatabaseUrl::parse("postgres://ann:hunter2@db.example/tieline?sslmode=require")
            .unwrap();
        assert!(!format!("{url} {url:?}").contains("hunter2"));
        let error = DatabaseUrl::parse("postgres://ann:hunter2@db:port/tieline").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
