//! A few lines of HTTP client: what a program, a browser without scripts and a modern MCP client need.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

pub(crate) const REVISION: &str = "2026-07-28";

/// Some answers are streams that stay open; this much of one is enough.
const ENOUGH: Duration = Duration::from_millis(500);

pub(crate) struct Client {
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
    address: String,
    headers: Vec<(String, String)>,
    ids: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

impl Client {
    pub(crate) fn new(address: &str, key: &str) -> Self {
        Self::with(address, "authorization", &format!("Bearer {key}"))
    }

    /// A client that sends this header with every request.
    pub(crate) fn with(address: &str, name: &str, value: &str) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let (address, ids) = (address.to_owned(), AtomicU64::new(1));
        let headers = vec![(name.to_owned(), value.to_owned())];
        Self {
            http,
            address,
            headers,
            ids,
        }
    }

    /// A browser that an admin signed in with.
    pub(crate) async fn signed_in(address: &str, email: &str, password: &str) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("email", email)
            .append_pair("password", password);
        let nobody = Self::with(address, "accept", "text/html");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = nobody
            .send(Method::POST, "/signin", &headers, form.finish())
            .await;
        let cookie = answer.headers.get("set-cookie");
        let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {answer:?}"));
        let cookie = cookie.to_str().expect("text").split(';').next();
        Self::with(address, "cookie", cookie.expect("a first part"))
    }

    /// The value of the cookie that this browser sends.
    pub(crate) fn cookie(&self) -> String {
        let (_, cookie) = self
            .headers
            .iter()
            .find(|(name, _)| name == "cookie")
            .expect("a cookie");
        let (_, value) = cookie.split_once('=').expect("a name and a value");
        value.to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, body.to_string()).await
    }

    /// One MCP request of the modern era, which needs no session.
    pub(crate) async fn mcp(&self, path: &str, method: &str, params: Value) -> Answer {
        let mut params = params;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", REVISION),
            ("mcp-method", method),
        ];
        if let Some(name) = params["name"].as_str() {
            headers.push(("mcp-name", name));
        }
        self.send(Method::POST, path, &headers, body.to_string())
            .await
    }

    /// The names of the tools that a session started now would get.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let listed = self.mcp("/mcp", "tools/list", json!({})).await;
        let listed = listed.json();
        let tools = listed["result"]["tools"].as_array();
        let tools = tools.unwrap_or_else(|| panic!("no list: {listed}")).iter();
        tools
            .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
            .collect()
    }

    pub(crate) async fn call(&self, tool: &str) -> Answer {
        let params = json!({ "name": tool, "arguments": {} });
        self.mcp("/mcp", "tools/call", params).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        let own = self.headers.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in own.chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body)).expect("a request");
        let answer = self.http.request(request).await;
        let (head, mut body) = answer.expect("an answer").into_parts();
        let mut bytes = Vec::new();
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(ENOUGH, body.frame()).await {
            bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}
