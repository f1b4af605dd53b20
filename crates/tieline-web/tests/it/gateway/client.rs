//! Raw HTTP to the gateway: every byte is the test's own.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::world::World;

/// One answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The JSON-RPC code of an error.
    pub(crate) fn code(&self) -> i64 {
        self.json()["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("no error: {self:?}"))
    }

    /// The stable name of an error.
    pub(crate) fn name(&self) -> String {
        let name = self.json()["error"]["data"]["code"]
            .as_str()
            .map(str::to_owned);
        name.unwrap_or_else(|| panic!("no name: {self:?}"))
    }

    /// The names of a list of tools.
    pub(crate) fn tool_names(&self) -> Vec<String> {
        let answer = self.json();
        let tools = answer["result"]["tools"]
            .as_array()
            .unwrap_or_else(|| panic!("no list: {self:?}"));
        tools
            .iter()
            .map(|tool| tool["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// The text of a result's first block.
    pub(crate) fn text(&self) -> String {
        let answer = self.json();
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("no text: {self:?}"))
            .to_owned()
    }

    /// The messages of a stream.
    pub(crate) fn events(&self) -> Vec<Value> {
        let data = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        // The first event of a stream that can be resumed has an id and no data.
        let data = data.filter(|data| !data.is_empty());
        data.map(|data| serde_json::from_str(data).expect("JSON in an event"))
            .collect()
    }

    pub(crate) fn session(&self) -> String {
        self.headers["mcp-session-id"]
            .to_str()
            .expect("visible ASCII")
            .to_owned()
    }
}

/// Sends one request and leaves the answer's body to the caller.
pub(crate) async fn send(request: Request<Full<Bytes>>) -> http::Response<Incoming> {
    // A connection of its own: nothing of one request can help another.
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    client.request(request).await.expect("an answer")
}

pub(crate) async fn fetch(request: Request<Full<Bytes>>) -> Answer {
    let (parts, body) = send(request).await.into_parts();
    let body = body.collect().await.expect("the whole body").to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    }
}

/// A request with just what is given.
pub(crate) fn request(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(world.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).expect("a request")
}

/// A POST of JSON with a key and further headers.
pub(crate) fn post(
    world: &World,
    path: &str,
    key: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let bearer = format!("Bearer {key}");
    let mut all = vec![
        ("authorization", &*bearer),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend_from_slice(headers);
    request(world, Method::POST, path, &all, body)
}

/// A legacy session.
pub(crate) struct Legacy<'w> {
    world: &'w World,
    path: String,
    key: String,
    pub(crate) id: String,
}

impl<'w> Legacy<'w> {
    pub(crate) async fn open(world: &'w World, path: &str, key: &str) -> Self {
        Self::open_at(world, path, key, "2025-11-25").await
    }

    pub(crate) async fn open_at(world: &'w World, path: &str, key: &str, revision: &str) -> Self {
        Self::open_with(world, path, key, revision, json!({})).await
    }

    pub(crate) async fn open_with(
        world: &'w World,
        path: &str,
        key: &str,
        revision: &str,
        capabilities: Value,
    ) -> Self {
        let mut body: Value = serde_json::from_str(&initialize(revision)).expect("JSON");
        body["params"]["capabilities"] = capabilities;
        let answer = fetch(post(world, path, key, &[], body.to_string())).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.json()["result"]["protocolVersion"], revision);
        Self {
            world,
            path: path.to_owned(),
            key: key.to_owned(),
            id: answer.session(),
        }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn post(&self, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        post(
            self.world,
            &self.path,
            &self.key,
            &[("mcp-session-id", &self.id)],
            body,
        )
    }

    pub(crate) async fn send(&self, body: impl Into<Bytes>) -> Answer {
        fetch(self.post(body)).await
    }

    pub(crate) async fn list(&self) -> Answer {
        self.send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
            .await
    }

    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Answer {
        self.send(call(7, name, arguments)).await
    }

    pub(crate) async fn delete(&self) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("authorization", &*bearer), ("mcp-session-id", &*self.id)];
        fetch(request(
            self.world,
            Method::DELETE,
            &self.path,
            &headers,
            "",
        ))
        .await
    }
}

pub(crate) fn initialize(revision: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"},
    }})
    .to_string()
}

pub(crate) fn call(id: u32, name: &str, arguments: Value) -> String {
    let mut body =
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name}});
    body["params"]["arguments"] = arguments;
    body.to_string()
}

/// A modern request with everything that it needs.
pub(crate) fn modern(
    world: &World,
    path: &str,
    key: &str,
    method: &str,
    params: Value,
) -> Request<Full<Bytes>> {
    modern_with(world, path, key, method, params, &[])
}

pub(crate) fn modern_with(
    world: &World,
    path: &str,
    key: &str,
    method: &str,
    params: Value,
    headers: &[(&str, &str)],
) -> Request<Full<Bytes>> {
    modern_declaring(world, path, key, (method, params, &json!({})), headers)
}

/// A modern request of a client with these capabilities.
pub(crate) fn modern_declaring(
    world: &World,
    path: &str,
    key: &str,
    (method, mut params, capabilities): (&str, Value, &Value),
    headers: &[(&str, &str)],
) -> Request<Full<Bytes>> {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
    meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "raw", "version": "1"});
    let name = params["name"].as_str().or(params["uri"].as_str());
    let name = name.map(mcp_name);
    let mut all = vec![
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
    ];
    if let Some(name) = &name {
        all.push(("mcp-name", name));
    }
    all.extend_from_slice(headers);
    let body =
        json!({"jsonrpc": "2.0", "id": "m1", "method": method, "params": params}).to_string();
    post(world, path, key, &all, body)
}

/// A name as its header has it.
fn mcp_name(name: &str) -> String {
    let value = tieline_mcp::wire::encode_header_value(name);
    value.to_str().expect("visible ASCII").to_owned()
}
