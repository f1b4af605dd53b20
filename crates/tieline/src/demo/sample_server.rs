//! A small MCP server of the modern era that demands a token: two tools over three made-up orders.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

const REVISION: &str = "2026-07-28";
const ORDERS: &[(&str, &str)] = &[
    ("A-1042", "shipped, arrives on Thursday"),
    ("A-1043", "being packed"),
    ("A-1044", "waits for payment"),
];

/// Starts the server on a free port of this machine.
pub(crate) async fn start(token: &str, stop: CancellationToken) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let token: Arc<str> = token.into();
    tokio::spawn(async move {
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(_) => continue,
                },
            };
            let token = token.clone();
            let service = service_fn(move |request| answer(request, token.clone()));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Ok(address)
}

async fn answer(
    request: Request<Incoming>,
    token: Arc<str>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let sent = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if sent != Some(&*token) {
        return Ok(plain(StatusCode::UNAUTHORIZED));
    }
    if request.method() != http::Method::POST {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Ok(body) = request.into_body().collect().await else {
        return Ok(plain(StatusCode::BAD_REQUEST));
    };
    let Ok(message) = serde_json::from_slice::<Value>(&body.to_bytes()) else {
        return Ok(plain(StatusCode::BAD_REQUEST));
    };
    let reply = match result_of(&message) {
        Some(result) => json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }),
        None => {
            json!({ "jsonrpc": "2.0", "id": message["id"], "error": { "code": -32601, "message": "method not found" } })
        }
    };
    let status = if reply.get("error").is_some() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    let mut response = Response::new(Full::new(Bytes::from(reply.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn result_of(message: &Value) -> Option<Value> {
    let server = json!({ "io.modelcontextprotocol/serverInfo": { "name": "Sample shop", "version": "1.0" } });
    Some(match message["method"].as_str()? {
        "server/discover" => json!({
            "resultType": "complete", "supportedVersions": [REVISION], "capabilities": { "tools": {} },
            "ttlMs": 60_000, "cacheScope": "public", "_meta": server,
        }),
        "tools/list" => {
            json!({ "resultType": "complete", "tools": tools(), "ttlMs": 60_000, "cacheScope": "public", "_meta": server })
        }
        "tools/call" => {
            let (text, is_error) = call(&message["params"]);
            json!({ "resultType": "complete", "content": [{ "type": "text", "text": text }], "isError": is_error, "_meta": server })
        }
        _ => return None,
    })
}

fn tools() -> Value {
    json!([
        {
            "name": "list_orders", "title": "List orders", "description": "Lists all orders with their state.",
            "inputSchema": { "type": "object", "properties": {} }, "annotations": { "readOnlyHint": true },
        },
        {
            "name": "order_status", "title": "Order status", "description": "Tells the state of one order.",
            "inputSchema": {
                "type": "object", "required": ["order"],
                "properties": { "order": { "type": "string", "description": "The number of the order, such as A-1042" } },
            },
            "annotations": { "readOnlyHint": true },
        },
    ])
}

fn call(params: &Value) -> (String, bool) {
    match params["name"].as_str() {
        Some("list_orders") => (
            ORDERS
                .iter()
                .map(|(order, state)| format!("{order}: {state}"))
                .collect::<Vec<_>>()
                .join("\n"),
            false,
        ),
        Some("order_status") => {
            let wanted = params["arguments"]["order"].as_str().unwrap_or_default();
            match ORDERS.iter().find(|(order, _)| *order == wanted) {
                Some((order, state)) => (format!("Order {order}: {state}."), false),
                None => (format!("There is no order {wanted}."), true),
            }
        }
        _ => ("There is no such tool.".to_owned(), true),
    }
}
