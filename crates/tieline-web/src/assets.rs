//! The files that pages load: style sheet, scripts, fonts, icon. They are part of the binary.
//!
//! All of them lie in one folder whose name is the hash of their content, `/assets/<hash>/app.css`, so relative
//! addresses between them work, browsers may keep them for ever, and an update is seen at once.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Files;

/// The embedded files, with the hash of all of them computed once at start.
#[derive(Debug, Clone)]
pub struct Assets {
    hash: String,
}

impl Assets {
    /// Hashes the files.
    pub fn load() -> Self {
        let mut names: Vec<_> = Files::iter().collect();
        names.sort();
        let mut digest = Sha256::new();
        for name in names {
            digest.update(name.as_bytes());
            digest.update([0]);
            if let Some(file) = Files::get(&name) {
                digest.update(file.metadata.sha256_hash());
            }
        }
        let digest = digest.finalize();
        let hash = digest
            .iter()
            .take(6)
            .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        Self { hash }
    }

    /// The address of the folder, for the frame of every page.
    pub fn base(&self) -> String {
        format!("/assets/{}", self.hash)
    }

    /// Answers `/assets/{hash}/{*path}`.
    ///
    /// Another hash is a page of another version, seen while replicas are updated one by one: it gets the file of
    /// this version, but may not keep it.
    pub fn serve(&self, hash: &str, path: &str) -> Response<Body> {
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
        answer(
            StatusCode::OK,
            content_type(path),
            keep,
            Body::from(file.data.into_owned()),
        )
    }
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
    use axum::http::{StatusCode, header};

    #[test]
    fn files_of_this_version_may_be_kept_for_ever_and_others_may_not() {
        let assets = Assets::load();
        let hash = assets
            .base()
            .rsplit('/')
            .next()
            .map(str::to_owned)
            .expect("the base has a hash");
        let css = assets.serve(&hash, "app.css");
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
            assets.serve("0123456789ab", "app.css").headers()[header::CACHE_CONTROL],
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
                assets.serve("x", path).status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }

    #[test]
    fn every_start_gives_the_same_hash() {
        assert_eq!(Assets::load().base(), Assets::load().base());
    }
}
