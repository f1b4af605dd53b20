//! Each kind of server, spoken to in its own way.

use http::Method;
use tieline_mcp::wire::Revision;
use tieline_testkit::{Answers, FakeMcp, FakeTool, eventually};

use crate::client::{legacy, legacy_body, modern, post, read_until, send};

#[tokio::test]
async fn a_modern_server_answers_requests_that_stand_alone() {
    let fake = FakeMcp::modern()
        .tools(["a", "b", "c"])
        .page_size(2)
        .ttl_ms("-1")
        .start()
        .await;
    let (status, discovered) = modern(&fake.url(), "server/discover", "").await;
    assert_eq!(
        (status, &discovered["result"]["supportedVersions"][0]),
        (200, &"2026-07-28".into())
    );
    let (_, page) = modern(&fake.url(), "tools/list", "").await;
    assert_eq!(page["result"]["tools"][1]["name"], "b");
    assert_eq!(page["result"]["ttlMs"], -1);
    let (_, rest) = modern(&fake.url(), "tools/list", r#""cursor":"p2","#).await;
    assert_eq!(rest["result"]["tools"][0]["name"], "c");
    assert!(rest["result"].get("nextCursor").is_none());
    let (_, called) = modern(
        &fake.url(),
        "tools/call",
        r#""name":"a","arguments":{"n":1.0},"#,
    )
    .await;
    assert_eq!(called["result"]["content"][0]["text"], r#"{"n":1.0}"#);
    assert_eq!(called["result"]["resultType"], "complete");
    assert_eq!(modern(&fake.url(), "prompts/list", "").await.0, 404);
    assert_eq!(legacy(&fake.url(), None, "initialize", "{}").await.0, 400);
    assert_eq!(send(Method::GET, &fake.url(), &[], "").await.status(), 405);
    assert_eq!(fake.count("tools/list"), 2);
}

#[tokio::test]
async fn a_modern_server_compares_headers_with_the_body() {
    let schema =
        r#"{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}"#;
    let fake = FakeMcp::modern()
        .tool(FakeTool::echo("a").with("inputSchema", schema))
        .start()
        .await;
    let (status, refused) = modern(
        &fake.url(),
        "tools/call",
        r#""name":"a","arguments":{"region":"eu"},"#,
    )
    .await;
    assert_eq!((status, &refused["error"]["code"]), (400, &(-32020).into()));
    let (status, _) = modern(&fake.url(), "tools/call", r#""name":"a","arguments":{},"#).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_legacy_server_insists_on_its_sessions() {
    let fake = FakeMcp::legacy()
        .with_sessions()
        .tools(["a"])
        .legacy_revision(Revision::R20250618)
        .start()
        .await;
    assert_eq!(modern(&fake.url(), "server/discover", "").await.0, 400);
    let body = legacy_body("initialize", r#"{"protocolVersion":"2025-11-25"}"#);
    let opened = send(Method::POST, &fake.url(), &[], &body).await;
    let session = opened.headers()["mcp-session-id"]
        .to_str()
        .expect("plain ASCII")
        .to_owned();
    let (_, again) = post(&fake.url(), &[], &body).await;
    assert_eq!(again["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(fake.sessions().len(), 2);
    assert_eq!(legacy(&fake.url(), None, "tools/list", "{}").await.0, 400);
    let (status, listed) = legacy(&fake.url(), Some(&session), "tools/list", "{}").await;
    assert_eq!(
        (status, &listed["result"]["tools"][0]["name"]),
        (200, &"a".into())
    );
    assert_eq!(
        legacy(&fake.url(), Some(&session), "ping", "{}").await.0,
        200
    );
    let headers = [("mcp-session-id", &*session)];
    assert_eq!(
        send(Method::DELETE, &fake.url(), &headers, "")
            .await
            .status(),
        204
    );
    assert_eq!(
        legacy(&fake.url(), Some(&session), "tools/list", "{}")
            .await
            .0,
        404
    );
    fake.lose_sessions();
    assert!(fake.sessions().is_empty());
}

#[tokio::test]
async fn a_legacy_server_without_sessions_answers_in_events_and_asks_back() {
    let tool = FakeTool::echo("a").reporting(2).asking("ping", "{}");
    let fake = FakeMcp::legacy()
        .answering(Answers::Sse)
        .tool(tool)
        .start()
        .await;
    let params = r#"{"name":"a","_meta":{"progressToken":7}}"#;
    let (_, events) = legacy(&fake.url(), None, "tools/call", params).await;
    let events = events
        .as_str()
        .expect("a stream of events is no JSON")
        .to_owned();
    assert_eq!(events.matches("notifications/progress").count(), 2);
    assert!(events.contains(r#""method":"ping""#) && events.trim_end().ends_with("}}"));
    assert_eq!(modern(&fake.url(), "server/discover", "").await.0, 400);
    let (status, unknown) = legacy(&fake.url(), None, "server/discover", "{}").await;
    assert!(status == 200 && unknown.to_string().contains("-32601"));
    assert_eq!(
        send(Method::DELETE, &fake.url(), &[], "").await.status(),
        405
    );
}

#[tokio::test]
async fn http_sse_answers_on_its_stream() {
    let fake = FakeMcp::http_sse().tools(["a"]).start().await;
    assert_eq!(post(&fake.url(), &[], "{}").await.0, 405);
    let mut stream = send(Method::GET, &fake.url(), &[], "").await.into_body();
    let first = read_until(&mut stream, "\n\n").await;
    let place = first
        .trim()
        .rsplit("data: ")
        .next()
        .expect("an endpoint event")
        .to_owned();
    assert!(first.starts_with("event: endpoint\n") && place.starts_with("/messages?sessionId="));
    let url = format!("{}{place}", fake.origin());
    assert_eq!(
        post(&url, &[], &legacy_body("initialize", "{}")).await.0,
        202
    );
    assert!(
        read_until(&mut stream, "\n\n")
            .await
            .contains(r#""protocolVersion":"2024-11-05""#)
    );
    assert_eq!(
        post(&url, &[], &legacy_body("tools/list", "{}")).await.0,
        202
    );
    assert!(
        read_until(&mut stream, "\n\n")
            .await
            .contains(r#""name":"a""#)
    );
    let elsewhere = format!("{}/messages?sessionId=other", fake.origin());
    assert_eq!(
        post(&elsewhere, &[], &legacy_body("ping", "{}")).await.0,
        404
    );
    fake.set_tools([]);
    read_until(&mut stream, "notifications/tools/list_changed").await;
}

#[tokio::test]
async fn a_change_of_the_tools_reaches_listeners_of_both_eras() {
    let fake = FakeMcp::dual().start().await;
    let mut older = send(Method::GET, &fake.url(), &[], "").await.into_body();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "subscriptions/listen"),
    ];
    let body = r#"{"jsonrpc":"2.0","id":"l1","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    let mut newer = send(Method::POST, &fake.url(), &headers, body)
        .await
        .into_body();
    read_until(&mut newer, "notifications/subscriptions/acknowledged").await;
    eventually(|| fake.listeners() == 2).await;
    fake.set_tools([FakeTool::echo("new")]);
    read_until(&mut older, "notifications/tools/list_changed").await;
    assert!(
        read_until(&mut newer, "notifications/tools/list_changed")
            .await
            .contains(r#"subscriptionId":"l1""#)
    );
    assert_eq!(
        modern(&fake.url(), "tools/list", "").await.1["result"]["tools"][0]["name"],
        "new"
    );
    assert_eq!(fake.in_flight(), 2);
    drop((older, newer));
    // A closed stream is noticed when something is sent on it.
    eventually(|| {
        fake.announce_change();
        fake.in_flight() == 0
    })
    .await;
}

#[tokio::test]
async fn only_the_exact_header_opens_the_door() {
    let fake = FakeMcp::dual()
        .requiring("X-Api-Key", "k y")
        .www_authenticate("Bearer resource_metadata=\"http://x\"")
        .page("/.well-known/x", tieline_testkit::Canned::json("{}"))
        .start()
        .await;
    let list = legacy_body("tools/list", "{}");
    let refused = send(Method::POST, &fake.url(), &[("x-api-key", "k")], &list).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer resource_metadata=\"http://x\""
    );
    assert_eq!(
        send(Method::DELETE, &fake.url(), &[], "").await.status(),
        401
    );
    assert_eq!(
        post(&format!("{}/.well-known/x", fake.origin()), &[], "")
            .await
            .0,
        200
    );
    assert_eq!(
        post(&format!("{}/other", fake.origin()), &[], "").await.0,
        404
    );
    fake.clear_requests();
    assert_eq!(
        post(&fake.url(), &[("x-api-key", "k y")], &list).await.0,
        200
    );
    fake.assert_every_request_has("x-api-key", "k y");
    fake.require("authorization", "Bearer z");
    assert_eq!(
        post(&fake.url(), &[("x-api-key", "k y")], &list).await.0,
        401
    );
    let open = FakeMcp::legacy()
        .requiring("authorization", "z")
        .with_open_handshake()
        .start()
        .await;
    assert_eq!(
        post(&open.url(), &[], &legacy_body("initialize", "{}"))
            .await
            .0,
        200
    );
    assert_eq!(post(&open.url(), &[], &list).await.0, 401);
}
