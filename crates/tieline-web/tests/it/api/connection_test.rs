//! The connection test over REST, as one answer and as a stream.

use http::{Method, header};
use serde_json::{Value, json};
use tieline_testkit::FakeMcp;

use crate::app::{Answer, Sender, TestApp};

const TEST: &str = "/api/v1/connectors/test";
const STEPS: [&str; 6] = ["dns", "tcp", "tls", "http", "handshake", "tools"];

fn names(steps: &Value) -> Vec<&str> {
    steps
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["step"].as_str().expect("a name"))
        .collect()
}

/// The events of a stream as (name, data).
fn events(answer: &Answer) -> Vec<(String, Value)> {
    let text = answer.text();
    let mut events = Vec::new();
    for block in text.split("\n\n").filter(|block| block.contains("data:")) {
        let field = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let data = serde_json::from_str(field("data:").expect("data")).expect("JSON");
        events.push((field("event:").expect("an event").to_owned(), data));
    }
    events
}

#[tokio::test]
async fn a_test_says_what_it_found_and_saves_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::dual()
        .requiring("authorization", "Bearer s3cret-token")
        .tools(["search"])
        .start()
        .await;
    let body = json!({ "name": "Acme", "url": server.url(), "token": "Bearer s3cret-token" });
    let report = admin.post(TEST, &body).await.expect(200).json();
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(names(&report["steps"]), STEPS);
    assert_eq!(report["tools"][0]["name"], "search");
    assert!(
        report["server"]["name"].is_string() && report["revision"].is_string(),
        "{report}"
    );
    for step in report["steps"].as_array().expect("steps") {
        assert!(
            step["ms"].is_u64() && step["code"].is_string() && step["message"].is_string(),
            "{step}"
        );
    }

    let body = json!({ "name": "Acme", "url": server.url(), "token": "s3cret-token" });
    let report = admin.post(TEST, &body).await.expect(200).json();
    assert_eq!(report["ok"], false, "{report}");
    let broken = report["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["ok"] == false);
    assert_eq!(
        broken.expect("a broken step")["code"],
        "auth_failed",
        "{report}"
    );
    assert_eq!(report["hint"]["code"], "add_bearer", "{report}");
    assert!(report.get("tools").is_none());
    assert!(!report.to_string().contains("s3cret-token"), "{report}");
    assert_eq!(admin.get("/api/v1/connectors").await.json(), json!([]));
}

#[tokio::test]
async fn a_stream_tells_each_step_and_then_the_whole() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let body = json!({ "name": "Acme", "url": server.url() });
    let mut request = admin.request(Method::POST, TEST, Some(&body));
    request.headers_mut().insert(
        header::ACCEPT,
        "text/event-stream".parse().expect("a header"),
    );
    let answer = app.send(request).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let events = events(&answer);
    let (last, steps) = events.split_last().expect("events");
    assert!(steps.iter().all(|(name, _)| name == "step"));
    let told: Vec<_> = steps
        .iter()
        .map(|(_, step)| step["step"].as_str().expect("a name"))
        .collect();
    assert_eq!(told, STEPS);
    assert_eq!(last.0, "result");
    assert_eq!(last.1["ok"], true);
    assert_eq!(last.1["tools"][0]["name"], "search");
}

#[tokio::test]
async fn what_cannot_be_tested_is_refused_before_a_stream_begins() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "name": "Acme", "url": "http://169.254.169.254/" });
    let mut request = admin.request(Method::POST, TEST, Some(&body));
    request.headers_mut().insert(
        header::ACCEPT,
        "text/event-stream".parse().expect("a header"),
    );
    let answer = app.send(request).await.expect(422);
    assert_eq!(answer.code(), "address_refused");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_saved_connector_is_tested_with_its_stored_token() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::legacy()
        .requiring("authorization", "s3cret-token")
        .tools(["search"])
        .start()
        .await;
    let body = json!({ "name": "Acme", "url": server.url(), "token": "s3cret-token" });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    let path = "/api/v1/connectors/acme/test";
    let report = admin
        .send(Method::POST, path, None)
        .await
        .expect(200)
        .json();
    assert_eq!(report["ok"], true, "{report}");
    admin
        .send(Method::POST, "/api/v1/connectors/nope/test", None)
        .await
        .expect(404);
}
