//! Reads connectors.

use tieline_domain::{ConnectorId, Slug};

use super::{Columns, ConnectorRow, columns};
use crate::dialect::Tx;
use crate::{Loaded, Store, StoreError};

impl Store {
    /// All connectors, in the order in which they were added. A row that cannot be read is named apart, so that the
    /// others stay in service.
    pub async fn connectors_all(&self) -> Result<Loaded<ConnectorRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_each!(
            conn,
            Columns,
            concat!("SELECT ", columns!(), " FROM connectors ORDER BY id")
        )?;
        Ok(Loaded::check(found, |columns: &Columns| &columns.id))
    }

    /// Of each connector whether it is on, and the word for its status.
    pub async fn connector_statuses(&self) -> Result<Vec<(bool, String)>, StoreError> {
        let mut conn = self.db().read().await?;
        Ok(fetch_all!(
            conn,
            (bool, String),
            "SELECT enabled, status FROM connectors"
        )?)
    }

    /// The connector with this key.
    pub async fn connector_by_slug(&self, slug: &Slug) -> Result<Option<ConnectorRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM connectors WHERE slug = $1");
        let found = fetch_optional!(conn, Columns, sql, slug.as_str())?;
        found.map(ConnectorRow::try_from).transpose()
    }

    /// The connector with this id.
    pub async fn connector_by_id(
        &self,
        id: ConnectorId,
    ) -> Result<Option<ConnectorRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM connectors WHERE id = $1");
        let found = fetch_optional!(conn, Columns, sql, id.to_string())?;
        found.map(ConnectorRow::try_from).transpose()
    }
}

/// The row as this transaction sees it.
pub(crate) async fn in_transaction(
    tx: &mut Tx,
    id: ConnectorId,
) -> Result<ConnectorRow, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM connectors WHERE id = $1");
    let found = fetch_optional!(tx, Columns, sql, id.to_string())?;
    found.ok_or(StoreError::NotFound)?.try_into()
}
