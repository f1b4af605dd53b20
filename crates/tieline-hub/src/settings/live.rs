//! The settings as they are in force, held in memory: what the server's operator fixed, else what an admin set, else
//! what holds from the start.

use std::sync::Arc;

use tieline_domain::{SettingName, Settings};
use tieline_store::{Store, StoreError, StoredSettings};

use crate::HubSettings;

/// The settings at one version of the database.
#[derive(Debug)]
pub(crate) struct LiveSettings {
    pub(crate) values: Arc<Settings>,
    /// Grows with each change that an admin makes.
    pub(super) version: i64,
}

impl LiveSettings {
    pub(crate) async fn load(store: &Store, server: &HubSettings) -> Result<Self, StoreError> {
        let stored = store.settings_all().await?;
        Ok(Self {
            version: stored.version(),
            values: Arc::new(in_force(&stored, server)),
        })
    }
}

/// A row that this release does not know belongs to a newer one; one that it cannot read changes nothing.
fn in_force(stored: &StoredSettings, server: &HubSettings) -> Settings {
    let mut values = server.start.clone();
    for row in &stored.rows {
        let Ok(name) = row.name.parse::<SettingName>() else {
            continue;
        };
        if server.fixed.contains_key(&name) {
            continue;
        }
        if let Err(error) = values.set(name, &row.value) {
            tracing::error!(setting = %name, %error, "a stored setting cannot be read, so it is not used");
        }
    }
    values
}
