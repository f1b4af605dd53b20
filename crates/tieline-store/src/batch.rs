//! Transactions whose statements are known before the first one runs.
//!
//! SQLite's driver has a thread for each connection, and each statement is a way to that thread and back: two threads
//! that wake each other. For small writes that costs many times what SQLite itself does. SQLite takes several statements
//! as one text, though, so a transaction that needs to look at nothing in between is one way there and back.
//! PostgreSQL takes the same statements one by one.

use std::borrow::Cow;
use std::fmt::Write as _;

use sqlx::pool::PoolConnection;
use sqlx::{Arguments as _, AssertSqlSafe, Database, Encode, FromRow, Type};
use sqlx_postgres::{PgPool, PgRow, Postgres};
use sqlx_sqlite::{Sqlite, SqlitePool, SqliteRow};

use crate::StoreError;
use crate::dialect::Db;

/// A text with more statements than this is unlikely to come again, so it is not kept prepared.
const KEPT_PREPARED: usize = 12;

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    NoText,
    Number(i64),
    Flag(bool),
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// Statements that run one after the other, whatever came of those before: a condition is part of each.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    statements: Vec<(&'static str, Vec<Value<'a>>)>,
}

/// The rows that the statements of a batch answered, in their order.
pub(crate) enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl<'a> Batch<'a> {
    /// Adds a statement. Its parameters are `$1`, `$2` and so on, and `$` has no other use in it.
    pub(crate) fn push<const N: usize>(&mut self, sql: &'static str, values: [Value<'a>; N]) {
        self.push_all(sql, values);
    }

    /// The same with values from several places.
    pub(crate) fn push_all(
        &mut self,
        sql: &'static str,
        values: impl IntoIterator<Item = Value<'a>>,
    ) {
        self.statements.push((sql, values.into_iter().collect()));
    }

    fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.statements.iter().flat_map(|(_, values)| values)
    }

    /// All statements as one text, its parameters numbered through.
    fn text(&self, first: bool, last: bool) -> String {
        let mut text = String::with_capacity(2_048);
        if first {
            text.push_str("BEGIN IMMEDIATE;");
        }
        let mut used = 0;
        for (sql, values) in &self.statements {
            let mut parts = sql.split('$');
            text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let digits = part.bytes().take_while(u8::is_ascii_digit).count();
                let (number, rest) = part.split_at(digits);
                let number = number.parse().unwrap_or(0) + used;
                // Writing into a string cannot fail.
                let _ = write!(text, "${number}{rest}");
            }
            text.push(';');
            used += values.len();
        }
        if last {
            text.push_str("COMMIT");
        }
        text
    }
}

impl Rows {
    /// The row with this number, if there are so many.
    pub(crate) fn read<T>(&self, number: usize) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let read = match self {
            Self::Sqlite(rows) => rows.get(number).map(T::from_row),
            Self::Postgres(rows) => rows.get(number).map(T::from_row),
        };
        Ok(read.transpose()?)
    }
}

impl Db {
    /// Runs all of it in one transaction, or nothing of it. Nobody else's statements come in between on SQLite; on
    /// PostgreSQL a batch must lock what it relies on.
    pub(crate) async fn run(&self, batches: &[Batch<'_>]) -> Result<Vec<Rows>, StoreError> {
        match self {
            Self::Sqlite { write, .. } => run_on_sqlite(write, batches).await,
            Self::Postgres { pool } => run_on_postgres(pool, batches).await,
        }
    }
}

/// A connection whose transaction the pool knows nothing of.
struct Held {
    conn: PoolConnection<Sqlite>,
    at_rest: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nobody waited for the end, or the transaction could not be taken back: the next one gets a new connection.
        if !self.at_rest {
            self.conn.close_on_drop();
        }
    }
}

async fn run_on_sqlite(pool: &SqlitePool, batches: &[Batch<'_>]) -> Result<Vec<Rows>, StoreError> {
    let mut held = Held {
        conn: pool.acquire().await?,
        at_rest: false,
    };
    let outcome = run_all_on_sqlite(&mut held.conn, batches).await;
    held.at_rest = match &outcome {
        Ok(_) => true,
        Err(_) => sqlx::query("ROLLBACK")
            .execute(&mut *held.conn)
            .await
            .is_ok(),
    };
    outcome
}

async fn run_all_on_sqlite(
    conn: &mut PoolConnection<Sqlite>,
    batches: &[Batch<'_>],
) -> Result<Vec<Rows>, StoreError> {
    let mut all = Vec::with_capacity(batches.len());
    for (number, batch) in batches.iter().enumerate() {
        let text = batch.text(number == 0, number + 1 == batches.len());
        let rows = sqlx::query_with(AssertSqlSafe(text), arguments::<Sqlite>(batch.values())?)
            .persistent(batch.statements.len() <= KEPT_PREPARED)
            .fetch_all(&mut **conn)
            .await?;
        all.push(Rows::Sqlite(rows));
    }
    Ok(all)
}

async fn run_on_postgres(pool: &PgPool, batches: &[Batch<'_>]) -> Result<Vec<Rows>, StoreError> {
    let mut tx = pool.begin().await?;
    let mut all = Vec::with_capacity(batches.len());
    for batch in batches {
        let mut rows = Vec::new();
        for (sql, values) in &batch.statements {
            let query = sqlx::query_with(*sql, arguments::<Postgres>(values.iter())?);
            rows.extend(query.fetch_all(&mut *tx).await?);
        }
        all.push(Rows::Postgres(rows));
    }
    tx.commit().await?;
    Ok(all)
}

fn arguments<'v, D: Database>(
    values: impl Iterator<Item = &'v Value<'v>>,
) -> Result<D::Arguments, StoreError>
where
    for<'q> &'q str: Encode<'q, D> + Type<D>,
    for<'q> Option<&'q str>: Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    bool: for<'q> Encode<'q, D> + Type<D>,
{
    let mut arguments = D::Arguments::default();
    for value in values {
        let added = match value {
            Value::Text(text) => arguments.add(text.as_ref()),
            Value::NoText => arguments.add(None::<&str>),
            Value::Number(number) => arguments.add(*number),
            Value::Flag(flag) => arguments.add(*flag),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        let mut batch = Batch::default();
        batch.push("UPDATE a SET b = $2 WHERE c = $1", ["x".into(), 7.into()]);
        batch.push("DELETE FROM a WHERE c = $1", ["y".into()]);
        assert_eq!(
            batch.text(true, true),
            "BEGIN IMMEDIATE;UPDATE a SET b = $2 WHERE c = $1;DELETE FROM a WHERE c = $3;COMMIT"
        );
        assert_eq!(batch.values().count(), 3);
    }
}
