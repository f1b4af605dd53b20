//! How connectors are reached: which addresses, and whose certificates. A change makes a new client, so that no
//! connection made under the old rules is used again.

use std::sync::Arc;

use tieline_domain::Settings;
use tieline_mcp::{ClientInfo, DialPolicy, McpClient, TlsSetupError};

use crate::HubSettings;

/// The client for servers, and the rules that it was made under.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) mcp: McpClient,
    deny_private: bool,
    extra_ca: String,
}

impl Network {
    /// The client of a process that starts, before anything is read from the database.
    pub(crate) fn open(server: &HubSettings) -> Result<Arc<Self>, TlsSetupError> {
        Self::under(server, &server.start)
    }

    /// The client under these settings: the one that there is, unless its rules are others.
    pub(crate) fn next(server: &HubSettings, settings: &Settings, now: &Arc<Self>) -> Arc<Self> {
        if now.deny_private == settings.deny_private && now.extra_ca == settings.extra_ca {
            return now.clone();
        }
        Self::under(server, settings).unwrap_or_else(|error| {
            // They were read before they were saved, so only a database that somebody edited comes here.
            tracing::error!(%error, "the stored certificate authorities cannot be used, so they are left out");
            let without = Settings { extra_ca: String::new(), ..settings.clone() };
            Self::under(server, &without).unwrap_or_else(|_| now.clone())
        })
    }

    fn under(server: &HubSettings, settings: &Settings) -> Result<Arc<Self>, TlsSetupError> {
        let policy = DialPolicy {
            deny_private: settings.deny_private,
            extra_ca_pem: Some(settings.extra_ca.clone()).filter(|pem| !pem.is_empty()),
            ..server.dial.clone()
        };
        let client = ClientInfo {
            name: "Tieline".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Arc::new(Self {
            mcp: McpClient::new(policy, server.limits.clone(), client)?,
            deny_private: settings.deny_private,
            extra_ca: settings.extra_ca.clone(),
        }))
    }
}
