//! The login of the proxy: sealed for the one proxy that it is meant for, and opened for each connection anew.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use tieline_domain::{Entropy, ProxyLogin, ProxyUrl, SettingName};
use tieline_secrets::{Binding, KeyRing, Sealed};
use zeroize::Zeroizing;

/// Where the login comes from. Its `Debug` shows none of it.
#[derive(Clone, Default)]
pub(crate) enum LoginOf {
    /// The proxy wants none.
    #[default]
    Nobody,
    /// An admin entered it; these are the sealed bytes.
    Admin(Vec<u8>),
    /// The server's operator set it.
    Operator(ProxyLogin),
}

impl LoginOf {
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Whether both are the same login. Sealing the same text again makes another one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nobody, Self::Nobody) => true,
            (Self::Admin(one), Self::Admin(other)) => one == other,
            (Self::Operator(one), Self::Operator(other)) => one.expose() == other.expose(),
            _ => false,
        }
    }
}

impl fmt::Debug for LoginOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Admin(_) => "Admin([redacted])",
            Self::Operator(_) => "Operator([redacted])",
        })
    }
}

/// A login with what opens it, for the dialer.
pub(crate) struct Login {
    pub(crate) keyring: KeyRing,
    pub(crate) proxy: ProxyUrl,
    pub(crate) of: LoginOf,
}

impl tieline_mcp::ProxyLogin for Login {
    fn authorization(&self) -> Option<HeaderValue> {
        let plain = match &self.of {
            LoginOf::Nobody => return None,
            LoginOf::Operator(login) => Zeroizing::new(login.expose().to_owned()),
            LoginOf::Admin(bytes) => {
                let sealed = Sealed::from_bytes(bytes.clone()).ok()?;
                let origin = self.proxy.to_string();
                self.keyring.open(&binding(&origin), &sealed).ok()?
            }
        };
        let basic = Zeroizing::new(format!("Basic {}", STANDARD.encode(plain.as_bytes())));
        let mut value = HeaderValue::from_str(&basic).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The login as it is stored. It opens for this proxy only.
pub(super) fn seal(
    keyring: &KeyRing,
    entropy: &dyn Entropy,
    proxy: &ProxyUrl,
    login: &ProxyLogin,
) -> Vec<u8> {
    let origin = proxy.to_string();
    let sealed = keyring.seal(entropy, &binding(&origin), login.expose());
    sealed.as_bytes().to_vec()
}

fn binding(origin: &str) -> Binding<'_> {
    Binding {
        table: "settings",
        row: SettingName::EgressProxy.as_str(),
        field: "login",
        header: "proxy-authorization",
        origin,
    }
}
