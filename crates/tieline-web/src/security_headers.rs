//! The headers that every answer carries, errors included: what a browser may do with it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// No inline script or style, nothing from elsewhere, no frame around it.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether people reach this server over https, so that browsers may insist on it.
#[derive(Debug, Clone, Copy)]
pub struct Https(pub bool);

/// The middleware: `axum::middleware::from_fn_with_state(Https(…), security_headers)`.
pub async fn security_headers(
    State(https): State<Https>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_part_of_a_page(headers) {
        add_to_part(headers, https);
    } else {
        add(headers, https);
    }
    response
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For answers that programs read: no browser shows them, so there is nothing to lock down but guessing and keeping.
pub(crate) fn add_to_message(headers: &mut HeaderMap, https: Https) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    add_transport(headers, https);
}

/// Whether it is a script, a style sheet or a font. Those never become a document, whose rules would say something.
fn is_part_of_a_page(headers: &HeaderMap) -> bool {
    const PARTS: [&str; 3] = ["text/javascript", "text/css", "font/"];
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| PARTS.iter().any(|part| kind.starts_with(part)))
}

/// A page has some twenty of them, so each header counts for its first visit.
fn add_to_part(headers: &mut HeaderMap, https: Https) {
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    add_to_message(headers, https);
}

pub(crate) fn add(headers: &mut HeaderMap, https: Https) {
    // With those that follow, so that the table is not made anew while it grows.
    headers.reserve(10);
    let always = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
        (
            PERMISSIONS_POLICY,
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    add_transport(headers, https);
}

fn add_transport(headers: &mut HeaderMap, https: Https) {
    if https.0 {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000"),
        );
    }
    // Pages and answers hold what one person may see; only assets say otherwise, and they say it themselves.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::{Https, add, add_to_part, is_part_of_a_page};
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn pages_are_locked_down_and_not_kept() {
        let mut headers = HeaderMap::new();
        add(&mut headers, Https(true));
        let policy = headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("the policy is ASCII");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{part}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn parts_of_pages_are_sent_without_the_rules_of_documents() {
        for (kind, is_part) in [
            ("text/css; charset=utf-8", true),
            ("text/javascript; charset=utf-8", true),
            ("font/woff2", true),
            ("image/svg+xml", false),
            ("text/html; charset=utf-8", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(is_part_of_a_page(&headers), is_part, "{kind}");
            add_to_part(&mut headers, Https(true));
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[super::RESOURCE_POLICY], "same-origin");
        }
    }

    #[test]
    fn plain_http_is_not_forbidden_where_there_is_no_https() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        add(&mut headers, Https(false));
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::CACHE_CONTROL], "public");
    }
}
