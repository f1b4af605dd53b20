//! Writes down what was said in calls.

use sqlx::QueryBuilder;

use super::CallContentRow;
use crate::read::foreign_optional;
use crate::{Store, StoreError};

/// Small enough that other writers do not wait long: a megabyte at most, with what is kept of each.
const ROWS_AT_ONCE: usize = 32;

impl Store {
    /// Adds contents of calls that are there. One that is there already stays as it is.
    pub async fn call_contents_insert(
        &self,
        contents: Vec<CallContentRow>,
    ) -> Result<(), StoreError> {
        for rows in contents.chunks(ROWS_AT_ONCE) {
            // The connection goes back in between, so that others get their turn.
            let mut conn = self.db().write().await?;
            on!(conn, link => {
                let mut insert = QueryBuilder::new(
                    "INSERT INTO call_contents (call_id, at, arguments, arguments_bytes, result, result_bytes) ",
                );
                insert.push_values(rows, |mut values, row| {
                    values
                        .push_bind(row.call_id.to_string())
                        .push_bind(row.at.as_millis())
                        .push_bind(foreign_optional(row.arguments.as_deref()))
                        .push_bind(row.arguments_bytes)
                        .push_bind(foreign_optional(row.result.as_deref()))
                        .push_bind(row.result_bytes);
                });
                insert.push(" ON CONFLICT (call_id) DO NOTHING");
                insert.build().persistent(false).execute(link).await.map(drop)
            })?;
        }
        Ok(())
    }
}
