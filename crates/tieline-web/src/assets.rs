//! The files that pages load: style sheet, scripts, fonts, icon. They are part of the binary.
//!
//! All of them lie in one folder whose name is the hash of their content, `/assets/<hash>/app.css`, so relative
//! addresses between them work, browsers may keep them for ever, and an update is seen at once. What is text is sent
//! compressed.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use flate2::Compression;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::compression::{gzip, mark, takes_gzip};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Files;

/// The embedded files, with the hash of all of them and the texts among them compressed, both once at start.
#[derive(Debug, Clone)]
pub struct Assets {
    hash: String,
    compressed: Arc<HashMap<String, Bytes>>,
}

impl Assets {
    /// Hashes and compresses the files.
    pub fn load() -> Self {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort();
        let mut digest = Sha256::new();
        let mut compressed = HashMap::new();
        for name in names {
            digest.update(name.as_bytes());
            digest.update([0]);
            if let Some(file) = Files::get(&name) {
                digest.update(file.metadata.sha256_hash());
                if let Some(smaller) = compress(&name, &file.data) {
                    compressed.insert(name.into_owned(), smaller);
                }
            }
        }
        let digest = digest.finalize();
        let hash = digest
            .iter()
            .take(6)
            .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        Self {
            hash,
            compressed: Arc::new(compressed),
        }
    }

    /// The address of the folder, for the frame of every page.
    pub fn base(&self) -> String {
        format!("/assets/{}", self.hash)
    }

    /// Answers `/assets/{hash}/{*path}`.
    ///
    /// Another hash is a page of another version, seen while replicas are updated one by one: it gets the file of
    /// this version, but may not keep it.
    pub fn serve(&self, hash: &str, path: &str, headers: &HeaderMap) -> Response<Body> {
        let Some(file) = Files::get(path) else {
            return answer(
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
                "no-store",
                Body::empty(),
            );
        };
        let keep = if hash == self.hash {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let Some(smaller) = self.compressed.get(path) else {
            let body = Body::from(file.data.into_owned());
            return answer(StatusCode::OK, content_type(path), keep, body);
        };
        let takes = takes_gzip(headers);
        let body = if takes {
            Body::from(smaller.clone())
        } else {
            Body::from(file.data.into_owned())
        };
        let mut response = answer(StatusCode::OK, content_type(path), keep, body);
        mark(response.headers_mut(), takes);
        response
    }
}

/// The file as gzip, if it is text that gets smaller by it.
fn compress(name: &str, data: &[u8]) -> Option<Bytes> {
    if content_type(name) == "font/woff2" {
        return None;
    }
    gzip(data, Compression::best())
}

fn answer(
    status: StatusCode,
    kind: &'static str,
    keep: &'static str,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::Assets;
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

    #[test]
    fn files_of_this_version_may_be_kept_for_ever_and_others_may_not() {
        let assets = Assets::load();
        let hash = assets
            .base()
            .rsplit('/')
            .next()
            .map(str::to_owned)
            .expect("the base has a hash");
        let css = assets.serve(&hash, "app.css", &HeaderMap::new());
        assert_eq!(css.status(), StatusCode::OK);
        assert_eq!(
            css.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        assert!(
            css.headers()[header::CACHE_CONTROL]
                .to_str()
                .is_ok_and(|value| value.contains("immutable"))
        );
        assert_eq!(
            assets
                .serve("0123456789ab", "app.css", &HeaderMap::new())
                .headers()[header::CACHE_CONTROL],
            "no-cache"
        );
    }

    #[test]
    fn only_embedded_files_are_served() {
        let assets = Assets::load();
        for path in [
            "../Cargo.toml",
            "/etc/passwd",
            "fonts",
            "",
            "app.css/",
            "..%2fCargo.toml",
        ] {
            assert_eq!(
                assets.serve("x", path, &HeaderMap::new()).status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }

    #[test]
    fn texts_are_compressed_for_those_who_read_it() {
        let assets = Assets::load();
        let encoding = |path: &str, accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            let answer = assets.serve("x", path, &headers);
            let encoding = answer.headers().get(header::CONTENT_ENCODING).cloned();
            (
                encoding.is_some_and(|encoding| encoding == "gzip"),
                answer.headers().contains_key(header::VARY),
            )
        };
        assert_eq!(encoding("app.css", "gzip"), (true, true));
        assert_eq!(encoding("app.css", "br"), (false, true));
        let font = "fonts/geist-latin-wght-normal.woff2";
        assert_eq!(encoding(font, "gzip"), (false, false));
    }

    #[test]
    fn every_start_gives_the_same_hash() {
        assert_eq!(Assets::load().base(), Assets::load().base());
    }
}
