//! Where a request goes and with which credential.

use std::fmt;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri};
use url::{Position, Url};

/// A server's address, taken apart once: it is the same for every request.
pub struct Address {
    url: Url,
    /// Scheme and authority: connections are kept under it.
    origin: Box<str>,
    /// Everything that HTTP wants to know about it; nothing when the URL has no place in HTTP.
    parts: Option<Parts>,
}

pub(crate) struct Parts {
    /// Scheme, host, port and path, for HTTP/2 and the dialer.
    pub(crate) whole: Uri,
    /// Path and query, for the request line of HTTP/1.1.
    pub(crate) path: Uri,
    /// The `Host` header of HTTP/1.1.
    pub(crate) host: HeaderValue,
}

impl Address {
    /// Takes a URL apart.
    pub fn new(url: Url) -> Self {
        let origin = url[..Position::BeforePath].into();
        let parts = Parts::of(&url);
        Self { url, origin, parts }
    }

    /// Scheme, host and port as they stand in the URL.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn parts(&self) -> Option<&Parts> {
        self.parts.as_ref()
    }
}

impl Parts {
    fn of(url: &Url) -> Option<Self> {
        // A fragment is never sent, and `Uri` would refuse it.
        let whole: Uri = url[..Position::AfterQuery].parse().ok()?;
        let path = url[Position::BeforePath..Position::AfterQuery]
            .parse()
            .ok()?;
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host).ok()?;
        Some(Self { whole, path, host })
    }
}

/// The query may hold a secret: it is not printed.
impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Address")
            .field("origin", &self.origin)
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// A server's address and the one header that authenticates us there. Built for one call and dropped after it.
#[derive(Clone)]
pub struct Target {
    /// The address exactly as the connector has it.
    pub address: Arc<Address>,
    /// The auth header, sent on every request to this address and nowhere else. The value is marked sensitive.
    pub auth: Option<(HeaderName, HeaderValue)>,
}

impl Target {
    /// A target whose credential is marked sensitive, so that it is neither printed nor put into an HTTP/2 index.
    pub fn new(address: Arc<Address>, auth: Option<(HeaderName, HeaderValue)>) -> Self {
        let auth = auth.map(|(name, mut value)| {
            value.set_sensitive(true);
            (name, value)
        });
        Self { address, auth }
    }

    /// Whether requests carry a credential.
    pub fn has_auth(&self) -> bool {
        self.auth.is_some()
    }

    /// The address as a URL.
    pub(crate) fn url(&self) -> &Url {
        &self.address.url
    }

    /// The host as it is shown to people.
    pub(crate) fn host(&self) -> &str {
        self.url().host_str().unwrap_or_default()
    }

    /// The port, also when the URL leaves it out.
    pub(crate) fn port(&self) -> u16 {
        self.url().port_or_known_default().unwrap_or_default()
    }

    /// The same credential for another address of the same origin; nothing for any other origin.
    pub(crate) fn at(&self, url: Url) -> Option<Self> {
        (url.origin() == self.url().origin()).then(|| Self {
            address: Arc::new(Address::new(url)),
            auth: self.auth.clone(),
        })
    }
}

/// The query may hold a secret and the credential is one: neither is printed.
impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("host", &self.host())
            .field("port", &self.port())
            .field("path", &self.url().path())
            .field("auth_header", &self.auth.as_ref().map(|(name, _)| name))
            .finish_non_exhaustive()
    }
}
