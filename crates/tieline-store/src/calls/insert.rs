//! Writes a batch of call records.

mod statement;

use std::collections::VecDeque;

use sqlx::error::BoxDynError;
use sqlx::{Arguments, Database, Encode, Type};

use super::CallRow;
use crate::dialect::{Link, Tx};
use crate::read::foreign;
use crate::{Store, StoreError};

use statement::{ALIKE_AT_ONCE, ROWS_AT_ONCE, Statement};

impl Store {
    /// Adds calls, all or none. A call that is already there stays as it is, so a batch may be tried again.
    pub async fn calls_insert(&self, calls: Vec<CallRow>) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut tx = self.db().begin_append().await?;
        let mut left = insert_alike(&mut tx, calls).await?;
        while let Some(size) = ROWS_AT_ONCE.iter().position(|rows| *rows <= left.len()) {
            let rows = left.drain(..ROWS_AT_ONCE[size]).collect();
            insert(&mut tx, Statement::Any(size), rows).await?;
        }
        tx.commit().await
    }
}

/// Adds the calls of which many tell the same but for their times and sizes, as those of a busy client do, and answers
/// the others. What they share is handed to the database once for all of them. The oldest go first: rows that are added
/// behind all others fill pages to their end.
async fn insert_alike(
    tx: &mut Tx,
    mut calls: Vec<CallRow>,
) -> Result<VecDeque<CallRow>, StoreError> {
    calls.sort_by(|one, other| shared(one).cmp(&shared(other)));
    let mut calls = VecDeque::from(calls);
    let mut rest = VecDeque::new();
    while let Some(first) = calls.front() {
        let alike = calls
            .iter()
            .take_while(|call| is_alike(call, first))
            .count();
        let mut group: VecDeque<CallRow> = calls.drain(..alike).collect();
        while let Some(size) = ALIKE_AT_ONCE.iter().position(|rows| *rows <= group.len()) {
            let rows = group.drain(..ALIKE_AT_ONCE[size]).collect();
            insert(tx, Statement::Alike(size), rows).await?;
        }
        rest.extend(group);
    }
    Ok(rest)
}

fn is_alike(one: &CallRow, other: &CallRow) -> bool {
    shared(one) == shared(other)
}

/// Everything but the ids, the time, the duration and the sizes.
fn shared(call: &CallRow) -> impl Ord + '_ {
    let texts = (&call.tool, &call.outcome, &call.session, &call.client);
    let facts = (&call.http_status, &call.own_address);
    let rest = (&call.code, &call.connector_slug, facts);
    (call.connector_id, call.user_id, call.key_id, texts, rest)
}

async fn insert(tx: &mut Tx, statement: Statement, rows: Vec<CallRow>) -> Result<(), StoreError> {
    match tx.link() {
        Link::Sqlite(link) => {
            let values = values::<sqlx_sqlite::Sqlite>(statement, rows)?;
            sqlx::query_with(statement.for_sqlite(), values)
                .execute(link)
                .await?;
        }
        Link::Postgres(link) => {
            let values = values::<sqlx_postgres::Postgres>(statement, rows)?;
            sqlx::query_with(statement.for_postgres(), values)
                .execute(link)
                .await?;
        }
    }
    Ok(())
}

fn values<D: Database>(statement: Statement, rows: Vec<CallRow>) -> Result<D::Arguments, StoreError>
where
    String: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    let mut values = D::Arguments::default();
    values.reserve(statement.values(), rows.len() * 512);
    for (at, row) in rows.into_iter().enumerate() {
        let put = put::<D>(&mut values, row, statement.shares_from(at));
        put.map_err(sqlx::Error::Encode)?;
    }
    Ok(values)
}

fn put<D: Database>(
    values: &mut D::Arguments,
    mut row: CallRow,
    shares: bool,
) -> Result<(), BoxDynError>
where
    String: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    let (id, at) = (row.id.to_string(), row.at.as_millis());
    let numbers = [at, row.ms, row.bytes_in, row.bytes_out];
    let request_id = row.request_id.take();
    if !shares {
        put_shared::<D>(values, row)?;
    }
    values.add(request_id.map(clean))?;
    values.add(id)?;
    numbers
        .into_iter()
        .try_for_each(|number| values.add(number))
}

/// What calls may share, in the order of the statements.
fn put_shared<D: Database>(values: &mut D::Arguments, row: CallRow) -> Result<(), BoxDynError>
where
    String: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    values.add(row.user_id.to_string())?;
    values.add(row.key_id.map(|id| id.to_string()))?;
    values.add(row.session.map(clean))?;
    values.add(row.connector_id.to_string())?;
    values.add(row.connector_slug)?;
    values.add(clean(row.tool))?;
    values.add(row.outcome)?;
    values.add(row.code)?;
    values.add(row.client.map(clean))?;
    values.add(row.http_status)?;
    values.add(row.own_address)
}

/// [`foreign`] for text that nobody else needs, which nearly always stays where it is.
fn clean(text: String) -> String {
    match foreign(&text) {
        std::borrow::Cow::Owned(clean) => clean,
        std::borrow::Cow::Borrowed(_) => text,
    }
}
