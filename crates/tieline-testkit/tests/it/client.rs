//! The plainest possible HTTP client: one connection per request, nothing followed, nothing retried.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response<Incoming> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .expect("a valid request");
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build_http();
    client
        .request(request)
        .await
        .expect("the fake server answers")
}

pub(crate) async fn post(url: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let response = send(Method::POST, url, headers, body).await;
    let status = response.status().as_u16();
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into()),
    )
}

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":"p"}"#;

/// A modern request with its headers. `fields` are the params without `_meta`, ending in a comma or empty.
pub(crate) async fn modern(url: &str, method: &str, fields: &str) -> (u16, Value) {
    let params: Value = serde_json::from_str(&format!("{{{fields}{META}}}")).expect("test JSON");
    let name = params["name"].as_str().unwrap_or("none").to_owned();
    let mut headers = vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
    ];
    if method == "tools/call" {
        headers.push(("mcp-name", &name));
    }
    let body =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{fields}{META}}}}}"#);
    post(url, &headers, &body).await
}

pub(crate) fn legacy_body(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
}

pub(crate) async fn legacy(
    url: &str,
    session: Option<&str>,
    method: &str,
    params: &str,
) -> (u16, Value) {
    let headers: Vec<_> = session
        .map(|session| ("mcp-session-id", session))
        .into_iter()
        .collect();
    post(url, &headers, &legacy_body(method, params)).await
}

/// Reads a stream until it has said something.
pub(crate) async fn read_until(body: &mut Incoming, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let frame = body
            .frame()
            .await
            .expect("the stream goes on")
            .expect("the stream is whole");
        read.push_str(&String::from_utf8_lossy(
            frame.data_ref().expect("a data frame"),
        ));
    }
    read
}
