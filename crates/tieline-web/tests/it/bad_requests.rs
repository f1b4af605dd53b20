//! Every row of the corpus of bad requests, sent to the whole service, and what it gets.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use tieline_domain::{ModelKind, Role};
use tieline_testkit::{FakeMcp, ScriptedModel, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::app::{Answer, Options, PASSWORD, Sender, TestApp};

const CORPUS: &str = include_str!("../data/bad-requests.yaml");
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const CONNECTORS: &str = "/api/v1/connectors";

/// What has no counterpart here: nobody signs in through another service, so no state of one can be replayed.
const NOT_OFFERED: [&str; 1] = ["OIDC state replayed"];

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_the_corpus_gets_its_answer() {
    let corpus: serde_yaml_ng::Value = serde_yaml_ng::from_str(CORPUS).expect("the corpus");
    let rows = corpus["north"].as_sequence().expect("rows");
    assert!(rows.len() >= 26);
    let world = World::start().await;
    let mut wrong = Vec::new();
    for row in rows {
        let name = row[0].as_str().expect("a name");
        let wanted = match &row[1] {
            serde_yaml_ng::Value::Number(number) => number.to_string(),
            other => other.as_str().expect("an expectation").to_owned(),
        };
        if NOT_OFFERED.contains(&name) {
            continue;
        }
        let found = world.outcome(name).await;
        if found != wanted {
            wrong.push(format!("{name}: expected {wanted}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A service with an admin, a member with a key, and a connector.
struct World {
    app: TestApp,
    key: String,
    server: FakeMcp,
}

impl World {
    async fn start() -> Self {
        let options = Options {
            background: true,
            ..Options::default()
        };
        let app = TestApp::with(options).await;
        let ada = app.person("Ada", Role::Admin).await;
        let key = app.key_of(ada.id).await;
        let server = FakeMcp::modern().tools(["one"]).start().await;
        key.post(CONNECTORS, &json!({ "name": "Acme", "url": server.url() }))
            .await
            .expect(201);
        eventually(|| {
            app.hub
                .catalog()
                .connector("acme")
                .is_some_and(|acme| !acme.tools.is_empty())
        })
        .await;
        let key = key.text().to_owned();
        Self { app, key, server }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each row of the corpus")]
    async fn outcome(&self, row: &str) -> String {
        match row {
            "POST /mcp no key" => {
                let answer = self.post(LIST, &[("authorization", "")]).await;
                assert!(
                    !answer
                        .header("www-authenticate")
                        .contains("resource_metadata")
                );
                status(&answer)
            }
            "Origin https://evil" => status(&self.post(LIST, &[("origin", "https://evil")]).await),
            "Host evil" => status(&self.post(LIST, &[("host", "evil")]).await),
            "key with bad CRC" => {
                let last = if self.key.ends_with('0') { '1' } else { '0' };
                let bad = format!("Bearer {}{last}", &self.key[..self.key.len() - 1]);
                status(&self.post(LIST, &[("authorization", &bad)]).await)
            }
            "revoked key" => self.revoked_key().await,
            // Announced and not sent: it is refused before it is read, and a client that still writes then hears only that
            // the connection broke.
            "body 5 MiB" => {
                let lines = format!(
                    "authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
                    self.key,
                    5 << 20
                );
                self.by_hand("/mcp", &lines).await
            }
            "body not JSON" => coded(&self.post("{", &[]).await),
            "duplicate method key" => {
                let twice =
                    r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#;
                coded(&self.post(twice, &[]).await)
            }
            "Mcp-Name differs from body" => {
                let call = modern(
                    "tools/call",
                    json!({ "name": "acme__one", "arguments": {} }),
                );
                let headers = modern_headers("tools/call", "acme__two");
                let answer = self.post(call.to_string(), &headers).await;
                assert_eq!(self.server.count("tools/call"), 0);
                coded(&answer)
            }
            "no _meta protocolVersion" => coded(
                &self
                    .post(LIST, &[("mcp-protocol-version", "2026-07-28")])
                    .await,
            ),
            "version 1999-01-01" => coded(
                &self
                    .post(LIST, &[("mcp-protocol-version", "1999-01-01")])
                    .await,
            ),
            "unknown method" => {
                let headers = modern_headers("no/such", "");
                let answer = self
                    .post(modern("no/such", json!({})).to_string(), &headers[..2])
                    .await;
                coded(&answer)
            }
            "requestState of other user" => {
                let params = json!({
                    "name": "acme__one", "arguments": {}, "requestState": "of somebody else", "inputResponses": {},
                });
                let headers = modern_headers("tools/call", "acme__one");
                let answer = self
                    .post(modern("tools/call", params).to_string(), &headers)
                    .await;
                assert_eq!(self.server.count("tools/call"), 0);
                answer.json()["error"]["code"].to_string()
            }
            "unknown tool name" => {
                let params = json!({ "name": "acme__two", "arguments": {} });
                let headers = modern_headers("tools/call", "acme__two");
                let answer = self
                    .post(modern("tools/call", params).to_string(), &headers)
                    .await;
                text(&answer.json()["error"]["data"]["code"])
            }
            "GET /mcp modern" => {
                let headers = [("mcp-protocol-version", "2026-07-28")];
                status(&self.send(Method::GET, "/mcp", "", &headers).await)
            }
            "foreign session id" => {
                status(&self.post(LIST, &[("mcp-session-id", "made-up")]).await)
            }
            "user POST connector" => {
                let mel = self.app.member("Mel").await;
                let body = json!({ "name": "Mine", "url": self.server.url() });
                status(&mel.post(CONNECTORS, &body).await)
            }
            "no Origin and Sec-Fetch-Site cross-site with cookie" => {
                let admin = self.app.admin("Cora").await;
                let mut request = admin.request(Method::POST, CONNECTORS, Some(&json!({})));
                let headers = request.headers_mut();
                headers.remove(header::ORIGIN);
                set(headers, "sec-fetch-site", "cross-site");
                status(&self.app.send(request).await)
            }
            "form-encoded POST" => {
                let headers = [("content-type", "application/x-www-form-urlencoded")];
                status(&self.post("jsonrpc=2.0", &headers).await)
            }
            r#"{"role":"admin"} in profile"# => {
                let eve = self.app.member("Eve").await;
                let body = json!({ "name": "laptop", "role": "admin" });
                let answer = eve.post("/api/v1/keys", &body).await;
                format!("{} {}", answer.status, answer.code())
            }
            "next=//evil" => {
                self.app.person("Nora", Role::Member).await;
                let form = format!(
                    "email=nora%40example.com&password={}&next=%2F%2Fevil",
                    PASSWORD.replace(' ', "+")
                );
                let mut request = self.app.anonymous().request(Method::POST, "/signin", None);
                let headers = request.headers_mut();
                set(headers, "content-type", "application/x-www-form-urlencoded");
                set(headers, "accept", "text/html");
                set(headers, "sec-fetch-site", "same-origin");
                *request.body_mut() = Full::new(Bytes::from(form));
                let answer = self.app.send(request).await.expect(303);
                format!("redirect to {}", answer.header("location"))
            }
            "path /mcp/../admin" => {
                // By hand: no library on the way may tidy the path up.
                let lines = format!(
                    "authorization: Bearer {}\r\ncontent-length: 0\r\n",
                    self.key
                );
                self.by_hand("/mcp/../admin", &lines).await
            }
            "101 headers" => self.by_hand("/mcp", &"x-filler: a\r\n".repeat(101)).await,
            "id of other user's chat" => self.foreign_chat().await,
            "DELETE connector twice" => {
                let admin = self.app.admin("Dora").await;
                let body = json!({ "name": "Twice", "url": self.server.url() });
                admin.post(CONNECTORS, &body).await.expect(201);
                let path = format!("{CONNECTORS}/twice");
                let (first, second) = (admin.delete(&path).await, admin.delete(&path).await);
                format!("{} then {}", first.status, second.status)
            }
            other => panic!("no scenario for the row {other:?}"),
        }
    }

    async fn revoked_key(&self) -> String {
        let person = self.app.person("Rita", Role::Member).await;
        let key = self.app.key_of(person.id).await;
        let line = format!("Bearer {}", key.text());
        let headers = [("authorization", line.as_str())];
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "raw", "version": "1" },
        } });
        self.post(initialize.to_string(), &headers)
            .await
            .expect(200);
        let path = format!("/api/v1/keys/{}", key.id.expect("a key of its own"));
        key.delete(&path).await.expect(204);
        let revoked = Instant::now();
        loop {
            let answer = self.post(initialize.to_string(), &headers).await;
            if answer.status == 401 {
                break;
            }
            assert!(
                revoked.elapsed() < Duration::from_secs(1),
                "{}",
                answer.text()
            );
        }
        "401 within 1 s".to_owned()
    }

    async fn foreign_chat(&self) -> String {
        let admin = self.app.admin("Ines").await;
        let model = ScriptedModel::start().await;
        let body = json!({
            "name": "Scripted", "kind": "anthropic", "base_url": model.url(ModelKind::Anthropic),
            "model": "scripted-1", "key": "sk-test-0123456789",
        });
        admin.post("/api/v1/models", &body).await.expect(201);
        let session = admin.post("/api/v1/sessions", &json!({})).await.expect(201);
        let other = self.app.member("Olga").await;
        status(&other.get(session.header("location")).await)
    }

    /// A POST to the gateway with the admin's key; the given headers replace the usual ones, an empty one takes it away.
    async fn post(&self, body: impl Into<Bytes>, headers: &[(&'static str, &str)]) -> Answer {
        self.send(Method::POST, "/mcp", body, headers).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = method;
        *request.uri_mut() = self.app.url(path).parse().expect("a URI");
        let bearer = format!("Bearer {}", self.key);
        let usual = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        for (name, value) in usual.iter().chain(headers) {
            if value.is_empty() {
                request.headers_mut().remove(*name);
            } else {
                set(request.headers_mut(), name, value);
            }
        }
        self.app.send(request).await
    }

    /// The status of a request that is written by hand.
    async fn by_hand(&self, path: &str, lines: &str) -> String {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let mut stream = socket
            .connect(self.app.address)
            .await
            .expect("a connection");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\n{lines}\r\n",
            self.app.address
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("a written request");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("a status line");
        String::from_utf8_lossy(&answer[9..]).into_owned()
    }
}

fn modern(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": "m1", "method": method, "params": params })
}

fn modern_headers<'a>(method: &'a str, name: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", name),
    ]
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, value.parse().expect("a header value"));
}

fn status(answer: &Answer) -> String {
    answer.status.to_string()
}

/// The status and the JSON-RPC code.
fn coded(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.json()["error"]["code"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
