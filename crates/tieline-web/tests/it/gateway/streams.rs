//! Progress, quiet streams, and what it means when a client leaves.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::json;
use tieline_testkit::{Answers, At, FakeMcp, FakeTool, eventually};
use tieline_web::gateway::GatewaySettings;

use super::client::{Legacy, fetch, modern, send};
use super::world::World;

fn call_with_token(token: &serde_json::Value) -> String {
    json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "acme__work", "arguments": {}, "_meta": {"progressToken": token}}}).to_string()
}

#[tokio::test]
async fn progress_comes_back_under_the_clients_own_token_from_servers_of_both_eras() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let work = || FakeTool::echo("work").reporting(3);
    let servers = [
        FakeMcp::modern()
            .answering(Answers::Sse)
            .tool(work())
            .start()
            .await,
        FakeMcp::legacy()
            .with_sessions()
            .answering(Answers::Sse)
            .tool(work())
            .start()
            .await,
    ];
    for server in &servers {
        let slug = world.connect("Acme", server).await;
        let session = Legacy::open(&world, "/mcp", &key).await;
        for token in [json!(1), json!("a \"b\"")] {
            let legacy = session.send(call_with_token(&token)).await;
            let params =
                json!({"name": "acme__work", "arguments": {}, "_meta": {"progressToken": token}});
            let modern = fetch(modern(&world, "/mcp", &key, "tools/call", params)).await;
            for answer in [legacy, modern] {
                assert_eq!(answer.status, StatusCode::OK);
                assert_eq!(answer.headers["content-type"], "text/event-stream");
                assert_eq!(answer.headers["x-accel-buffering"], "no");
                let events = answer.events();
                assert_eq!(events.len(), 4, "{answer:?}");
                for (step, event) in events[..3].iter().enumerate() {
                    assert_eq!(event["method"], "notifications/progress");
                    assert_eq!(event["params"]["progressToken"], token);
                    assert_eq!(event["params"]["progress"], step + 1);
                }
                assert_eq!(events[3]["result"]["content"][0]["text"], "{}");
            }
        }
        for sent in server.requests_for("tools/call") {
            let upstream = sent.json()["params"]["_meta"]["progressToken"].clone();
            assert!(
                upstream != json!(1) && upstream != json!("a \"b\""),
                "the token is of this hop only: {upstream}"
            );
        }
        world
            .hub
            .remove_connector(&tieline_domain::Actor::CommandLine, &slug)
            .await
            .expect("a connector");
    }
}

#[tokio::test]
async fn without_a_token_or_a_stream_reader_the_answer_is_plain_json() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .answering(Answers::Sse)
        .tool(FakeTool::echo("work").reporting(3))
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let answer = session.call("acme__work", json!({})).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let mut request = session.post(call_with_token(&json!(1)));
    request
        .headers_mut()
        .insert("accept", http::HeaderValue::from_static("application/json"));
    let answer = fetch(request).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text(), "{}");
    for sent in server.requests_for("tools/call") {
        assert!(
            sent.json()["params"]["_meta"]
                .get("progressToken")
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let settings = GatewaySettings {
        keep_alive: Duration::from_millis(20),
        ..Default::default()
    };
    let world = World::with(settings).await;
    let server = FakeMcp::modern().tools(["work"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let hold = server.hold(At::CallTool);
    let mut body = send(session.post(call_with_token(&json!(1))))
        .await
        .into_body();
    // Behind the event that only has an id.
    let mut begun = String::new();
    while !begun.contains("\n\n:") {
        let frame = body.frame().await.expect("a frame").expect("a whole frame");
        let data = frame.into_data().expect("data");
        begun.push_str(std::str::from_utf8(&data).expect("UTF-8"));
    }
    hold.release();
    let rest = body.collect().await.expect("the rest").to_bytes();
    assert!(String::from_utf8_lossy(&rest).contains("\"result\""));
}

/// In the modern era a closed connection is a cancellation, in plain answers and in streams.
#[tokio::test]
async fn a_modern_client_that_leaves_cancels_its_call() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["work"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    for (turn, meta) in [json!({}), json!({"progressToken": 1})]
        .into_iter()
        .enumerate()
    {
        let hold = server.hold(At::CallTool);
        let params = json!({"name": "acme__work", "arguments": {}, "_meta": meta});
        let running = tokio::spawn(leave_open(modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            params,
        )));
        eventually(|| server.count("tools/call") == turn + 1).await;
        running.abort();
        eventually(|| server.count("notifications/cancelled") == turn + 1).await;
        hold.release();
        server.clear_faults();
    }
}

#[tokio::test]
async fn a_legacy_client_that_is_cut_off_has_not_cancelled() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["work"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let bodies = [
        super::client::call(1, "acme__work", json!({})),
        call_with_token(&json!(1)),
    ];
    for (turn, body) in bodies.into_iter().enumerate() {
        let hold = server.hold(At::CallTool);
        let running = tokio::spawn(leave_open(session.post(body)));
        eventually(|| server.count("tools/call") == turn + 1).await;
        running.abort();
        let _ = running.await;
        hold.release();
        server.clear_faults();
        let page = || async {
            let filter = tieline_hub::CallFilter::default();
            let page = world
                .hub
                .calls_page(None, 10, &filter)
                .await
                .expect("the call records");
            (page.rows.len() == turn + 1).then_some(page)
        };
        let page = tieline_testkit::eventually_async(page).await;
        assert!(
            page.rows.iter().all(|call| call.outcome == "ok"),
            "the call ran to its end"
        );
    }
    assert_eq!(server.count("notifications/cancelled"), 0);
}

/// Waits for the answer, and for its body when it is a stream.
async fn leave_open(request: http::Request<http_body_util::Full<bytes::Bytes>>) {
    let _ = send(request).await.into_body().collect().await;
}
