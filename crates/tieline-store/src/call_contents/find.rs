//! Reads what was said in one call.

use sqlx::FromRow;
use tieline_domain::CallId;

use super::CallContentRow;
use crate::read::time;
use crate::{Store, StoreError};

#[derive(FromRow)]
struct Columns {
    at: i64,
    arguments: Option<String>,
    arguments_bytes: i64,
    result: Option<String>,
    result_bytes: i64,
}

impl Store {
    /// What was said in a call; nothing when it is not kept.
    pub async fn call_content(&self, id: CallId) -> Result<Option<CallContentRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let row = fetch_optional!(
            conn,
            Columns,
            "SELECT at, arguments, arguments_bytes, result, result_bytes FROM call_contents WHERE call_id = $1",
            id.to_string(),
        )?;
        Ok(row.map(|row| CallContentRow {
            call_id: id,
            at: time(row.at),
            arguments: row.arguments,
            arguments_bytes: row.arguments_bytes,
            result: row.result,
            result_bytes: row.result_bytes,
        }))
    }
}
