//! The HTTP proxy through which hosts outside of the own network are reached, and the login that it may want.

use std::fmt;

use url::Host;
use zeroize::Zeroizing;

use crate::connector_url::{ConnectorUrl, UrlError};

/// The longest login, in bytes.
const MAX_LOGIN: usize = 512;

/// Where the proxy is, without the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl(ConnectorUrl);

/// A proxy's login, `name:password`. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct ProxyLogin(Zeroizing<String>);

/// What a typed address says of the login.
#[derive(Debug, Clone)]
pub enum TypedLogin {
    /// Nothing: `http://proxy:3128`. A login that is stored for this proxy stays.
    Absent,
    /// That there is none: `http://@proxy:3128`.
    None,
    /// Which one: `http://name:password@proxy:3128`.
    Given(ProxyLogin),
}

impl ProxyUrl {
    /// Checks an address as people type it; `proxy:3128` is meant as `http://proxy:3128`.
    pub fn parse(text: &str) -> Result<(Self, TypedLogin), ProxyUrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(ProxyUrlError::Scheme);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if !matches!(tail, "" | "/") {
            return Err(ProxyUrlError::Path);
        }
        let (login, host) = match authority.rsplit_once('@') {
            None => (TypedLogin::Absent, authority),
            Some(("" | ":", host)) => (TypedLogin::None, host),
            Some((login, host)) => (TypedLogin::Given(ProxyLogin::parse(login)?), host),
        };
        let url = ConnectorUrl::parse(&format!("http://{host}/"))?;
        Ok((Self(url), login))
    }

    /// The address without the login in the text, for showing it again. What is no address stays as it is, unless it
    /// may hold a login.
    pub fn without_login(text: &str) -> String {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let shown = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        if scheme.is_empty() {
            shown.to_owned()
        } else {
            format!("{scheme}://{shown}")
        }
    }

    /// The text, saying that there is no login.
    pub fn with_no_login(text: &str) -> String {
        let shown = Self::without_login(text.trim());
        match shown.split_once("://") {
            Some((scheme, rest)) => format!("{scheme}://@{rest}"),
            None if shown.is_empty() => shown,
            None => format!("@{shown}"),
        }
    }

    /// The host; an address of IPv6 stands in brackets.
    pub fn host(&self) -> String {
        match self.0.host() {
            Host::Ipv6(ip) => format!("[{ip}]"),
            host => host.to_string(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port()
    }
}

/// `http://proxy.example:3128`, with the port always spelled out.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host(), self.port())
    }
}

impl ProxyLogin {
    /// Reads `name:password` as it stands in a URL, where `%40` is an `@`.
    fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let decoded = Zeroizing::new(decoded(text).ok_or(ProxyUrlError::Login)?);
        Self::from_plain(&decoded)
    }

    /// Takes `name:password` as it was stored.
    pub fn from_plain(text: &str) -> Result<Self, ProxyUrlError> {
        let (name, _) = text.split_once(':').unwrap_or((text, ""));
        if name.is_empty() || text.len() > MAX_LOGIN || text.chars().any(char::is_control) {
            return Err(ProxyUrlError::Login);
        }
        let whole = if text.contains(':') {
            text.to_owned()
        } else {
            format!("{text}:")
        };
        Ok(Self(Zeroizing::new(whole)))
    }

    /// The secret itself, for the header of a request and for sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProxyLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyLogin([redacted])")
    }
}

fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Why the address of a proxy was refused. The messages hold none of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// Another kind of proxy.
    #[error("Only HTTP proxies are supported. Write it like http://proxy.example:3128.")]
    Scheme,
    /// Something behind the port.
    #[error("A proxy has no path. Write it like http://proxy.example:3128.")]
    Path,
    /// The part before the `@`.
    #[error(
        "The login before the “@” cannot be read. Write it like http://name:password@proxy.example:3128, with %40 for an “@” and %25 for a “%”."
    )]
    Login,
    /// What is wrong with it is wrong with any URL.
    #[error("The proxy has no valid host and port. Write it like http://proxy.example:3128.")]
    Host,
    /// A port of another kind of service.
    #[error("Tieline does not call port {port}: another kind of service listens there.")]
    PortRefused {
        /// The port.
        port: u16,
    },
}

impl ProxyUrlError {
    /// The stable code for answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Scheme => "proxy_scheme",
            Self::Path => "proxy_path",
            Self::Login => "proxy_login",
            Self::Host => "proxy_host",
            Self::PortRefused { .. } => "port_refused",
        }
    }
}

impl From<UrlError> for ProxyUrlError {
    fn from(error: UrlError) -> Self {
        match error {
            UrlError::PortRefused { port } => Self::PortRefused { port },
            _ => Self::Host,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<String>) {
        let (url, login) = ProxyUrl::parse(text).expect("a proxy");
        let login = match login {
            TypedLogin::Absent => None,
            TypedLogin::None => Some(String::new()),
            TypedLogin::Given(login) => Some(login.expose().to_owned()),
        };
        (url.to_string(), login)
    }

    #[test]
    fn an_address_is_read_with_and_without_a_login() {
        let secret = |login: &str| Some(login.to_owned());
        for (text, url, login) in [
            (
                "http://Proxy.example:3128",
                "http://proxy.example:3128",
                None,
            ),
            (" proxy.example:3128/ ", "http://proxy.example:3128", None),
            ("http://10.0.0.1", "http://10.0.0.1:80", None),
            ("http://[fd00::1]:8080", "http://[fd00::1]:8080", None),
            ("http://@proxy:1080", "http://proxy:1080", secret("")),
            ("http://:@proxy:1080", "http://proxy:1080", secret("")),
            ("http://ops@proxy:1080", "http://proxy:1080", secret("ops:")),
            (
                "ops:a@b%40c%25:d@proxy:1080",
                "http://proxy:1080",
                secret("ops:a@b@c%:d"),
            ),
        ] {
            assert_eq!(read(text), (url.to_owned(), login), "{text}");
        }
    }

    #[test]
    fn a_text_can_say_that_there_is_no_login() {
        for text in [
            "http://ops:pw@proxy:1080",
            "http://proxy:1080",
            "proxy:1080",
        ] {
            let none = ProxyUrl::with_no_login(text);
            assert_eq!(
                read(&none),
                ("http://proxy:1080".to_owned(), Some(String::new()))
            );
        }
        assert_eq!(ProxyUrl::with_no_login(" "), "");
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_being_repeated() {
        for (text, code) in [
            ("https://proxy.example:3128", "proxy_scheme"),
            ("socks5://proxy.example:1080", "proxy_scheme"),
            ("http://proxy.example:3128/way", "proxy_path"),
            ("http://proxy.example?x", "proxy_path"),
            ("http://:s3cret@proxy:3128", "proxy_login"),
            ("http://ops:s3cret%4@proxy:3128", "proxy_login"),
            ("http://ops:s3cret%0a@proxy:3128", "proxy_login"),
            ("http://ops:s3cret@", "proxy_host"),
            ("http://ops:s3cret@proxy:port", "proxy_host"),
            ("", "proxy_host"),
            ("http://proxy:22", "port_refused"),
        ] {
            let error = ProxyUrl::parse(text).expect_err(text);
            assert_eq!(error.code(), code, "{text}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert!(!ProxyUrl::without_login(text).contains("s3cret"), "{text}");
        }
    }
}
