//! The prompts, resources and resource templates of connectors, as their servers last listed them.

use std::collections::BTreeSet;

use sqlx::FromRow;
use tieline_domain::ConnectorId;

use crate::dialect::Tx;
use crate::read::{foreign, foreign_optional, parsed};
use crate::{Loaded, Store, StoreError};

/// One of them as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferRow {
    /// Whose it is.
    pub connector_id: ConnectorId,
    /// `prompt`, `resource` or `resource_template`.
    pub kind: String,
    /// Its place in the server's list.
    pub position: i64,
    /// The name, URI or URI template by which it is asked for.
    pub name: String,
    /// What the server said about it, byte for byte.
    pub definition: String,
    /// Why clients cannot have it, for programs.
    pub left_out_code: Option<String>,
    /// Why clients cannot have it, for people.
    pub left_out_reason: Option<String>,
}

#[derive(FromRow)]
struct Columns {
    connector_id: String,
    kind: String,
    position: i64,
    name: String,
    definition: String,
    left_out_code: Option<String>,
    left_out_reason: Option<String>,
}

impl TryFrom<Columns> for OfferRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            connector_id: parsed("connector_offers.connector_id", &row.connector_id)?,
            kind: row.kind,
            position: row.position,
            name: row.name,
            definition: row.definition,
            left_out_code: row.left_out_code,
            left_out_reason: row.left_out_reason,
        })
    }
}

impl Store {
    /// The offers of all connectors, in the order of their servers' lists. A row that cannot be read is logged and left
    /// out.
    pub async fn offers_all(&self) -> Result<Vec<OfferRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let sql =
            "SELECT connector_id, kind, position, name, definition, left_out_code, left_out_reason
                   FROM connector_offers ORDER BY connector_id, kind, position";
        Ok(readable(fetch_each!(conn, Columns, sql)?))
    }
}

/// Puts the listed offers in place of the stored ones of the same kinds. Those of other kinds stay: their lists could
/// not be read. Answers whether anything has changed.
pub(crate) async fn replace(
    tx: &mut Tx,
    id: ConnectorId,
    kinds: &[&'static str],
    listed: &[OfferRow],
) -> Result<bool, StoreError> {
    let sql =
        "SELECT connector_id, kind, position, name, definition, left_out_code, left_out_reason
               FROM connector_offers WHERE connector_id = $1 ORDER BY kind, position";
    let stored: Vec<OfferRow> = readable(fetch_each!(tx, Columns, sql, id.to_string())?);
    let kinds: BTreeSet<&'static str> = kinds.iter().copied().collect();
    let mut changed = false;
    for kind in kinds {
        let before = stored.iter().filter(|offer| offer.kind == kind);
        let after: Vec<OfferRow> = listed
            .iter()
            .filter(|offer| offer.kind == kind)
            .map(|offer| storable(id, offer))
            .collect();
        if before.eq(after.iter()) {
            continue;
        }
        changed = true;
        execute!(
            tx,
            "DELETE FROM connector_offers WHERE connector_id = $1 AND kind = $2",
            id.to_string(),
            kind
        )?;
        for offer in after {
            insert(tx, &offer).await?;
        }
    }
    Ok(changed)
}

async fn insert(tx: &mut Tx, offer: &OfferRow) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO connector_offers (connector_id, kind, position, name, definition, left_out_code, left_out_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        offer.connector_id.to_string(),
        &offer.kind,
        offer.position,
        &offer.name,
        &offer.definition,
        &offer.left_out_code,
        &offer.left_out_reason,
    )?;
    Ok(())
}

fn storable(id: ConnectorId, offer: &OfferRow) -> OfferRow {
    OfferRow {
        connector_id: id,
        name: foreign(&offer.name).into_owned(),
        left_out_reason: foreign_optional(offer.left_out_reason.as_deref()).map(Into::into),
        ..offer.clone()
    }
}

fn readable(found: Vec<Result<Columns, String>>) -> Vec<OfferRow> {
    Loaded::check(found, |columns: &Columns| &columns.connector_id).readable("connector_offers")
}
