//! Writes a batch of call records.

mod statement;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::{Arguments, Database, Encode, Type};
use tieline_domain::{CallId, ConnectorId, KeyId, RequestId, Slug, Timestamp, UserId};

use crate::dialect::{Link, Tx};
use crate::read::foreign;
use crate::{Store, StoreError};

use statement::{ALIKE_AT_ONCE, ROWS_AT_ONCE, Statement};

/// How many calls lie in memory as rows at a time. A batch may be many times as large, and what it would push out of the
/// CPU's cache is what calls are answered with.
const CALLS_AT_A_TIME: usize = 1_024;

/// A call that ended, as it is added. It shares its texts with whatever else holds them.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Its id.
    pub id: CallId,
    /// When it ended.
    pub at: Timestamp,
    /// Who called.
    pub user_id: UserId,
    /// With which key.
    pub key_id: Option<KeyId>,
    /// In which session.
    pub session: Option<Arc<str>>,
    /// The connector.
    pub connector_id: ConnectorId,
    /// The connector's key.
    pub connector_slug: Slug,
    /// The tool, as its server calls it.
    pub tool: Arc<str>,
    /// `ok`, `tool_error`, `upstream_failure` or `refused`.
    pub outcome: &'static str,
    /// Why, if it was not ok.
    pub code: Option<&'static str>,
    /// How many milliseconds it took.
    pub ms: i64,
    /// The size of the request in bytes.
    pub bytes_in: i64,
    /// The size of the answer in bytes.
    pub bytes_out: i64,
    /// What the client calls itself.
    pub client: Option<Arc<str>>,
    /// What finds the call in the log.
    pub request_id: Option<RequestId>,
    /// The HTTP status of a failure, as far as a server, or the proxy on the way to it, answered one.
    pub http_status: Option<u16>,
    /// The address of this machine from which the server was not reached.
    pub own_address: Option<IpAddr>,
}

impl Store {
    /// Adds calls, all or none. A call that is already there stays as it is, so a batch may be tried again. They are asked
    /// for while the transaction runs, so that they need not all be in memory.
    pub async fn calls_insert(
        &self,
        calls: impl IntoIterator<Item = NewCall, IntoIter: Send>,
    ) -> Result<(), StoreError> {
        let mut calls = calls.into_iter();
        let mut some: Vec<NewCall> = calls.by_ref().take(CALLS_AT_A_TIME).collect();
        if some.is_empty() {
            return Ok(());
        }
        let mut tx = self.db().begin_append().await?;
        while !some.is_empty() {
            let mut left = insert_alike(&mut tx, some).await?;
            while let Some(size) = ROWS_AT_ONCE.iter().position(|rows| *rows <= left.len()) {
                let rows = left.drain(..ROWS_AT_ONCE[size]);
                insert(&mut tx, Statement::Any(size), rows).await?;
            }
            some = calls.by_ref().take(CALLS_AT_A_TIME).collect();
        }
        tx.commit().await
    }
}

/// Adds the calls of which many tell the same but for their times and sizes, as those of a busy client do, and answers
/// the others. What they share is handed to the database once for all of them. The oldest go first: rows that are added
/// behind all others fill pages to their end.
async fn insert_alike(
    tx: &mut Tx,
    mut calls: Vec<NewCall>,
) -> Result<VecDeque<NewCall>, StoreError> {
    calls.sort_by(|one, other| shared(one).cmp(&shared(other)));
    let mut calls = VecDeque::from(calls);
    let mut rest = VecDeque::new();
    while let Some(first) = calls.front() {
        let mut alike = calls
            .iter()
            .take_while(|call| is_alike(call, first))
            .count();
        while let Some(size) = ALIKE_AT_ONCE.iter().position(|rows| *rows <= alike) {
            let rows = calls.drain(..ALIKE_AT_ONCE[size]);
            alike -= rows.len();
            insert(tx, Statement::Alike(size), rows).await?;
        }
        rest.extend(calls.drain(..alike));
    }
    Ok(rest)
}

fn is_alike(one: &NewCall, other: &NewCall) -> bool {
    shared(one) == shared(other)
}

/// Everything but the ids, the time, the duration and the sizes.
fn shared(call: &NewCall) -> impl Ord + '_ {
    let texts = (&call.tool, &call.outcome, &call.session, &call.client);
    let facts = (&call.http_status, &call.own_address);
    let rest = (&call.code, &call.connector_slug, facts);
    (call.connector_id, call.user_id, call.key_id, texts, rest)
}

async fn insert(
    tx: &mut Tx,
    statement: Statement,
    rows: impl ExactSizeIterator<Item = NewCall>,
) -> Result<(), StoreError> {
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

fn values<D: Database>(
    statement: Statement,
    rows: impl ExactSizeIterator<Item = NewCall>,
) -> Result<D::Arguments, StoreError>
where
    Arc<str>: for<'q> Encode<'q, D> + Type<D>,
    Option<Arc<str>>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    let mut values = D::Arguments::default();
    values.reserve(statement.values(), rows.len() * 512);
    for (at, row) in rows.enumerate() {
        let put = put::<D>(&mut values, row, statement.shares_from(at));
        put.map_err(sqlx::Error::Encode)?;
    }
    Ok(values)
}

fn put<D: Database>(
    values: &mut D::Arguments,
    row: NewCall,
    shares: bool,
) -> Result<(), BoxDynError>
where
    Arc<str>: for<'q> Encode<'q, D> + Type<D>,
    Option<Arc<str>>: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    let (id, request_id) = (row.id, row.request_id);
    let numbers = [row.at.as_millis(), row.ms, row.bytes_in, row.bytes_out];
    if !shares {
        put_shared::<D>(values, row)?;
    }
    values.add(request_id.map(RequestId::to_shared_text))?;
    values.add(id.to_shared_text())?;
    numbers
        .into_iter()
        .try_for_each(|number| values.add(number))
}

/// What calls may share, in the order of the statements.
fn put_shared<D: Database>(values: &mut D::Arguments, row: NewCall) -> Result<(), BoxDynError>
where
    Arc<str>: for<'q> Encode<'q, D> + Type<D>,
    Option<Arc<str>>: for<'q> Encode<'q, D> + Type<D>,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
{
    values.add(row.user_id.to_shared_text())?;
    values.add(row.key_id.map(KeyId::to_shared_text))?;
    values.add(row.session.map(clean))?;
    values.add(row.connector_id.to_shared_text())?;
    values.add(Arc::<str>::from(row.connector_slug.as_str()))?;
    values.add(clean(row.tool))?;
    values.add(Arc::<str>::from(row.outcome))?;
    values.add(row.code.map(Arc::<str>::from))?;
    values.add(row.client.map(clean))?;
    values.add(row.http_status.map(i64::from))?;
    values.add(row.own_address.map(|own| Arc::<str>::from(own.to_string())))
}

/// [`foreign`] for text that is shared, which nearly always stays as it is.
fn clean(text: Arc<str>) -> Arc<str> {
    match foreign(&text) {
        std::borrow::Cow::Owned(clean) => clean.into(),
        std::borrow::Cow::Borrowed(_) => text,
    }
}
