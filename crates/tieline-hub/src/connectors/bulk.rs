//! Does the same to several connectors. Each is changed and recorded on its own; one that is gone meanwhile is left out.

use std::time::Duration;

use tieline_domain::{Actor, Slug};
use tieline_store::{ConnectorUse, StoreError};

use crate::Hub;

const NOW: Duration = Duration::from_mins(15);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Who uses one of several connectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecentUse {
    /// In the last 15 minutes.
    pub now: ConnectorUse,
    /// In the last 7 days.
    pub week: ConnectorUse,
}

impl Hub {
    /// Turns connectors on or off; answers how many were not so already. When one fails, those before it stay changed.
    pub async fn enable_connectors(
        &self,
        actor: &Actor,
        slugs: &[Slug],
        enabled: bool,
    ) -> Result<usize, StoreError> {
        let mut changed = Vec::new();
        let mut failed = None;
        for slug in slugs {
            match self.store_enabled(actor, slug, enabled).await {
                Ok((id, true)) => changed.push(id),
                Ok((_, false)) | Err(StoreError::NotFound) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if !changed.is_empty() {
            self.after_change().await;
        }
        if enabled {
            for id in &changed {
                self.inner.refresh.request(*id);
            }
        }
        failed.map_or(Ok(changed.len()), Err)
    }

    /// Removes connectors; answers how many there were. When one fails, those before it are gone.
    pub async fn remove_connectors(
        &self,
        actor: &Actor,
        slugs: &[Slug],
    ) -> Result<usize, StoreError> {
        let mut removed = 0;
        let mut failed = None;
        for slug in slugs {
            match self.store_removed(actor, slug).await {
                Ok(()) => removed += 1,
                Err(StoreError::NotFound) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if removed > 0 {
            self.after_change().await;
        }
        failed.map_or(Ok(removed), Err)
    }

    /// Asks the background checker to look at connectors now; answers how many there are. Those that are off are
    /// not looked at.
    pub async fn refresh_connectors(&self, slugs: &[Slug]) -> Result<usize, StoreError> {
        let mut asked = 0;
        for slug in slugs {
            let row = self.inner.store.connector_by_slug(slug).await?;
            if let Some(row) = row.filter(|row| row.enabled) {
                self.inner.breakers.reset(row.id);
                self.inner.refresh.request(row.id);
                asked += 1;
            }
        }
        Ok(asked)
    }

    /// Who uses each of these connectors, in the same order; nobody uses one that is gone.
    pub async fn recent_use(&self, slugs: &[Slug]) -> Result<Vec<RecentUse>, StoreError> {
        let store = &self.inner.store;
        let now = self.clock().now();
        let mut uses = Vec::with_capacity(slugs.len());
        for slug in slugs {
            uses.push(match store.connector_by_slug(slug).await? {
                Some(row) => RecentUse {
                    now: store.connector_use(row.id, now.minus(NOW)).await?,
                    week: store.connector_use(row.id, now.minus(WEEK)).await?,
                },
                None => RecentUse::default(),
            });
        }
        Ok(uses)
    }
}
