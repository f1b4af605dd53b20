//! Reads model APIs.

use tieline_domain::ModelId;

use super::{Columns, ModelRow, columns};
use crate::dialect::Tx;
use crate::{Loaded, Store, StoreError};

impl Store {
    /// All model APIs, in the order in which they were added. A row that cannot be read is named apart, so that the
    /// others stay in service.
    pub async fn models_all(&self) -> Result<Loaded<ModelRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM models ORDER BY id");
        let found = fetch_each!(conn, Columns, sql)?;
        Ok(Loaded::check(found, |columns: &Columns| &columns.id))
    }

    /// The model API with this id.
    pub async fn model_by_id(&self, id: ModelId) -> Result<Option<ModelRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql = concat!("SELECT ", columns!(), " FROM models WHERE id = $1");
        let found = fetch_optional!(conn, Columns, sql, id.to_string())?;
        found.map(ModelRow::try_from).transpose()
    }
}

/// The row as this transaction sees it.
pub(super) async fn in_transaction(tx: &mut Tx, id: ModelId) -> Result<ModelRow, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM models WHERE id = $1");
    let found = fetch_optional!(tx, Columns, sql, id.to_string())?;
    found.ok_or(StoreError::NotFound)?.try_into()
}
