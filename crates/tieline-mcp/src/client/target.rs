//! Where a request goes and with which credential. Built for one call and dropped after it.

use std::fmt;

use http::{HeaderName, HeaderValue, Uri};
use url::Url;

/// A server's address and the one header that authenticates us there.
#[derive(Clone)]
pub struct Target {
    /// The address exactly as the connector has it.
    pub url: Url,
    /// The auth header, sent on every request to this address and nowhere else. The value is marked sensitive.
    pub auth: Option<(HeaderName, HeaderValue)>,
}

impl Target {
    /// A target whose credential is marked sensitive, so that it is neither printed nor put into an HTTP/2 index.
    pub fn new(url: Url, auth: Option<(HeaderName, HeaderValue)>) -> Self {
        let auth = auth.map(|(name, mut value)| {
            value.set_sensitive(true);
            (name, value)
        });
        Self { url, auth }
    }

    /// Whether requests carry a credential.
    pub fn has_auth(&self) -> bool {
        self.auth.is_some()
    }

    /// The host as it is shown to people.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, also when the URL leaves it out.
    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// The same credential for another address of the same origin; nothing for any other origin.
    pub(crate) fn at(&self, url: Url) -> Option<Self> {
        (url.origin() == self.url.origin()).then(|| Self {
            url,
            auth: self.auth.clone(),
        })
    }

    pub(crate) fn uri(&self) -> Option<Uri> {
        // A fragment is never sent, and `Uri` would refuse it.
        let text = self.url.as_str();
        text.split_once('#')
            .map_or(text, |(before, _)| before)
            .parse()
            .ok()
    }
}

/// The query may hold a secret and the credential is one: neither is printed.
impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("host", &self.host())
            .field("port", &self.port())
            .field("path", &self.url.path())
            .field("auth_header", &self.auth.as_ref().map(|(name, _)| name))
            .finish_non_exhaustive()
    }
}
