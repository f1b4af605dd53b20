//! What is sent compressed: files that are text, and pages whose address nobody else can have chosen.
//!
//! The length of a compressed page tells how much of it repeats. Where a link can put words into a page, as a search
//! does, whoever sends such links and sees the lengths could guess what else the page says. So a page is compressed only
//! when its address has no query and it answers no form; keys that are shown once are on none of these.

use std::io::Write as _;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::problem::Problem;

/// Longer pages, such as conversations of many days, are sent as they are: compressing one keeps a thread busy.
const LONGEST_PAGE: usize = 512 * 1024;

/// The middleware that compresses pages.
pub(crate) async fn compress_pages(request: Request, next: Next) -> Response {
    let may = request.method() == Method::GET
        && request.uri().query().is_none()
        && takes_gzip(request.headers());
    let response = next.run(request).await;
    let whole = response.body().size_hint().exact();
    let short = whole.is_some_and(|bytes| bytes <= LONGEST_PAGE as u64);
    if !may || !short || !is_page(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, LONGEST_PAGE).await else {
        // A page that was rendered as a whole is there; nothing is read from elsewhere.
        return Problem::panicked().into_response();
    };
    let Some(smaller) = gzip(&page, Compression::fast()) else {
        return Response::from_parts(parts, Body::from(page));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    mark(&mut parts.headers, true);
    Response::from_parts(parts, Body::from(smaller))
}

fn is_page(headers: &HeaderMap) -> bool {
    let html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    html && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Says that the answer depends on what the browser reads, and whether this one is compressed.
pub(crate) fn mark(headers: &mut HeaderMap, compressed: bool) {
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// The bytes as gzip, if they get smaller by it.
pub(crate) fn gzip(bytes: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).ok()?;
    let smaller = encoder.finish().ok()?;
    (smaller.len() < bytes.len()).then(|| smaller.into())
}

/// Whether the browser says that it reads gzip. One that rules it out says so with `q=0`, in whatever spelling.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            let quality = quality.trim().strip_prefix("q=").map(str::parse::<f32>);
            name.trim().eq_ignore_ascii_case("gzip") && !matches!(quality, Some(Ok(0.0)))
        })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::response::Html;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn gzip_is_for_those_who_read_it() {
        let takes = |accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            takes_gzip(&headers)
        };
        for accepted in ["gzip", "br, gzip;q=0.5", "deflate,GZIP"] {
            assert!(takes(accepted), "{accepted}");
        }
        for accepted in ["", "br", "gzip;q=0", "identity, gzip; q=0.0", "xgzip"] {
            assert!(!takes(accepted), "{accepted}");
        }
    }

    #[tokio::test]
    async fn pages_are_compressed_unless_a_link_or_a_form_has_a_say_in_them() {
        let page = async || Html("<p>The same again and again. </p>".repeat(100));
        let router = Router::new()
            .route("/page", get(page))
            .route("/form", post(page))
            .route(
                "/data",
                get(async || "The same again and again. ".repeat(100)),
            )
            .layer(from_fn(compress_pages));
        for (method, path, accepted, compressed) in [
            ("GET", "/page", "gzip", true),
            ("GET", "/page", "br", false),
            ("GET", "/page?q=again", "gzip", false),
            ("POST", "/form", "gzip", false),
            ("GET", "/data", "gzip", false),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::ACCEPT_ENCODING, accepted)
                .body(Body::empty())
                .expect("a request");
            let answer = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            let is = answer.headers().contains_key(header::CONTENT_ENCODING);
            assert_eq!(is, compressed, "{method} {path} {accepted}");
            let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
            assert_eq!(bytes.len() < 1000, compressed, "{method} {path} {accepted}");
        }
    }
}
