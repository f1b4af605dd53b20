//! Whether a request may come from where it says: the rule that keeps web pages from reaching the gateway through
//! somebody's browser.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::errors::Fault;
use crate::auth::HostPolicy;

/// The names under which Tieline may be reached, the same for its pages and for programs, and the pages that may call.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    hosts: HostPolicy,
    origins: Vec<String>,
}

impl AllowedHosts {
    /// The origins are those of web pages that may call besides Tieline's own, such as `https://inspector.example.com`.
    pub fn new(hosts: HostPolicy, origins: impl IntoIterator<Item = String>) -> Self {
        let lower = |text: String| text.trim().trim_end_matches('/').to_ascii_lowercase();
        Self {
            hosts,
            origins: origins.into_iter().map(lower).collect(),
        }
    }

    /// Refuses a request for another host, or one that a page of another origin sent.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Fault> {
        let host = host_of(request).ok_or_else(Fault::host_refused)?;
        if !self.hosts.admits_host(host) {
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

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::state::WebSettings;

    fn check(host: Option<&str>, origin: Option<&str>) -> bool {
        let mut settings = WebSettings::new(([127, 0, 0, 1], 7420).into());
        settings.allowed_hosts = vec!["Tieline.example.com".to_owned()];
        let pages = ["https://pages.example/".to_owned()];
        let allowed = AllowedHosts::new(HostPolicy::new(&settings), pages);
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
    fn a_request_names_one_host_and_it_is_ours() {
        assert!(check(Some("tieline.example.com:7420"), None));
        assert!(!check(Some("evil.example"), None));
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
