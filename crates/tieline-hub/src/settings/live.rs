//! The settings as they are in force, held in memory: what the server's operator fixed, else what an admin set, else
//! what holds from the start.

use std::sync::Arc;

use tieline_domain::{SettingName, Settings};
use tieline_store::{Store, StoreError, StoredSettings};

use super::LoginOf;
use crate::HubSettings;

/// The settings at one version of the database.
#[derive(Debug)]
pub(crate) struct LiveSettings {
    pub(crate) values: Arc<Settings>,
    /// The login of the proxy.
    pub(crate) proxy_login: LoginOf,
    /// Grows with each change that an admin makes.
    pub(super) version: i64,
}

impl LiveSettings {
    pub(crate) async fn load(store: &Store, server: &HubSettings) -> Result<Self, StoreError> {
        let stored = store.settings_all().await?;
        Ok(Self {
            version: stored.version(),
            values: Arc::new(in_force(&stored, server)),
            proxy_login: login(&stored, server),
        })
    }

    /// The login that the server's operator set.
    pub(crate) fn login_of_operator(server: &HubSettings) -> LoginOf {
        let login = server.proxy_login.clone();
        login.map_or(LoginOf::Nobody, LoginOf::Operator)
    }
}

fn login(stored: &StoredSettings, server: &HubSettings) -> LoginOf {
    if server.fixed.contains_key(&SettingName::EgressProxy) {
        return LiveSettings::login_of_operator(server);
    }
    let mut rows = stored.rows.iter();
    let row = rows.find(|row| row.name == SettingName::EgressProxy.as_str());
    let sealed = row.and_then(|row| row.sealed.clone());
    sealed.map_or(LoginOf::Nobody, LoginOf::Admin)
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
