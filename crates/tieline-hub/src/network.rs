//! How servers are reached: which addresses, whose certificates, through which proxy. A change makes a new client, so
//! that no connection made under the old rules is used again.

use std::sync::Arc;

use tieline_domain::{ProxyUrl, Settings};
use tieline_mcp::{ClientInfo, DialPolicy, McpClient, Outbound, Proxy, ProxyLogin, TlsSetupError};
use tieline_secrets::KeyRing;

use crate::settings::{LiveSettings, Login, LoginOf};
use crate::{Hub, HubSettings};

/// The client for servers, and the rules that it was made under.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) mcp: McpClient,
    models: Outbound,
    deny_private: bool,
    extra_ca: String,
    egress_proxy: Option<ProxyUrl>,
    login: LoginOf,
}

impl Network {
    /// The client of a process that starts, before anything is read from the database.
    pub(crate) fn open(
        server: &HubSettings,
        keyring: &KeyRing,
    ) -> Result<Arc<Self>, TlsSetupError> {
        let login = LiveSettings::login_of_operator(server);
        Self::under(server, keyring, &server.start, &login)
    }

    /// The client under these settings: the one that there is, unless its rules are others.
    pub(crate) fn next(
        server: &HubSettings,
        keyring: &KeyRing,
        live: &LiveSettings,
        now: &Arc<Self>,
    ) -> Arc<Self> {
        let (settings, login) = (&live.values, &live.proxy_login);
        if now.deny_private == settings.deny_private
            && now.extra_ca == settings.extra_ca
            && now.egress_proxy == settings.egress_proxy
            && now.login.is(login)
        {
            return now.clone();
        }
        Self::under(server, keyring, settings, login).unwrap_or_else(|error| {
            // They were read before they were saved, so only a database that somebody edited comes here.
            tracing::error!(%error, "the stored certificate authorities cannot be used, so they are left out");
            let without = Settings { extra_ca: String::new(), ..Settings::clone(settings) };
            Self::under(server, keyring, &without, login).unwrap_or_else(|_| now.clone())
        })
    }

    fn under(
        server: &HubSettings,
        keyring: &KeyRing,
        settings: &Settings,
        login: &LoginOf,
    ) -> Result<Arc<Self>, TlsSetupError> {
        let proxy = settings.egress_proxy.as_ref().map(|proxy| Proxy {
            host: proxy.host(),
            port: proxy.port(),
            login: login.is_there().then(|| {
                let login: Arc<dyn ProxyLogin> = Arc::new(Login {
                    keyring: keyring.clone(),
                    proxy: proxy.clone(),
                    of: login.clone(),
                });
                login
            }),
        });
        let policy = DialPolicy {
            deny_private: settings.deny_private,
            extra_ca_pem: Some(settings.extra_ca.clone()).filter(|pem| !pem.is_empty()),
            proxy,
            ..server.dial.clone()
        };
        let client = ClientInfo {
            name: "Tieline".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mcp = McpClient::new(policy, server.limits.clone(), client)?;
        Ok(Arc::new(Self {
            // A model that runs on this machine is a main use.
            models: mcp.outbound().allowing_loopback(),
            mcp,
            deny_private: settings.deny_private,
            extra_ca: settings.extra_ca.clone(),
            egress_proxy: settings.egress_proxy.clone(),
            login: login.clone(),
        }))
    }
}

impl Hub {
    /// How model APIs are reached at this moment: by the rules for connectors, but this machine is allowed.
    pub fn outbound(&self) -> Outbound {
        self.inner.snapshot.load().network().models.clone()
    }
}
