//! Everything that can go wrong between us and a server, with a stable code and a sentence for a person.
//!
//! Text that a server sent is shortened and stripped of control characters before it gets in here.

use std::fmt;
use std::net::IpAddr;

use http::StatusCode;

use super::dial::AddressRefused;

/// A failed exchange: what happened, and whether the server may have seen the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct McpError {
    /// What happened.
    pub failure: Failure,
    /// Whether bytes of the request may have reached the server. A call with `sent` is never repeated.
    pub sent: bool,
    /// The HTTP status of the answer, when one came.
    pub status: Option<u16>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the sentence of each variant stands in `Display` below"
)]
pub enum Failure {
    AddressRefused(AddressRefused),
    DnsFailed {
        host: String,
    },
    ConnectRefused {
        host: String,
        port: u16,
    },
    /// No route, network down, or the connection was reset while it was made.
    Unreachable {
        host: String,
        port: u16,
    },
    ConnectTimeout {
        host: String,
        port: u16,
        seconds: u64,
        /// Our own address on the way there, as far as this machine knows one.
        from: Option<IpAddr>,
    },
    /// No connection to the proxy that an admin set.
    ProxyUnreachable {
        proxy: String,
    },
    ProxyTimeout {
        proxy: String,
        host: String,
        seconds: u64,
    },
    ProxyRefused {
        proxy: String,
        host: String,
        status: u16,
    },
    ProxyBadAnswer {
        proxy: String,
    },
    ProxyLoginUnreadable {
        proxy: String,
    },
    TlsExpired {
        date: Option<String>,
    },
    TlsWrongHost {
        host: String,
        names: String,
    },
    TlsUnknownAuthority,
    TlsFailed {
        host: String,
        reason: String,
    },
    RedirectRefused {
        to: String,
    },
    AuthFailed {
        token_sent: bool,
        offers_sign_in: bool,
    },
    NeedsOauth,
    Forbidden {
        token_sent: bool,
        scope: Option<String>,
    },
    NotFound {
        path: String,
    },
    MethodNotAllowed,
    BadContentType {
        content_type: String,
        web_page: bool,
    },
    BadJson {
        reason: String,
        excerpt: String,
    },
    BadEncoding {
        encoding: String,
    },
    BadHttp {
        reason: String,
    },
    IdMismatch,
    Protocol {
        reason: String,
    },
    RateLimited {
        seconds: Option<u64>,
    },
    UpstreamError {
        status: u16,
    },
    TooLarge {
        what: &'static str,
        limit: usize,
    },
    /// The client did not read what it was sent, so the rest was not asked for.
    NotTaken {
        seconds: u64,
    },
    /// The answer holds the credential in a way that cannot be taken out.
    SecretEchoed,
    /// All large answers together take as much memory as they may, all over the process.
    Overloaded {
        limit: usize,
    },
    Timeout {
        what: &'static str,
        seconds: u64,
    },
    Interrupted,
    NoCommonRevision {
        offered: String,
    },
    SessionLost,
    Cancelled,
}

impl McpError {
    /// A failure before any byte of the request left.
    pub fn unsent(failure: Failure) -> Self {
        Self {
            failure,
            sent: false,
            status: None,
        }
    }

    /// A failure after the request, or part of it, left.
    pub fn sent(failure: Failure) -> Self {
        Self {
            failure,
            sent: true,
            status: None,
        }
    }

    /// The same with the HTTP status of the answer that it is about, unless one is known already.
    pub(crate) fn answered_with(self, status: StatusCode) -> Self {
        Self {
            status: self.status.or(Some(status.as_u16())),
            ..self
        }
    }

    /// The HTTP status that the server, or the proxy on the way to it, answered with.
    pub fn http_status(&self) -> Option<u16> {
        match self.failure {
            Failure::ProxyRefused { status, .. } => Some(status),
            _ => self.status,
        }
    }

    /// From which address of this machine nobody was reached.
    pub fn own_address(&self) -> Option<IpAddr> {
        match self.failure {
            Failure::ConnectTimeout { from, .. } => from,
            _ => None,
        }
    }

    /// The stable code; see [`Failure::code`].
    pub fn code(&self) -> &'static str {
        self.failure.code()
    }

    /// How long the server asks us to wait, when it does.
    pub fn retry_after(&self) -> Option<u64> {
        match self.failure {
            Failure::RateLimited { seconds } => seconds,
            _ => None,
        }
    }
}

impl Failure {
    /// A short code that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressRefused(_) => "address_refused",
            Self::DnsFailed { .. } => "dns_failed",
            Self::ConnectRefused { .. } | Self::Unreachable { .. } => "connect_refused",
            Self::ConnectTimeout { .. } => "connect_timeout",
            Self::ProxyUnreachable { .. } => "proxy_unreachable",
            Self::ProxyTimeout { .. } => "proxy_timeout",
            Self::ProxyRefused { .. } => "proxy_refused",
            Self::ProxyBadAnswer { .. } => "proxy_bad_answer",
            Self::ProxyLoginUnreadable { .. } => "proxy_login_unreadable",
            Self::TlsExpired { .. } => "tls_expired",
            Self::TlsWrongHost { .. } => "tls_wrong_host",
            Self::TlsUnknownAuthority => "tls_unknown_authority",
            Self::TlsFailed { .. } => "tls_failed",
            Self::RedirectRefused { .. } => "redirect_refused",
            Self::AuthFailed { .. } => "auth_failed",
            Self::NeedsOauth => "needs_oauth",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BadContentType { .. } => "bad_content_type",
            Self::BadJson { .. } => "bad_json",
            Self::BadEncoding { .. } => "bad_encoding",
            Self::BadHttp { .. } => "bad_http",
            Self::IdMismatch => "id_mismatch",
            Self::Protocol { .. } => "protocol_error",
            Self::RateLimited { .. } => "rate_limited",
            Self::UpstreamError { .. } => "upstream_error",
            Self::TooLarge { .. } => "too_large",
            Self::Overloaded { .. } => "overloaded",
            Self::NotTaken { .. } => "not_taken",
            Self::SecretEchoed => "secret_echoed",
            Self::Timeout { .. } => "timeout",
            Self::Interrupted => "interrupted",
            Self::NoCommonRevision { .. } => "no_common_revision",
            Self::SessionLost => "session_lost",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn protocol(reason: impl Into<String>) -> Self {
        Self::Protocol {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Failure {
    #[expect(
        clippy::too_many_lines,
        reason = "one sentence for each failure, all in one place"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressRefused(refused) => refused.fmt(f),
            Self::DnsFailed { host } => write!(
                f,
                "We can’t find {host}. Check the spelling, or whether only another network knows this name."
            ),
            Self::ConnectRefused { host, port } => write!(
                f,
                "{host} refuses connections on port {port}. Is the server running, and is the port right?"
            ),
            Self::Unreachable { host, port } => write!(
                f,
                "{host} can’t be reached on port {port} from this machine. Check the network between them."
            ),
            Self::ConnectTimeout { host, port, seconds, from } => {
                write!(f, "No answer from {host}:{port} in {seconds} s. A firewall may drop traffic from this machine")?;
                match from {
                    Some(from) => write!(f, " ({from})."),
                    None => f.write_str("."),
                }
            }
            Self::ProxyUnreachable { proxy } => write!(
                f,
                "The proxy {proxy} could not be reached. Check that it runs, or change it in Settings, Network."
            ),
            Self::ProxyTimeout { proxy, host, seconds } => {
                write!(f, "The proxy {proxy} did not connect to {host} within {seconds} s.")
            }
            Self::ProxyRefused { proxy, host, status } => {
                write!(f, "The proxy {proxy} refused the connection (HTTP {status}). ")?;
                match status {
                    407 => f.write_str("It wants a login, or another one than the stored one. Enter it in Settings, Network."),
                    500.. => write!(f, "It could not reach {host} itself."),
                    _ => write!(f, "Its own rules may not let {host} through."),
                }
            }
            Self::ProxyBadAnswer { proxy } => write!(
                f,
                "{proxy} does not answer like an HTTP proxy. Check the proxy in Settings, Network."
            ),
            Self::ProxyLoginUnreadable { proxy } => write!(
                f,
                "The stored login of the proxy {proxy} cannot be read. Enter it again in Settings, Network."
            ),
            Self::TlsExpired { date: Some(date) } => {
                write!(f, "The certificate expired on {date}.")
            }
            Self::TlsExpired { date: None } => f.write_str("The certificate has expired."),
            Self::TlsWrongHost { host, names } => write!(
                f,
                "The certificate belongs to another name. It is issued for {names}, not {host}."
            ),
            Self::TlsUnknownAuthority => f.write_str(
                "The certificate is signed by an authority this machine doesn’t know. Add it in Settings, Network.",
            ),
            Self::TlsFailed { host, reason } => {
                write!(f, "No secure connection to {host} could be made: {reason}.")
            }
            Self::RedirectRefused { to } => write!(
                f,
                "The server moved to {to}. Tieline does not follow it with the token; use the new address if you trust it."
            ),
            Self::AuthFailed { token_sent: false, .. } => {
                f.write_str("The server wants a token. Paste one under Advanced settings.")
            }
            Self::AuthFailed { offers_sign_in: false, .. } => {
                f.write_str("The server rejected this token.")
            }
            Self::AuthFailed { .. } => f.write_str(
                "The server rejected this token. It also offers a sign-in by a person, which Tieline can’t use.",
            ),
            Self::NeedsOauth => f.write_str(
                "Tieline can’t use this server this way. Agents run without a person who could log in. Look in the \
                 provider’s settings for a personal access token or API key, and paste it under Advanced settings.",
            ),
            Self::Forbidden { scope: Some(scope), .. } => write!(
                f,
                "The token is known but may not use this server. It lacks the scope {scope}."
            ),
            Self::Forbidden { token_sent: true, .. } => f.write_str(
                "The token is known but may not use this server. Check its scopes.",
            ),
            Self::Forbidden { .. } => f.write_str(
                "The server refuses access. It may want a token: paste one under Advanced settings.",
            ),
            Self::NotFound { path } => {
                write!(f, "The server is there, but nothing answers at {path}.")
            }
            Self::MethodNotAllowed => f.write_str(
                "This address does not accept MCP requests. Ask the provider for the Streamable HTTP address.",
            ),
            Self::BadContentType { web_page: true, .. } => f.write_str(
                "This address returns a web page, not an MCP server. Look for the MCP URL in the provider’s documentation.",
            ),
            Self::BadContentType { content_type, .. } => write!(
                f,
                "It answers, but not in MCP: the content type is {content_type}."
            ),
            Self::BadJson { reason, .. } => write!(f, "It answers, but not in MCP: {reason}."),
            Self::BadEncoding { encoding } => write!(
                f,
                "The answer is compressed ({encoding}) although we did not ask for that."
            ),
            Self::BadHttp { reason } => write!(f, "The answer breaks the rules of HTTP: {reason}."),
            Self::IdMismatch => f.write_str("The answer belongs to another request, so it was dropped."),
            Self::Protocol { reason } => {
                write!(f, "The answer breaks the rules of MCP: {reason}.")
            }
            Self::RateLimited { seconds: Some(seconds) } => {
                write!(f, "The server asks us to slow down. Next try in {seconds} s.")
            }
            Self::RateLimited { seconds: None } => f.write_str("The server asks us to slow down."),
            Self::UpstreamError { status } if *status >= 500 => write!(
                f,
                "The server failed (HTTP {status}). This is on their side; Tieline keeps trying."
            ),
            Self::UpstreamError { status } => {
                write!(f, "The server refused the request (HTTP {status}).")
            }
            Self::TooLarge { what, limit } => {
                write!(f, "{what} is larger than {}, so it was not read to the end.", size(*limit))
            }
            Self::Overloaded { limit } => {
                write!(f, "Large answers take as much memory as they may, {} in all, so this one was not read to its end. Whether the server did the work is unknown.", size(*limit))
            }
            Self::NotTaken { seconds } => write!(
                f,
                "The client did not read the answer to its end within {seconds} s, so it was stopped."
            ),
            Self::SecretEchoed => {
                f.write_str("The server's answer held its own token and cannot be shown.")
            }
            Self::Timeout { what, seconds } => {
                write!(f, "{what} took longer than {seconds} s, so it was stopped.")
            }
            Self::Interrupted => f.write_str(
                "The connection broke before the answer was complete. Whether the server did the work is unknown.",
            ),
            Self::NoCommonRevision { offered } => write!(
                f,
                "No common MCP revision. The server offers {offered}, Tieline speaks {}.",
                crate::wire::SUPPORTED.map(crate::wire::Revision::as_str).join(", ")
            ),
            Self::SessionLost => {
                f.write_str("The server forgot our session and would not start a new one.")
            }
            Self::Cancelled => f.write_str("The call was cancelled."),
        }
    }
}

fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 {
        format!("{} MB", bytes >> 20)
    } else {
        format!("{} KB", bytes >> 10)
    }
}

/// Text of a server for a sentence: no control, format or other invisible characters, at most `max` characters.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let visible = |c: &char| !c.is_control() && !is_invisible(*c);
    let mut shown: String = text.chars().filter(visible).take(max).collect();
    if text.chars().filter(visible).nth(max).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Characters that change how their neighbours look, or that nobody sees: bidi controls, zero-width, tags, variation.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E01EF}')
}
