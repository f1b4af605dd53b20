//! A few lines of HTTP client, for the demo to use Tieline as an outsider would.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::failure::Failure;

const REVISION: &str = "2026-07-28";

pub(crate) struct Client {
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
    base: String,
    key: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .build(HttpConnector::new());
        Self {
            http,
            base: format!("http://{address}"),
            key: key.to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, path, &[], body.to_string().into())
            .await
    }

    /// One request of the modern era, which needs no session. Answers its `result`.
    pub(crate) async fn mcp(&self, method: &str, params: &Value) -> Result<Value, Failure> {
        let mut params = params.clone();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "Tieline demo", "version": env!("CARGO_PKG_VERSION") },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut headers = vec![("mcp-protocol-version", REVISION), ("mcp-method", method)];
        if let Some(name) = params["name"].as_str() {
            headers.push(("mcp-name", name));
        }
        let answer = self
            .send(Method::POST, "/mcp", &headers, body.to_string().into())
            .await?;
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(Failure::failed(format!(
                "The gateway refused {method}: {}",
                answer["error"]["message"]
            ))),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Value, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.http.request(request.body(Full::new(body))?).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        let value: Value = serde_json::from_slice(&bytes)?;
        if status.is_success() {
            Ok(value)
        } else {
            Err(Failure::failed(format!(
                "{path} answered {status}: {}",
                value["detail"]
            )))
        }
    }
}
