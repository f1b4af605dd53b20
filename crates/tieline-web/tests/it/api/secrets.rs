//! A token goes in and never comes out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, header};
use serde_json::json;
use tieline_testkit::{At, Canned, FakeMcp, Fault, eventually_async};

use super::actors::operations;
use crate::app::{Answer, Options, Sender, TestApp};

const CANARY: &str = "Bearer canary0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f";

/// The forms in which the canary could come back.
fn needles() -> Vec<String> {
    let bare = CANARY.strip_prefix("Bearer ").expect("a scheme");
    let hex = bare
        .bytes()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    vec![
        bare.to_owned(),
        STANDARD.encode(bare),
        URL_SAFE_NO_PAD.encode(bare),
        hex.to_uppercase(),
        hex,
        bare.chars().rev().collect(),
    ]
}

fn check(answer: &Answer, about: &str) {
    let text = format!("{:?} {}", answer.headers, answer.text());
    for needle in needles() {
        assert!(!text.contains(&needle), "{about}: {text}");
    }
}

#[tokio::test]
async fn no_answer_holds_the_token() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::dual()
        .requiring("authorization", CANARY)
        .tools(["search"])
        .start()
        .await;
    let body = json!({ "name": "Acme", "url": server.url(), "token": CANARY });
    check(
        &admin
            .post("/api/v1/connectors/test", &body)
            .await
            .expect(200),
        "test",
    );
    check(
        &admin.post("/api/v1/connectors", &body).await.expect(201),
        "add",
    );
    eventually_async(async || {
        (admin.get("/api/v1/connectors/acme").await.json()["status"] == "working").then_some(())
    })
    .await;

    for body in [
        json!({ "name": "", "url": server.url(), "token": CANARY }),
        json!({ "name": "Acme", "url": server.url(), "token": CANARY }),
        json!({ "name": "Acme", "url": server.url(), "token": CANARY, "surprise": CANARY }),
        json!({ "name": "Acme", "url": server.url(), "token": format!("{CANARY}\u{7f}") }),
        json!({ "name": [], "url": server.url(), "token": [CANARY] }),
    ] {
        let answer = admin.post("/api/v1/connectors", &body).await;
        assert!(answer.status >= 400);
        check(&answer, &body.to_string());
    }
    let model = json!({ "name": "Claude", "kind": "anthropic", "key": CANARY });
    let model = admin.post("/api/v1/models", &model).await.expect(201);
    check(&model, "a model API");
    let id = model.json()["id"].as_str().expect("an id").to_owned();
    for operation in operations() {
        let path = operation
            .template
            .replace("{slug}", "acme")
            .replace("{tool}", "search")
            .replace("{id}", &id);
        if operation.method == Method::GET {
            let answer = admin.get(&path).await;
            // What else has an id is not there under this one.
            let is_there = !path.contains(&id) || path.contains("/models/");
            assert_eq!(answer.status, if is_there { 200 } else { 404 }, "{path}");
            check(&answer, &path);
        }
    }
    let mut request = admin.request(Method::POST, "/api/v1/connectors/acme/test", None);
    request.headers_mut().insert(
        header::ACCEPT,
        "text/event-stream".parse().expect("a header"),
    );
    check(&app.send(request).await.expect(200), "streamed test");
    check(&app.anonymous().get("/metrics").await, "metrics");
}

#[tokio::test]
async fn a_server_that_echoes_the_token_does_not_bring_it_back() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let echo = format!("you sent {CANARY}");
    server.set_fault(At::Any, Fault::Answer(Canned::json(echo)));
    let body = json!({ "name": "Acme", "url": server.url(), "token": CANARY });
    let report = admin
        .post("/api/v1/connectors/test", &body)
        .await
        .expect(200);
    assert_eq!(report.json()["ok"], false);
    check(&report, "test");
    admin.post("/api/v1/connectors", &body).await.expect(201);
    let path = "/api/v1/connectors/acme";
    eventually_async(async || (admin.get(path).await.json()["status"] == "failing").then_some(()))
        .await;
    check(&admin.get(path).await, "connector");
}
