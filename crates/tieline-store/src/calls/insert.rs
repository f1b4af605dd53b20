//! Writes a batch of call records.

use sqlx::QueryBuilder;

use super::CallRow;
use crate::read::{foreign, foreign_optional};
use crate::{Store, StoreError};

/// How many rows a statement adds. A batch of any size is made of a few of these, so that every statement has been
/// prepared before; 15 values a row stay under the 32,766 that SQLite takes in one.
const ROWS_AT_ONCE: [usize; 4] = [256, 32, 4, 1];

impl Store {
    /// Adds calls, all or none. A call that is already there stays as it is, so a batch may be tried again.
    pub async fn calls_insert(&self, calls: Vec<CallRow>) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut tx = self.db().begin_append().await?;
        let mut left = calls.as_slice();
        while let Some(count) = ROWS_AT_ONCE.iter().find(|count| **count <= left.len()) {
            let (rows, rest) = left.split_at(*count);
            left = rest;
            on!(tx, link => {
                let mut insert = QueryBuilder::new(
                    "INSERT INTO calls (id, at, user_id, key_id, session, connector_id, connector_slug, tool, outcome,
                         code, ms, bytes_in, bytes_out, client, request_id) ",
                );
                insert.push_values(rows, |mut row, call| {
                    row.push_bind(call.id.to_string())
                        .push_bind(call.at.as_millis())
                        .push_bind(call.user_id.to_string())
                        .push_bind(call.key_id.map(|id| id.to_string()))
                        .push_bind(foreign_optional(call.session.as_deref()).map(String::from))
                        .push_bind(call.connector_id.to_string())
                        .push_bind(call.connector_slug.as_str())
                        .push_bind(foreign(&call.tool).into_owned())
                        .push_bind(call.outcome.as_str())
                        .push_bind(call.code.as_deref())
                        .push_bind(call.ms)
                        .push_bind(call.bytes_in)
                        .push_bind(call.bytes_out)
                        .push_bind(foreign_optional(call.client.as_deref()).map(String::from))
                        .push_bind(foreign_optional(call.request_id.as_deref()).map(String::from));
                });
                insert.push(" ON CONFLICT (id) DO NOTHING");
                insert.build().execute(link).await.map(|_| ())
            })?;
        }
        tx.commit().await
    }
}
