//! Lists the shipped providers with what is connected.

use tieline_domain::{Provider, providers};
use tieline_store::StoreError;

use crate::Hub;
use crate::connectors::ConnectorView;

/// A provider, and its connector if it is connected.
#[derive(Debug)]
pub struct ProviderView {
    /// The shipped entry.
    pub provider: &'static Provider,
    /// The connector, when one is connected.
    pub connector: Option<ConnectorView>,
    /// A custom connector that has had this key since before the provider was shipped. It keeps it.
    pub key_in_use_by: Option<String>,
}

impl Hub {
    /// Every shipped provider, in the order of the catalogue.
    pub async fn list_providers(&self) -> Result<Vec<ProviderView>, StoreError> {
        let rows = self.inner.store.connectors_all().await?.rows;
        let custom: Vec<(String, String)> = rows
            .iter()
            .filter(|row| row.provider.is_none())
            .map(|row| (row.slug.to_string(), row.name.clone()))
            .collect();
        let mut connected = self.list_connectors().await?.connectors;
        connected.retain(|connector| {
            rows.iter()
                .any(|row| row.id == connector.id && row.provider.is_some())
        });
        let view = |provider: &'static Provider| {
            let slug = provider.slug.as_str();
            let at = connected
                .iter()
                .position(|connector| connector.slug.as_str() == slug);
            (slug, at)
        };
        let mut views = Vec::new();
        for provider in providers() {
            let (slug, at) = view(provider);
            let key_in_use_by = custom
                .iter()
                .find(|(key, _)| key == slug)
                .map(|(_, name)| name.clone());
            views.push(ProviderView {
                provider,
                connector: at.map(|at| connected[at].clone()),
                key_in_use_by,
            });
        }
        Ok(views)
    }
}
