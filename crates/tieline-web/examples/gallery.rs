//! Serves every example page with the real style sheet, scripts and headers, to look at in a browser.
//!
//! `cargo run -p tieline-web --example gallery`, then open the address that it prints. Each example is at its name;
//! `?theme=dark` and `?theme=light` choose the theme, without either the system decides.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tieline_web::assets::Assets;
use tieline_web::dashboard::samples::gallery;
use tieline_web::dashboard::shell::{Frame, Theme};
use tieline_web::security_headers::{Https, security_headers};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    show(&format!("http://{}/", listener.local_addr()?));
    let router = Router::new()
        .route("/", get(index))
        .route("/assets/{hash}/{*path}", get(asset))
        .route("/{*path}", get(page).post(page))
        .layer(axum::middleware::from_fn_with_state(
            Https(false),
            security_headers,
        ))
        .with_state(Arc::new(Assets::load()));
    axum::serve(listener, router).await
}

#[expect(
    clippy::print_stdout,
    reason = "the address is what the person who starts the gallery needs"
)]
fn show(address: &str) {
    println!("{address}");
}

async fn asset(
    State(assets): State<Arc<Assets>>,
    Path((hash, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    assets.serve(&hash, &path, &headers)
}

fn frame(assets: &Assets, query: Option<&str>) -> Frame {
    let theme = query.and_then(|query| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("theme="))
    });
    Frame {
        assets: assets.base(),
        theme: theme.and_then(Theme::from_word),
    }
}

async fn index(State(assets): State<Arc<Assets>>) -> impl IntoResponse {
    let samples = gallery(&frame(&assets, None)).unwrap_or_default();
    let links: Vec<String> = samples
        .iter()
        .map(|sample| format!("<li><a href=\"/{0}\">{0}</a>", sample.name))
        .collect();
    Html(format!(
        "<!doctype html><title>Gallery</title><ul>{}</ul>",
        links.join("\n")
    ))
}

/// The links of the pages lead to their real addresses; the ones that open as a dialog are mapped here.
async fn page(
    State(assets): State<Arc<Assets>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
) -> axum::response::Response {
    if path.ends_with("/stream") {
        // An open session listens; here nothing ever happens in it.
        return std::future::pending().await;
    }
    let name = match path.as_str() {
        "chat/0/rename" => "chat-rename",
        "chat/0/delete" => "chat-delete",
        "integrations/new" => "add-empty",
        path if path.starts_with("integrations/providers/") => "provider",
        path if path.ends_with("/remove") => "remove",
        path if path.ends_with("/revoke") => "revoke",
        path if path.starts_with("integrations/c/") => "detail",
        path => path,
    };
    match gallery(&frame(&assets, query.as_deref())) {
        Ok(samples) => match samples.into_iter().find(|sample| sample.name == name) {
            Some(sample) => Html(sample.html).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "text/plain")],
            error.to_string(),
        )
            .into_response(),
    }
}
