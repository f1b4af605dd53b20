//! The address of a remote MCP server.
//!
//! Only the text is judged here. Whether Tieline may call the address behind it is the dial policy's business, and it
//! must be asked about the host that this parser found, never about the text that was typed.

use std::fmt;

use serde::Serialize;
use url::{Host, Url};

use crate::connector_name::is_invisible;

/// The longest URL, in bytes, as typed and as stored.
const MAX_BYTES: usize = 2048;
/// Ports of services that speak something else and would take a request for a command.
const REFUSED_PORTS: [u16; 11] = [0, 22, 25, 53, 110, 143, 3306, 5432, 6379, 11211, 2375];

/// A checked `http` or `https` URL in its normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectorUrl(Url);

impl ConnectorUrl {
    /// Checks and normalises a URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let typed = text.trim_matches(|character: char| {
            character.is_ascii_whitespace() || character == '\u{A0}'
        });
        refuse_raw_text(typed)?;
        let url = Url::parse(typed).map_err(|error| match error {
            url::ParseError::InvalidPort => UrlError::Port,
            _ => UrlError::Host,
        })?;
        refuse_host(&url)?;
        let port = url.port_or_known_default().ok_or(UrlError::Port)?;
        if REFUSED_PORTS.contains(&port) {
            return Err(UrlError::PortRefused { port });
        }
        if url.as_str().len() > MAX_BYTES {
            return Err(UrlError::TooLong {
                bytes: url.as_str().len(),
            });
        }
        Ok(Self(url))
    }

    /// The normalised text, which is what is stored and shown.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> Origin {
        let host = self.0.host_str().unwrap_or_default();
        Origin(format!("{}://{host}:{}", self.0.scheme(), self.port()))
    }

    /// The host as parsed: an odd spelling of an IP address is an IP address here.
    pub fn host(&self) -> Host<&str> {
        self.0
            .host()
            .expect("an http URL without a host does not parse")
    }

    /// The port, also when the URL does not spell it out.
    pub fn port(&self) -> u16 {
        self.0
            .port_or_known_default()
            .expect("http and https have a default port")
    }

    /// The path.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether requests travel unencrypted.
    pub fn is_plain_http(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether the host is this machine by its spelling: `localhost`, `127.…`, `::1` and the mapped forms.
    pub fn is_loopback_host(&self) -> bool {
        match self.host() {
            Host::Domain(domain) => {
                let domain = domain.strip_suffix('.').unwrap_or(domain);
                domain == "localhost" || domain.ends_with(".localhost")
            }
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => {
                address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
            }
        }
    }

    /// What an admin should know about this URL, though it is accepted.
    pub fn warnings(&self) -> Vec<UrlWarning> {
        let has_secret = self
            .0
            .query_pairs()
            .any(|(key, value)| !value.is_empty() && sounds_secret(&key));
        if has_secret {
            vec![UrlWarning::SecretInQuery]
        } else {
            Vec::new()
        }
    }

    /// The URL for the HTTP client.
    pub fn to_url(&self) -> Url {
        self.0.clone()
    }
}

impl fmt::Display for ConnectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ConnectorUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Scheme, host and port, always spelled out: `https://h.example:443`. A credential is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Origin(String);

impl Origin {
    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something about an accepted URL that an admin should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlWarning {
    /// A part of the query looks like a secret; the URL is stored in plain text.
    SecretInQuery,
}

impl UrlWarning {
    /// The stable code for answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::SecretInQuery => "url_secret_in_query",
        }
    }
}

impl fmt::Display for UrlWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretInQuery => {
                f.write_str("The URL is stored in plain text. Put the secret in the token field.")
            }
        }
    }
}

/// Why a URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing was typed.
    #[error("Paste the URL of a remote MCP server.")]
    Empty,
    /// No scheme, or another one.
    #[error("The URL must start with http:// or https://.")]
    Scheme,
    /// The part after the scheme is not a host.
    #[error("The URL has no valid host. Write it like https://mcp.example.com/mcp.")]
    Host,
    /// A space, backslash or invisible character.
    #[error("Character {position} of the URL is a space, a backslash or invisible. Delete it.")]
    BadChar {
        /// Its place, counted from 1.
        position: usize,
    },
    /// A user name or password.
    #[error(
        "The URL is stored in plain text. Put the secret in the token field, and delete everything up to the “@”."
    )]
    UserInfo,
    /// A fragment.
    #[error("A “#” and what follows is never sent to a server. Delete it.")]
    Fragment,
    /// The port is no number up to 65535.
    #[error("The port must be a number from 1 to 65535.")]
    Port,
    /// A port of another kind of service.
    #[error(
        "Tieline does not call port {port}: another kind of service listens there. Use the MCP server’s own port."
    )]
    PortRefused {
        /// The port.
        port: u16,
    },
    /// Too long.
    #[error("The URL has {bytes} bytes. Use at most 2,048.")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
}

impl UrlError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "url_empty",
            Self::Scheme => "url_scheme",
            Self::Host => "url_host",
            Self::BadChar { .. } => "url_bad_char",
            Self::UserInfo => "url_userinfo",
            Self::Fragment => "url_fragment",
            Self::Port => "url_port",
            Self::PortRefused { .. } => "port_refused",
            Self::TooLong { .. } => "url_too_long",
        }
    }
}

/// The parser accepts `http:evil.com` and `http:\\evil.com` and drops tabs and line ends, so the raw text is judged first.
fn refuse_raw_text(typed: &str) -> Result<(), UrlError> {
    if typed.is_empty() {
        return Err(UrlError::Empty);
    }
    if typed.len() > MAX_BYTES {
        return Err(UrlError::TooLong { bytes: typed.len() });
    }
    let rest = after_scheme(typed).ok_or(UrlError::Scheme)?;
    if rest.starts_with(['/', '\\']) {
        return Err(UrlError::Scheme);
    }
    let is_bad =
        |character: char| character.is_whitespace() || character == '\\' || is_invisible(character);
    if let Some(index) = typed.chars().position(is_bad) {
        return Err(UrlError::BadChar {
            position: index + 1,
        });
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(UrlError::Host);
    }
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    if rest.contains('#') {
        return Err(UrlError::Fragment);
    }
    Ok(())
}

fn after_scheme(typed: &str) -> Option<&str> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = typed.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

/// The URL standard allows hosts that no name service has: `a..b`, `${x}`. What is left must be a plain name.
fn refuse_host(url: &Url) -> Result<(), UrlError> {
    match url.host() {
        None => Err(UrlError::Host),
        Some(Host::Domain(domain)) => {
            let name = domain.strip_suffix('.').unwrap_or(domain);
            let is_good = name.len() <= 253 && name.split('.').all(is_label);
            if is_good { Ok(()) } else { Err(UrlError::Host) }
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(()),
    }
}

/// Underscores are no part of the DNS rule for hosts, but container networks use them.
fn is_label(label: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_good)
}

fn sounds_secret(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let whole = [
        "key",
        "auth",
        "authorization",
        "sig",
        "signature",
        "pat",
        "jwt",
        "pwd",
        "pass",
    ];
    let part = [
        "apikey",
        "token",
        "secret",
        "password",
        "passwd",
        "credential",
        "accesskey",
        "authkey",
    ];
    whole.contains(&key.as_str()) || part.iter().any(|word| key.contains(word))
}
