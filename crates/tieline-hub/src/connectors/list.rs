//! Lists connectors for people. It reads the database and never waits for a server.

use std::collections::HashMap;

use tieline_domain::{ConnectorId, Slug, Timestamp};
use tieline_store::StoreError;

use super::{ConnectorStatus, ConnectorView, HourlyCalls};
use crate::Hub;

/// Every connector, and how many rows could not be read.
#[derive(Debug)]
pub struct ConnectorList {
    /// Sorted by name.
    pub connectors: Vec<ConnectorView>,
    /// Rows that the database holds but that make no sense. Each disables itself only.
    pub broken: usize,
}

impl Hub {
    /// Every connector, custom and built-in.
    pub async fn list_connectors(&self) -> Result<ConnectorList, StoreError> {
        let all = self.inner.store.connectors_all().await?;
        let mut summaries = self
            .tool_summaries(all.rows.iter().map(|row| row.id))
            .await?;
        let (snapshot, now) = (self.snapshot(), self.clock().now());
        let certificate_end = |id| {
            let live = snapshot.connector(id)?;
            let end = live.network.mcp.certificate_end(&live.url.to_url())?;
            Some(Timestamp::from_millis(
                i64::try_from(end).ok()?.checked_mul(1000)?,
            ))
        };
        let counts = self.inner.store.call_counts_24h(now).await?;
        let mut calls: HashMap<ConnectorId, Vec<HourlyCalls>> = counts
            .iter()
            .map(|(id, hours)| (*id, hourly(hours)))
            .collect();
        let mut connectors: Vec<ConnectorView> = all
            .rows
            .into_iter()
            .map(|row| {
                let tools = summaries.remove(&row.id).unwrap_or_default();
                let hours = calls.remove(&row.id).unwrap_or_default();
                let end = certificate_end(row.id);
                ConnectorView::new(row, &tools, hours).with_certificate(end, now)
            })
            .collect();
        connectors.sort_by_key(|connector| connector.name.to_lowercase());
        Ok(ConnectorList {
            connectors,
            broken: all.broken.len(),
        })
    }

    /// How many connectors agents have to do without because they are failing.
    pub async fn failing_connectors(&self) -> Result<usize, StoreError> {
        let stored = self.inner.store.connector_statuses().await?;
        let statuses = stored
            .iter()
            .map(|(enabled, word)| ConnectorStatus::of(*enabled, word));
        Ok(statuses.filter(|status| status.is_failing()).count())
    }

    /// One connector; [`StoreError::NotFound`] when there is none with this key.
    pub async fn connector(&self, slug: &Slug) -> Result<ConnectorView, StoreError> {
        let all = self.list_connectors().await?;
        all.connectors
            .into_iter()
            .find(|connector| connector.slug == *slug)
            .ok_or(StoreError::NotFound)
    }

    pub(crate) async fn connector_by_id(
        &self,
        id: ConnectorId,
    ) -> Result<ConnectorView, StoreError> {
        let all = self.list_connectors().await?;
        all.connectors
            .into_iter()
            .find(|connector| connector.id == id)
            .ok_or(StoreError::NotFound)
    }
}

fn hourly(counts: &[tieline_store::HourCount]) -> Vec<HourlyCalls> {
    counts
        .iter()
        .map(|hour| HourlyCalls {
            calls: hour.calls,
            failed: hour.failed,
        })
        .collect()
}
