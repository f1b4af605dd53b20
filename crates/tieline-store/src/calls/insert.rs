//! Writes a batch of call records.

use std::sync::LazyLock;

use sqlx::{Arguments, Database, Encode, Type};

use super::CallRow;
use crate::read::foreign;
use crate::{Store, StoreError};

/// How many rows a statement adds. A batch of any size is made of a few of these, so that every statement has been
/// prepared before; 15 values a row stay under the 32,766 that SQLite takes in one.
const ROWS_AT_ONCE: [usize; 4] = [256, 32, 4, 1];
const VALUES: usize = 15;

/// The statements for SQLite, whose parameters have no numbers to look up, and those for PostgreSQL.
static FOR_SQLITE: LazyLock<[String; 4]> =
    LazyLock::new(|| ROWS_AT_ONCE.map(|rows| statement(rows, |_| "?".to_owned())));
static FOR_POSTGRES: LazyLock<[String; 4]> =
    LazyLock::new(|| ROWS_AT_ONCE.map(|rows| statement(rows, |number| format!("${number}"))));

fn statement(rows: usize, parameter: impl Fn(usize) -> String) -> String {
    let row = |row: usize| {
        let parameters: Vec<String> = (1..=VALUES)
            .map(|at| parameter(row * VALUES + at))
            .collect();
        format!("({})", parameters.join(","))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO calls (id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome,
             code, ms, bytes_in, bytes_out, client, request_id)
         VALUES {} ON CONFLICT (id) DO NOTHING",
        rows.join(",")
    )
}

impl Store {
    /// Adds calls, all or none. A call that is already there stays as it is, so a batch may be tried again.
    pub async fn calls_insert(&self, calls: Vec<CallRow>) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut tx = self.db().begin_append().await?;
        let mut left = calls;
        while let Some(size) = ROWS_AT_ONCE.iter().position(|rows| *rows <= left.len()) {
            let rows = left.drain(left.len() - ROWS_AT_ONCE[size]..);
            match tx.link() {
                crate::dialect::Link::Sqlite(link) => {
                    let values = values::<sqlx::Sqlite>(rows)?;
                    let sql = FOR_SQLITE[size].as_str();
                    sqlx::query_with(sql, values).execute(link).await?;
                }
                crate::dialect::Link::Postgres(link) => {
                    let values = values::<sqlx::Postgres>(rows)?;
                    let sql = FOR_POSTGRES[size].as_str();
                    sqlx::query_with(sql, values).execute(link).await?;
                }
            }
        }
        tx.commit().await
    }
}

fn values<D: Database>(
    rows: impl ExactSizeIterator<Item = CallRow>,
) -> Result<D::Arguments, StoreError>
where
    String: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
{
    let mut values = D::Arguments::default();
    values.reserve(rows.len() * VALUES, rows.len() * 512);
    for row in rows {
        put::<D>(&mut values, row).map_err(sqlx::Error::Encode)?;
    }
    Ok(values)
}

fn put<D: Database>(values: &mut D::Arguments, row: CallRow) -> Result<(), sqlx::error::BoxDynError>
where
    String: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
{
    values.add(row.id.to_string())?;
    values.add(row.at.as_millis())?;
    values.add(row.user_id.to_string())?;
    values.add(row.key_id.map(|id| id.to_string()))?;
    values.add(row.session.map(clean))?;
    values.add(row.connector_id.to_string())?;
    values.add(row.connector_slug)?;
    values.add(clean(row.tool))?;
    values.add(row.outcome)?;
    values.add(row.code)?;
    values.add(row.ms)?;
    values.add(row.bytes_in)?;
    values.add(row.bytes_out)?;
    values.add(row.client.map(clean))?;
    values.add(row.request_id.map(clean))
}

/// [`foreign`] for text that nobody else needs, which nearly always stays where it is.
fn clean(text: String) -> String {
    match foreign(&text) {
        std::borrow::Cow::Owned(clean) => clean,
        std::borrow::Cow::Borrowed(_) => text,
    }
}
