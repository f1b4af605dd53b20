//! Requests that are wrong in their form, before any value is looked at.

use bytes::Bytes;
use http::{Method, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::actors::operations;
use crate::app::{Sender, TestApp};

const CONNECTORS: &str = "/api/v1/connectors";

#[tokio::test]
async fn bodies_are_json_and_small() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(1024 * 1024));
    let deep = format!("{{\"name\":{}}}", "[".repeat(100_000));
    for (kind, body, status, code) in [
        (
            "application/x-www-form-urlencoded",
            "name=Acme",
            415,
            "unsupported_media_type",
        ),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("", "{}", 415, "unsupported_media_type"),
        ("application/json", "", 400, "bad_json"),
        ("application/json", "{\"name\":", 400, "bad_json"),
        ("application/json", "[]", 400, "bad_json"),
        ("application/json", "\"text\"", 400, "bad_json"),
        (
            "application/json; charset=utf-8",
            "{\"name\":\"\\ud800\"}",
            400,
            "bad_json",
        ),
        ("application/json", deep.as_str(), 400, "bad_json"),
        ("application/json", large.as_str(), 413, "too_large"),
    ] {
        let mut request = admin.request(Method::POST, CONNECTORS, None);
        if !kind.is_empty() {
            request
                .headers_mut()
                .insert(header::CONTENT_TYPE, kind.parse().expect("a header"));
        }
        *request.body_mut() = Full::new(Bytes::from(body.to_owned()));
        let answer = app.send(request).await;
        let start: String = body.chars().take(30).collect();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{kind} {start}"
        );
    }
    assert_eq!(admin.get(CONNECTORS).await.json(), json!([]));
}

#[tokio::test]
async fn an_unreadable_body_is_not_quoted() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let mut request = admin.request(Method::POST, CONNECTORS, Some(&json!({})));
    *request.body_mut() = Full::new(Bytes::from("{\"token\":\"canary-7f3a\"x}"));
    let answer = app.send(request).await.expect(400);
    assert!(!answer.text().contains("canary"), "{}", answer.text());
}

#[tokio::test]
async fn w23_a_field_that_nobody_asked_for_is_refused_everywhere() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let mut bodies = 0;
    for operation in operations()
        .iter()
        .filter(|operation| operation.schema.is_some())
    {
        let body = json!({ "surprise": 1 });
        let answer = admin
            .send(operation.method.clone(), &operation.path(), Some(&body))
            .await;
        assert_eq!(answer.code(), "unknown_field", "{operation:?}");
        assert_eq!(answer.json()["errors"][0]["field"], "surprise");
        bodies += 1;
    }
    assert_eq!(bodies, 18);
    let mel = app.member("Mel").await;
    let answer = mel
        .post(
            "/api/v1/keys",
            &json!({ "name": "laptop", "role": "admin" }),
        )
        .await;
    assert_eq!(answer.expect(422).code(), "unknown_field");
    assert_eq!(mel.get("/api/v1/keys").await.json(), json!([]));
}

#[tokio::test]
async fn every_described_field_is_read_and_has_a_code_for_a_wrong_type() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let document = serde_json::to_value(tieline_web::openapi()).expect("the description is JSON");
    for operation in operations() {
        let Some(schema) = &operation.schema else {
            continue;
        };
        let properties = document["components"]["schemas"][schema]["properties"].as_object();
        for name in properties.expect("a described body has fields").keys() {
            let body = json!({ name: {} });
            let answer = admin
                .send(operation.method.clone(), &operation.path(), Some(&body))
                .await;
            let problem = answer.expect(422).json();
            let errors = problem["errors"].as_array().expect("errors");
            let wrong = errors
                .iter()
                .find(|error| error["field"] == **name)
                .unwrap_or(&Value::Null);
            let code = wrong["code"].as_str().unwrap_or_default();
            assert!(
                code.ends_with("_type"),
                "{} {name}: {problem}",
                operation.template
            );
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    for path in [
        "/api/v1/nope",
        "/api/v2/connectors",
        "/nope",
        "/api/v1/connectors/",
        "/api/v1/connectors/Not%20A%20Slug",
    ] {
        assert_eq!(
            admin.get(path).await.expect(404).code(),
            "not_found",
            "{path}"
        );
    }
    let answer = admin
        .send(Method::PUT, CONNECTORS, Some(&json!({})))
        .await
        .expect(405);
    assert_eq!(answer.code(), "method_not_allowed");
    assert!(answer.header("allow").contains("GET"));
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let app = TestApp::start().await;
    let mut request = app.anonymous().request(Method::GET, "/healthz", None);
    for number in 0..110 {
        let name = format!("x-filler-{number}")
            .parse::<header::HeaderName>()
            .expect("a name");
        request
            .headers_mut()
            .insert(name, "x".parse().expect("a value"));
    }
    app.send(request).await.expect(431);
}
