//! Refuses requests that name another host. Without it, a web page could point its own name at this server
//! (DNS rebinding) and talk to it from a visitor's browser.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header;
use http::uri::Authority;

use crate::problem::Problem;
use crate::state::{AppState, WebSettings};

/// Under which names this server may be addressed.
///
/// An IP address and `localhost` are always among them: a page can point a name of its own at this machine, but it
/// cannot make a browser send another host than the one in its address.
#[derive(Clone, Debug, Default)]
pub struct HostPolicy {
    /// Names such as `tieline.example.com` (any port) or `tieline.example.com:8443` (this port only).
    names: Vec<String>,
    /// Whether a name without a dot counts, as in `http://tieline:7420`: nobody on the internet owns one. With a
    /// public URL the operator has said which name it is.
    plain_names: bool,
}

impl HostPolicy {
    /// The policy that follows from what the operator set.
    pub fn new(settings: &WebSettings) -> Self {
        let public = settings.public_url.as_ref().and_then(|url| url.host_str());
        let further = settings.allowed_hosts.iter().map(String::as_str);
        Self {
            names: public
                .into_iter()
                .chain(further)
                .map(|name| name.trim().trim_end_matches('/').to_ascii_lowercase())
                .collect(),
            plain_names: settings.public_url.is_none() && !settings.listens_on_loopback(),
        }
    }

    /// Whether a `Host` header, with or without a port, names this server.
    pub fn admits_host(&self, host: &str) -> bool {
        let is_own = |text: &str| self.names.iter().any(|own| own.eq_ignore_ascii_case(text));
        let Some(name) = name_of(host) else {
            return false;
        };
        is_own(host)
            || is_own(name)
            || is_address(name)
            || name.eq_ignore_ascii_case("localhost")
            || (self.plain_names && !name.is_empty() && !name.contains('.'))
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
        settings.allowed_hosts = vec!["Tie.Internal".to_owned(), "other.example:8443".to_owned()];
        HostPolicy::new(&settings)
    }

    #[test]
    fn addresses_and_what_the_operator_named_are_admitted() {
        let policy = policy("127.0.0.1:7420", None);
        for host in [
            "localhost:7420",
            "LOCALHOST",
            "127.0.0.1",
            "[::1]:7420",
            "10.0.0.1:7420",
            "[fd00::1]",
            "TIE.internal:80",
            "other.example:8443",
        ] {
            assert!(policy.admits_host(host), "{host}");
        }
        for host in [
            "evil",
            "evil.example",
            "",
            ":80",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "other.example",
            "other.example:1",
            "tie.internal:x",
            "127.0.0.1:99999",
            "[::1",
            "[evil]",
            "0x7f.1",
        ] {
            assert!(!policy.admits_host(host), "{host}");
        }
    }

    #[test]
    fn with_a_public_url_only_its_name_counts() {
        let policy = policy("0.0.0.0:7420", Some("https://tieline.example"));
        assert!(policy.admits_host("tieline.example"));
        assert!(policy.admits_host("Tieline.Example:443"));
        assert!(!policy.admits_host("tieline"));
        assert!(!policy.admits_host("x.tieline.example"));
    }

    #[test]
    fn without_one_a_name_inside_the_network_counts_and_one_from_the_internet_does_not() {
        let policy = policy("0.0.0.0:7420", None);
        assert!(policy.admits_host("tieline:7420"));
        assert!(!policy.admits_host("rebind.evil.example:7420"));
    }
}
