//! `GET /docs`: the description of REST as one plain page, without a script.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use utoipa::openapi::path::PathItem;

use super::openapi;
use crate::problem::Problem;
use crate::state::AppState;

struct Entry {
    method: &'static str,
    path: String,
    summary: String,
    who: &'static str,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>REST API · Tieline</title><link rel="stylesheet" href="{{ assets }}/app.css"></head>
<body><main class="docs"><h1>REST API</h1>
<p>Send an access key as <code>Authorization: Bearer tl_…</code>. Bodies are JSON. The full description is
<a href="/openapi.json">openapi.json</a>.</p>
<table><thead><tr><th>Request</th><th>What it does</th><th>Who</th></tr></thead><tbody>
{% for entry in entries %}<tr><td><code>{{ entry.method }} {{ entry.path }}</code></td><td>{{ entry.summary }}</td><td>{{ entry.who }}</td></tr>
{% endfor %}</tbody></table>
<h2>Errors</h2>
<p>An error is <code>application/problem+json</code> (RFC 9457). Its <code>code</code> never changes, its
<code>detail</code> says what to do, and its <code>request_id</code> finds the request in the server's log.
Mistakes in fields are listed in <code>errors</code>, each with <code>field</code>, <code>code</code> and <code>detail</code>.</p>
</main></body></html>
"#
)]
struct Page {
    assets: String,
    entries: Vec<Entry>,
}

pub(super) async fn page(State(state): State<AppState>) -> Response {
    let paths = openapi().paths.paths;
    let entries = paths
        .iter()
        .flat_map(|(path, item)| entries(path, item))
        .collect();
    match (Page {
        assets: state.assets.base(),
        entries,
    })
    .render()
    {
        Ok(page) => Html(page).into_response(),
        Err(_) => Problem::panicked().into_response(),
    }
}

fn entries(path: &str, item: &PathItem) -> Vec<Entry> {
    let methods = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    let mut entries = Vec::new();
    for (method, operation) in methods {
        let Some(operation) = operation else { continue };
        entries.push(Entry {
            method,
            path: path.to_owned(),
            summary: operation.summary.clone().unwrap_or_default(),
            who: if operation.responses.responses.contains_key("403") {
                "admins"
            } else {
                "everybody with a key"
            },
        });
    }
    entries
}
