//! Lists the shipped providers with what is connected.

use tieline_domain::{Provider, providers};
use tieline_store::StoreError;

use crate::Hub;
use crate::connectors::{ConnectorKind, ConnectorView};

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
        Ok(ProviderView::all(&self.list_connectors().await?.connectors))
    }
}

impl ProviderView {
    /// Every shipped provider, with what is connected of these connectors.
    pub fn all(connectors: &[ConnectorView]) -> Vec<Self> {
        let with_key = |kind, slug: &str| {
            connectors
                .iter()
                .find(|connector| connector.kind == kind && connector.slug.as_str() == slug)
        };
        let view = |provider: &'static Provider| Self {
            provider,
            connector: with_key(ConnectorKind::Builtin, &provider.slug).cloned(),
            key_in_use_by: with_key(ConnectorKind::Custom, &provider.slug)
                .map(|connector| connector.name.clone()),
        };
        providers().iter().map(view).collect()
    }
}
