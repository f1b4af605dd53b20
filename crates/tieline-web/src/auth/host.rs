//! Refuses requests that name another host. Without it, a web page could point its own name at this server
//! (DNS rebinding) and talk to it from a visitor's browser.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header;
use http::uri::Authority;

use crate::problem::Problem;
use crate::state::{AppState, WebSettings};

/// Under which names and from which origins this server may be addressed.
#[derive(Clone, Debug)]
pub struct HostPolicy {
    names: Vec<String>,
    /// Nobody outside can make a browser resolve a literal address or a name without a dot to another place, so
    /// these are safe; a server on loopback admits only loopback ones.
    literals: Literals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Literals {
    Loopback,
    Any,
}

impl HostPolicy {
    /// The policy that follows from what the operator set.
    pub fn new(settings: &WebSettings) -> Self {
        let public = settings.public_url.as_ref().and_then(|url| url.host_str());
        let further = settings.allowed_hosts.iter().map(String::as_str);
        let names = public
            .into_iter()
            .chain(further)
            .map(str::to_ascii_lowercase)
            .collect();
        let literals = if settings.listens_on_loopback() || settings.public_url.is_some() {
            Literals::Loopback
        } else {
            Literals::Any
        };
        Self { names, literals }
    }

    /// Whether a `Host` header, with or without a port, names this server.
    pub fn admits_host(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        if name.is_empty() || name.len() > 253 {
            return false;
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let literal = bare.parse::<IpAddr>().ok();
        self.names.contains(&name)
            || name == "localhost"
            || literal.is_some_and(|ip| ip.to_canonical().is_loopback())
            || (self.literals == Literals::Any && (literal.is_some() || !name.contains('.')))
    }

    /// Whether an `Origin` header names this server: the origin's host has to be admitted. `null` never is.
    pub fn admits_origin(&self, origin: &str) -> bool {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| !host.contains('/') && self.admits_host(host))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => {
            // In a bare IPv6 address the last colon is part of it.
            if host.parse::<Ipv6Addr>().is_ok() {
                host
            } else {
                name
            }
        }
        _ => host,
    }
}

/// Refuses a request whose `Host` is not this server's, before anything else looks at it.
pub(crate) async fn refuse_foreign_host(
    State((state, policy)): State<(AppState, HostPolicy)>,
    request: Request,
    next: Next,
) -> Response {
    let authority = request.uri().authority().map(Authority::as_str);
    let header = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match authority.or(header) {
        Some(host) if policy.admits_host(host) => next.run(request).await,
        _ => Problem::foreign_host(&state.settings.base_url()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(listen: &str, public: Option<&str>) -> HostPolicy {
        let mut settings = WebSettings::new(listen.parse().expect("an address"));
        settings.public_url = public.map(|url| url.parse().expect("a URL"));
        settings.allowed_hosts = vec!["Tie.Internal".to_owned()];
        HostPolicy::new(&settings)
    }

    #[test]
    fn a_server_on_loopback_is_addressed_by_loopback_names() {
        let policy = policy("127.0.0.1:7420", None);
        for host in [
            "localhost:7420",
            "127.0.0.1",
            "[::1]:7420",
            "LOCALHOST",
            "tie.internal:80",
        ] {
            assert!(policy.admits_host(host), "{host}");
        }
        for host in [
            "evil",
            "evil.example",
            "10.0.0.1",
            "",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
        ] {
            assert!(!policy.admits_host(host), "{host}");
        }
    }

    #[test]
    fn with_a_public_url_only_its_host_counts() {
        let policy = policy("0.0.0.0:7420", Some("https://tieline.example"));
        assert!(policy.admits_host("tieline.example"));
        assert!(policy.admits_host("tieline.example:443"));
        assert!(!policy.admits_host("tieline"));
        assert!(!policy.admits_host("10.0.0.1"));
        assert!(policy.admits_origin("https://tieline.example"));
        for origin in [
            "null",
            "https://evil",
            "https://tieline.example/x",
            "file://tieline.example",
        ] {
            assert!(!policy.admits_origin(origin), "{origin}");
        }
    }

    #[test]
    fn without_a_public_url_names_from_the_internet_are_refused() {
        let policy = policy("0.0.0.0:7420", None);
        for host in [
            "10.0.0.1:7420",
            "[fd00::1]:7420",
            "fd00::1",
            "tieline:7420",
            "localhost",
        ] {
            assert!(policy.admits_host(host), "{host}");
        }
        assert!(!policy.admits_host("rebind.evil.example:7420"));
    }
}
