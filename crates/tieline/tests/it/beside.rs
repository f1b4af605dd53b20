//! Commands beside a running server: it notices within a second.

use std::time::Duration;

use serde_json::json;
use tieline_testkit::{FakeMcp, eventually_async};
use tokio::time::timeout;

use crate::http::Client;
use crate::place::{AT_ONCE, EMAIL, PASSWORD, Place};

/// Waits at most a second until this holds.
#[track_caller]
fn at_once<F: Future<Output = bool>>(holds: impl Fn() -> F) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    let waiting = eventually_async(move || {
        let now = holds();
        async move { now.await.then_some(()) }
    });
    async move {
        let late = timeout(AT_ONCE, waiting).await.is_err();
        assert!(
            !late,
            "what {place} waits for did not happen within a second"
        );
    }
}

#[tokio::test]
async fn connectors_come_and_go_within_a_second() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let server = place.serve().await;
    let client = server.client(&key);
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    for round in 0..3 {
        assert!(client.tools().await.is_empty(), "round {round}");
        place
            .run(&["connector", "add", "Acme MCP", &shop.url()])
            .await
            .succeeded();
        at_once(|| async { client.tools().await == ["acme_mcp__search"] }).await;
        assert!(
            client
                .call("acme_mcp__search")
                .await
                .body
                .contains("\"result\"")
        );
        place
            .run(&["connector", "remove", "acme_mcp", "--yes"])
            .await
            .succeeded();
        at_once(|| async { client.tools().await.is_empty() }).await;
        let refused = client.call("acme_mcp__search").await;
        assert!(refused.body.contains("removed"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_rotated_token_is_used_within_a_second() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    let add = ["connector", "add", "Acme MCP", &shop.url(), "--token-stdin"];
    place
        .run_with(&add, "Bearer old-token-0001")
        .await
        .succeeded();
    let server = place.serve().await;
    let client = server.client(&key);
    eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
    let rotate = ["connector", "rotate", "acme_mcp", "--token-stdin"];
    place
        .run_with(&rotate, "Bearer new-token-0002")
        .await
        .succeeded();
    at_once(|| async {
        client.call("acme_mcp__search").await;
        let calls = shop.requests_for("tools/call");
        let last = calls
            .last()
            .and_then(|call| call.header("authorization").map(str::to_owned));
        last.as_deref() == Some("Bearer new-token-0002")
    })
    .await;
}

#[tokio::test]
async fn what_a_test_finds_out_is_shown_within_a_second() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let token = "Bearer good-token-000001";
    let shop = FakeMcp::dual().tools(["search"]);
    let shop = shop.requiring("authorization", token).start().await;
    let add = ["connector", "add", "Acme MCP", &shop.url(), "--token-stdin"];
    place.run_with(&add, token).await.succeeded();
    let server = place.serve().await;
    let client = server.client(&key);
    let browser = Client::signed_in(&server.address, EMAIL, PASSWORD).await;
    let shows = async |status: &str| {
        let shown = browser.get("/api/v1/connectors/acme_mcp").await.json();
        shown["status"] == status
    };
    eventually_async(async || shows("working").await.then_some(())).await;
    client.call("acme_mcp__search").await;
    shop.require("authorization", "Bearer another-token-0001");
    let test = ["connector", "test", "acme_mcp"];
    let found = place.run(&test).await;
    assert_eq!(found.code, 3, "{}", found.err);
    at_once(|| shows("failing")).await;
    // Calls that work clear what another process found, once this one has heard of it.
    shop.require("authorization", token);
    at_once(|| async {
        client.call("acme_mcp__search").await;
        shows("working").await
    })
    .await;
}

#[tokio::test]
async fn keys_and_people_stop_within_a_second() {
    let place = Place::with_admin().await;
    let server = place.serve().await;
    let add = [
        "user",
        "add",
        "--email",
        "bob@example.com",
        "--role",
        "member",
        "--password-stdin",
    ];
    place
        .run_with(&add, "bob has a long password")
        .await
        .succeeded();
    let create = [
        "key",
        "create",
        "--email",
        "bob@example.com",
        "--name",
        "laptop",
    ];
    let key = place.run(&create).await.succeeded();
    let client = server.client(key.trim());
    at_once(|| async { status(&client).await == 200 }).await;
    assert_eq!(client.get("/api/v1/connectors").await.status, 403);

    let list = place.run(&["key", "list"]).await.succeeded();
    let id = list
        .lines()
        .find(|line| line.contains("bob@"))
        .and_then(|line| line.split(' ').next());
    place
        .run(&["key", "revoke", id.expect("an id")])
        .await
        .succeeded();
    at_once(|| async { status(&client).await == 401 }).await;

    let key = place.run(&create).await.succeeded();
    let client = server.client(key.trim());
    at_once(|| async { status(&client).await == 200 }).await;
    let browser = Client::signed_in(
        &server.address,
        "bob@example.com",
        "bob has a long password",
    )
    .await;
    assert_eq!(browser.get("/connect").await.status, 200);
    place
        .run(&["user", "disable", "bob@example.com"])
        .await
        .succeeded();
    at_once(|| async { status(&client).await == 401 }).await;
    assert_ne!(browser.get("/connect").await.status, 200);

    let admin = place.key().await;
    let admin = server.client(&admin);
    at_once(|| async { admin.get("/api/v1/users").await.status == 200 }).await;
    let users = admin.get("/api/v1/users").await;
    assert!(users.body.contains(EMAIL), "{users:?}");
    place.run(&["audit", "verify"]).await.succeeded();
}

#[tokio::test]
async fn a_legacy_session_keeps_its_list_and_loses_a_removed_connector_at_once() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let (shop, more) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["create"]).start().await,
    );
    place
        .run(&["connector", "add", "Shop", &shop.url()])
        .await
        .succeeded();
    let server = place.serve().await;
    let client = server.client(&key);
    eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
    let session = Legacy::start(&client).await;
    assert_eq!(session.tools(&client).await, ["shop__search"]);

    place
        .run(&["connector", "add", "More", &more.url()])
        .await
        .succeeded();
    at_once(|| async { client.tools().await.len() == 2 }).await;
    assert_eq!(session.tools(&client).await, ["shop__search"]);
    assert_eq!(Legacy::start(&client).await.tools(&client).await.len(), 2);

    let hold = shop.hold(tieline_testkit::At::CallTool);
    let in_flight = session.post(
        &client,
        "tools/call",
        json!({ "name": "shop__search", "arguments": {} }),
    );
    let removal = async {
        tieline_testkit::eventually(|| shop.count("tools/call") == 1).await;
        place
            .run(&["connector", "remove", "shop", "--yes"])
            .await
            .succeeded();
        tokio::time::Instant::now()
    };
    let (answer, removed_at) = tokio::join!(
        async { (in_flight.await, tokio::time::Instant::now()) },
        removal
    );
    assert!(
        answer.1 <= removed_at + AT_ONCE + Duration::from_millis(500),
        "the call went on"
    );
    assert!(answer.0.contains("removed"), "{}", answer.0);
    hold.release();
    let refused = session.post(
        &client,
        "tools/call",
        json!({ "name": "shop__search", "arguments": {} }),
    );
    assert!(refused.await.contains("removed"));
    assert_eq!(shop.count("tools/call"), 1);
    assert_eq!(session.tools(&client).await, ["shop__search"]);
}

async fn status(client: &Client) -> u16 {
    client.mcp("/mcp", "tools/list", json!({})).await.status
}

/// A session of a client that speaks the legacy era.
struct Legacy {
    id: String,
}

impl Legacy {
    async fn start(client: &Client) -> Self {
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        let answer = client
            .send(http::Method::POST, "/mcp", &headers, body.to_string())
            .await;
        let id = answer
            .headers
            .get("mcp-session-id")
            .unwrap_or_else(|| panic!("no session: {answer:?}"));
        let session = Self {
            id: id.to_str().expect("text").to_owned(),
        };
        let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        session.send(client, &note).await;
        session
    }

    async fn post(&self, client: &Client, method: &str, params: serde_json::Value) -> String {
        self.send(
            client,
            &json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }),
        )
        .await
    }

    async fn send(&self, client: &Client, body: &serde_json::Value) -> String {
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-session-id", &self.id),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        client
            .send(http::Method::POST, "/mcp", &headers, body.to_string())
            .await
            .body
    }

    async fn tools(&self, client: &Client) -> Vec<String> {
        let answer = self.post(client, "tools/list", json!({})).await;
        let json = answer
            .find('{')
            .map_or(&*answer, |start| answer[start..].trim());
        let listed: serde_json::Value =
            serde_json::from_str(json).unwrap_or_else(|_| panic!("not JSON: {answer}"));
        let tools = listed["result"]["tools"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        tools
            .iter()
            .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
            .collect()
    }
}
