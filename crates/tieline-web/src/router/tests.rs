use std::sync::Arc;

use axum::routing::get;
use http::Request;
use http_body_util::BodyExt;
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
    let hub = Hub::open(store, keyring, clock, entropy, HubSettings::default()).await;
    AppState::new(
        hub.expect("a hub"),
        WebSettings::new(([127, 0, 0, 1], 7420).into()),
    )
}

#[tokio::test]
async fn a_panic_costs_one_request_only() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let routes = Router::new()
        .route("/boom", get(async || -> () { panic!("canary-in-a-panic") }))
        .route("/fine", get(async || "fine"));
    let app = around(routes, state(&directory).await);
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
