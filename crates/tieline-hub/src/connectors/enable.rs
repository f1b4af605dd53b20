//! Turns a connector on or off. Off acts at once, also on calls in flight; on reaches the next sessions.

use serde_json::json;
use tieline_domain::{Actor, ConnectorId, Slug};
use tieline_store::StoreError;

use super::ConnectorView;
use crate::Hub;

impl Hub {
    /// Turns a connector on or off. Doing what is already so changes nothing and writes no audit row.
    pub async fn enable_connector(
        &self,
        actor: &Actor,
        slug: &Slug,
        enabled: bool,
    ) -> Result<ConnectorView, StoreError> {
        let (id, changed) = self.store_enabled(actor, slug, enabled).await?;
        if changed {
            self.after_change().await;
            if enabled {
                self.inner.refresh.request(id);
            }
        }
        self.connector_by_id(id).await
    }

    /// Saves the switch and its audit row; whether it was the other way before.
    pub(super) async fn store_enabled(
        &self,
        actor: &Actor,
        slug: &Slug,
        enabled: bool,
    ) -> Result<(ConnectorId, bool), StoreError> {
        let row = self.inner.store.connector_by_slug(slug).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        if row.enabled == enabled {
            return Ok((row.id, false));
        }
        let action = if enabled {
            "connector.turned_on"
        } else {
            "connector.turned_off"
        };
        let change = self.change(
            actor,
            action,
            "connector",
            slug.as_str(),
            &json!({ "name": row.name }),
        );
        self.inner
            .store
            .connector_set_enabled(row.id, enabled, &change)
            .await?;
        self.inner.health.forget(row.id);
        self.inner.breakers.reset(row.id);
        Ok((row.id, true))
    }
}
