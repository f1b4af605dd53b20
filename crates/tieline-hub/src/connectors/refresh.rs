//! An admin asks for a fresh catalogue of one connector.

use tieline_domain::Slug;
use tieline_store::StoreError;

use crate::Hub;

impl Hub {
    /// Asks the background checker to read a connector's tools now. Returns at once.
    pub async fn refresh_connector(&self, slug: &Slug) -> Result<(), StoreError> {
        let row = self
            .inner
            .store
            .connector_by_slug(slug)
            .await?
            .ok_or(StoreError::NotFound)?;
        self.inner.breakers.reset(row.id);
        self.inner.refresh.request(row.id);
        Ok(())
    }

    /// Reads a connector's tools and waits until what came of it is stored. For the command line, which ends before
    /// anything could be done in the background. One that is off is left alone.
    pub async fn check_connector(&self, slug: &Slug) -> Result<(), StoreError> {
        self.catch_up().await?;
        let snapshot = self.snapshot();
        let live = snapshot
            .connectors()
            .find(|live| live.slug == *slug)
            .ok_or(StoreError::NotFound)?;
        if live.enabled {
            self.check(live).await;
        }
        Ok(())
    }
}
