//! Turns a connector on or off. Off acts at once, also on calls in flight; on reaches the next sessions.

use serde_json::json;
use tieline_domain::{Actor, Slug};
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
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        if row.enabled != enabled {
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
            self.after_change().await;
            if enabled {
                self.inner.refresh.request(row.id);
            }
        }
        self.connector_by_id(row.id).await
    }
}
