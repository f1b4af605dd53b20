use std::sync::Arc;

use axum::routing::get;
use http::Request;
use http_body_util::BodyExt;
use tieline_agent::{Agent, AgentSettings};
use tieline_hub::{Hub, HubSettings};
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{DatabaseUrl, Store};
use tieline_testkit::{FixedClock, SeededEntropy};
use tower::ServiceExt;

use super::*;
use crate::state::WebSettings;

async fn state(directory: &tempfile::TempDir) -> AppState {
    let path = directory.path().join("tieline.db");
    let store = Store::open(&DatabaseUrl::sqlite(path))
        .await
        .expect("a new database");
    let entropy = Arc::new(SeededEntropy::default());
    let keyring = KeyRing::new(MasterKey::generate(&*entropy));
    let clock = Arc::new(FixedClock::default());
    let hub = Hub::open(
        store.clone(),
        keyring,
        clock,
        entropy,
        HubSettings::default(),
    )
    .await;
    let hub = hub.expect("a hub");
    let agent = Agent::open(hub.clone(), store, AgentSettings::default()).await;
    AppState::new(
        hub,
        agent.expect("an agent"),
        WebSettings::new(([127, 0, 0, 1], 7420).into()),
    )
}

#[tokio::test]
async fn a_panic_costs_one_request_only() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let routes = Router::new()
        .route("/boom", get(async || -> () { panic!("canary-in-a-panic") }))
        .route("/fine", get(async || "fine"));
    let app = Around::new(&state(&directory).await).layers(routes);
    let request = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    for _ in 0..3 {
        let answer = app
            .clone()
            .oneshot(request("/boom"))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 500);
        let id = answer.headers()["x-request-id"]
            .to_str()
            .expect("ASCII")
            .to_owned();
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
        assert_eq!(
            (&body["code"], &body["request_id"]),
            (&"internal".into(), &id.into())
        );
        assert!(!body.to_string().contains("canary"), "{body}");
        let answer = app
            .clone()
            .oneshot(request("/fine"))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn a_panic_on_the_short_way_costs_one_request_only() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let around = Around::new(&state(&directory).await);
    let request = || Request::get("/mcp").body(Body::empty()).expect("a request");
    let answer = around
        .answer(request(), async |_, _| panic!("canary-in-a-panic"))
        .await;
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let id = answer.headers()["x-request-id"].clone();
    let body = answer.into_body().collect().await.expect("a body");
    let body: serde_json::Value = serde_json::from_slice(&body.to_bytes()).expect("a problem");
    assert_eq!(body["request_id"], id.to_str().expect("ASCII"));
    assert!(!body.to_string().contains("canary"), "{body}");
    let fine = async |_, _| Response::new(Body::empty());
    assert_eq!(around.answer(request(), fine).await.status(), 200);
}

#[test]
fn only_plain_spellings_take_the_short_way() {
    for path in ["/mcp", "/mcp/linear", "/mcp/acme_mcp-2"] {
        assert!(gateway::is_at(path), "{path}");
    }
    for path in [
        "/",
        "/mcp/",
        "/mcpx",
        "/mcp/a/b",
        "/mcp/%61",
        "/api/v1/mcp",
        "/mcp/a;b",
    ] {
        assert!(!gateway::is_at(path), "{path}");
    }
}
