//! Shows the settings: each value, and where it is fixed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tieline_domain::{SettingName, Settings};
use tieline_mcp::{Authority, read_authorities};
use tieline_store::StoreError;

use super::LiveSettings;
use crate::Hub;

/// The settings as an admin sees them.
#[derive(Clone, Debug)]
pub struct SettingsView {
    /// What is in force.
    pub values: Arc<Settings>,
    /// What the operator fixed on the server, and by what: an environment variable, or a line in a file.
    pub fixed: BTreeMap<SettingName, String>,
    /// Whether Tieline signs in to the proxy.
    pub proxy_login: bool,
    /// The certificate authorities among them, as an admin recognises them.
    pub authorities: Vec<Authority>,
    /// Grows with each change, to notice that somebody else saved in between.
    pub version: i64,
}

impl Hub {
    /// The settings that are in force, from memory.
    pub fn settings_in_force(&self) -> Arc<Settings> {
        self.inner.snapshot.load().settings().values.clone()
    }

    /// The settings with what an admin has to know to change them, from the database.
    pub async fn show_settings(&self) -> Result<SettingsView, StoreError> {
        let live = LiveSettings::load(&self.inner.store, &self.inner.settings).await?;
        Ok(SettingsView {
            authorities: read_authorities(&live.values.extra_ca).unwrap_or_default(),
            proxy_login: live.proxy_login.is_there(),
            values: live.values,
            fixed: self.inner.settings.fixed.clone(),
            version: live.version,
        })
    }
}
