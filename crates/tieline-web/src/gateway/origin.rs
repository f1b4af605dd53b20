//! Whether a request may come from where it says: the rule that keeps web pages from reaching the gateway through
//! somebody's browser.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::errors::Fault;

/// The names under which Tieline may be reached.
///
/// An IP address and `localhost` are always among them: a page can make a name of its own point to this machine, but
/// it can't make a browser send another page's address as the host.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl AllowedHosts {
    /// Names such as `tieline.example.com` (any port) or `tieline.example.com:8443` (this port only), and the origins
    /// of web pages that may call besides Tieline's own, such as `https://inspector.example.com`.
    pub fn new(
        hosts: impl IntoIterator<Item = String>,
        origins: impl IntoIterator<Item = String>,
    ) -> Self {
        let lower = |text: String| text.trim().trim_end_matches('/').to_ascii_lowercase();
        Self {
            hosts: hosts.into_iter().map(lower).collect(),
            origins: origins.into_iter().map(lower).collect(),
        }
    }

    /// Refuses a request for another host, or one that a page of another origin sent.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Fault> {
        let host = host_of(request).ok_or_else(Fault::host_refused)?;
        if !self.allows_host(host) {
            return Err(Fault::host_refused());
        }
        let mut origins = request.headers.get_all(ORIGIN).iter();
        match (origins.next().map(|origin| origin.to_str()), origins.next()) {
            // Programs send none; only browsers do.
            (None, _) => Ok(()),
            (Some(Ok(origin)), None) if self.allows_origin(origin, host) => Ok(()),
            _ => Err(Fault::origin_refused()),
        }
    }

    fn allows_host(&self, host: &str) -> bool {
        if self
            .hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
        {
            return true;
        }
        let Some(name) = name_of(host) else {
            return false;
        };
        is_address(name)
            || name.eq_ignore_ascii_case("localhost")
            || self
                .hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    /// The page must come from the host that the request goes to, or from a listed origin.
    fn allows_origin(&self, origin: &str, host: &str) -> bool {
        let own = ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|authority| authority.eq_ignore_ascii_case(host));
        own || self
            .origins
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

/// The one host that the request names; HTTP/2 carries it in the address.
fn host_of(request: &Parts) -> Option<&str> {
    let mut hosts = request.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => request.uri.authority().map(Authority::as_str),
        (Some(_), Some(_)) => None,
    }
}

/// The name without its port.
fn name_of(host: &str) -> Option<&str> {
    if host.starts_with('[') {
        let end = host.find(']')?;
        return is_port(&host[end + 1..]).then(|| &host[..=end]);
    }
    let end = host.find(':').unwrap_or(host.len());
    is_port(&host[end..]).then(|| &host[..end])
}

fn is_port(rest: &str) -> bool {
    match rest.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    }
}

fn is_address(name: &str) -> bool {
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn check(host: Option<&str>, origin: Option<&str>) -> bool {
        let allowed = AllowedHosts::new(
            [
                "Tieline.example.com".to_owned(),
                "other.example:8443".to_owned(),
            ],
            ["https://pages.example/".to_owned()],
        );
        let mut request = Request::builder().uri("/mcp");
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        allowed
            .check(&request.body(()).expect("a request").into_parts().0)
            .is_ok()
    }

    #[test]
    fn known_names_addresses_and_localhost_are_hosts() {
        for host in [
            "tieline.example.com",
            "TIELINE.example.com:7420",
            "other.example:8443",
            "127.0.0.1:7420",
            "192.168.1.5",
            "[::1]:7420",
            "[fd00::1]",
            "localhost:7420",
            "LOCALHOST",
        ] {
            assert!(check(Some(host), None), "{host}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for host in [
            "evil",
            "evil.example",
            "other.example",
            "other.example:1",
            "tieline.example.com.evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "tieline.example.com:x",
            "127.0.0.1:99999",
            "[::1",
            "[evil]",
            "0x7f.1",
            "",
        ] {
            assert!(!check(Some(host), None), "{host}");
        }
        assert!(!check(None, None));
    }

    #[test]
    fn a_page_must_come_from_the_same_host() {
        let host = "tieline.example.com";
        for origin in [
            "https://tieline.example.com",
            "http://Tieline.example.com",
            "https://pages.example",
        ] {
            assert!(check(Some(host), Some(origin)), "{origin}");
        }
        for origin in [
            "null",
            "https://evil",
            "https://tieline.example.com:8443",
            "https://tieline.example.com.evil",
            "ftp://tieline.example.com",
            "tieline.example.com",
            "",
        ] {
            assert!(!check(Some(host), Some(origin)), "{origin}");
        }
        assert!(check(Some("127.0.0.1:7420"), Some("http://127.0.0.1:7420")));
        assert!(!check(
            Some("127.0.0.1:7420"),
            Some("http://127.0.0.1:3000")
        ));
    }
}
