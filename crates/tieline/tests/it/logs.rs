//! What is logged, when strangers choose the words.

use serde_json::{Value, json};
use tieline_testkit::{At, Canned, FakeMcp, Fault, eventually_async};

use crate::place::Place;

/// Would be a line of its own, in either format, if line breaks came through.
const FORGED: &str = "x\n{\"level\":\"ERROR\",\"forged\":true}\r\n2026-01-01T00:00:00Z ERROR forged\u{2028}forged\u{1b}[2J";

/// Lets a stranger's words get to every place that could log them.
async fn provoke(place: &Place, format: &str) -> String {
    let key = place.key().await;
    let mut server = place
        .serve_with(|command| {
            command
                .env("TIELINE_LOG", "debug")
                .env("TIELINE_LOG_FORMAT", format);
        })
        .await;
    let client = server.client(&key);
    let hostile = FakeMcp::dual().tools(["search"]).start().await;
    let answer =
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32000, "message": FORGED } });
    hostile.set_fault(At::Any, Fault::Answer(Canned::json(answer.to_string())));
    let new = json!({ "name": format!("Logs {format}"), "url": hostile.url() });
    assert_eq!(client.post("/api/v1/connectors", &new).await.status, 201);
    let path = format!("/api/v1/connectors/logs_{format}");
    eventually_async(async || {
        let row = client.get(&path).await.json();
        (row["status"] == "failing").then_some(())
    })
    .await;
    let named = json!({ "name": FORGED, "url": "https://acme.example/mcp" });
    assert_eq!(client.post("/api/v1/connectors", &named).await.status, 422);
    for path in [
        "/nope%0A%7B%22forged%22%3Atrue%7D",
        "/api/v1/calls/%0Aforged",
        "/integrations?q=%0Aforged",
    ] {
        client.get(path).await;
    }
    server.signal("TERM").await;
    server.err()
}

#[tokio::test]
async fn w22_nothing_that_strangers_say_makes_a_line_of_the_log() {
    let place = Place::with_admin().await;
    let log = provoke(&place, "json").await;
    assert!(!log.is_empty(), "at this level something is logged");
    for line in log.lines() {
        let entry: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no entry: {line}"));
        assert!(entry["timestamp"].is_string(), "{line}");
        assert!(entry["forged"].is_null(), "{line}");
    }
    let log = provoke(&place, "text").await;
    for line in log.lines() {
        assert!(!line.contains('\u{1b}'), "{line:?}");
        let begins = line.trim_start();
        assert!(
            !begins.starts_with("{\"level\"") && !begins.ends_with("ERROR forged"),
            "{line:?}"
        );
    }
}
