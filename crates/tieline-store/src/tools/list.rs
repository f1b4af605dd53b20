//! Reads tools.

use tieline_domain::ConnectorId;

use super::{Columns, ToolRow, columns};
use crate::dialect::Tx;
use crate::{Loaded, Store, StoreError};

impl Store {
    /// The tools of all connectors, in the order of their servers' lists. A row that cannot be read is logged and left
    /// out.
    pub async fn tools_all(&self) -> Result<Vec<ToolRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM connector_tools ORDER BY connector_id, position"
        );
        Ok(readable(fetch_each!(conn, Columns, sql)?))
    }

    /// The tools of one connector.
    pub async fn tools_of(&self, id: ConnectorId) -> Result<Vec<ToolRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM connector_tools WHERE connector_id = $1 ORDER BY position"
        );
        Ok(readable(fetch_each!(conn, Columns, sql, id.to_string())?))
    }
}

/// The tools of one connector as this transaction sees them.
pub(super) async fn in_transaction(
    tx: &mut Tx,
    id: ConnectorId,
) -> Result<Vec<ToolRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM connector_tools WHERE connector_id = $1 ORDER BY position"
    );
    Ok(readable(fetch_each!(tx, Columns, sql, id.to_string())?))
}

fn readable(found: Vec<Result<Columns, String>>) -> Vec<ToolRow> {
    Loaded::check(found, |columns: &Columns| &columns.connector_id).readable("connector_tools")
}
