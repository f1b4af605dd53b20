//! What every answer carries, errors included.

use std::collections::BTreeSet;

use http::Method;

use super::actors::operations;
use crate::app::{Answer, Options, Sender, TestApp};

const OF_PAGES: [(&str, &str); 3] = [
    ("content-security-policy", "default-src 'none'"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
];
/// Answers of the gateway are for programs: no browser makes a page of them.
const OF_MESSAGES: [(&str, &str); 2] = [
    ("x-content-type-options", "nosniff"),
    ("x-request-id", "r-"),
];

fn check(answer: &Answer, about: &str) {
    let is_message = about.contains(" /mcp");
    let of_pages = OF_PAGES.iter().filter(|_| !is_message);
    for (name, part) in of_pages.chain(&OF_MESSAGES) {
        assert!(
            answer.header(name).contains(part),
            "{about}: {name} is {:?}",
            answer.header(name)
        );
    }
    if answer.status >= 400 && answer.header("content-type") == "application/problem+json" {
        assert_eq!(
            answer.json()["request_id"],
            answer.header("x-request-id"),
            "{about}"
        );
    }
}

#[tokio::test]
async fn w14_every_route_is_locked_down_and_named() {
    let app = TestApp::with(Options {
        public_url: Some("https://tieline.example"),
        ..Options::default()
    })
    .await;
    let nobody = app.anonymous();
    let mut ids = BTreeSet::new();
    let mut count = 0;
    for operation in operations() {
        let about = format!("{} {}", operation.method, operation.template);
        let answer = nobody
            .send(
                operation.method.clone(),
                &operation.path(),
                operation.body().as_ref(),
            )
            .await;
        check(&answer, &about);
        assert_eq!(answer.header("cache-control"), "no-store", "{about}");
        ids.insert(answer.header("x-request-id").to_owned());
        count += 1;
    }
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/nope",
        "/api/v1/nope",
        "/mcp",
        "/mcp/nope",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
            let answer = nobody.send(method.clone(), path, None).await;
            check(&answer, &format!("{method} {path}"));
            assert!(
                answer.headers.contains_key("strict-transport-security"),
                "{path}"
            );
            ids.insert(answer.header("x-request-id").to_owned());
            count += 1;
        }
    }
    assert_eq!(ids.len(), count, "every request has an id of its own");
}

#[tokio::test]
async fn a_request_id_of_the_client_is_not_taken_over() {
    let app = TestApp::start().await;
    let mut request = app.anonymous().request(Method::GET, "/healthz", None);
    request
        .headers_mut()
        .insert("x-request-id", "r-forged".parse().expect("a header"));
    assert_ne!(app.send(request).await.header("x-request-id"), "r-forged");
}

#[tokio::test]
async fn watchdogs_learn_little_and_metrics_stay_on_this_machine() {
    let app = TestApp::start().await;
    let nobody = app.anonymous();
    assert_eq!(nobody.get("/healthz").await.expect(200).text(), "ok\n");
    assert_eq!(nobody.get("/readyz").await.expect(200).text(), "ready\n");
    assert_eq!(
        nobody.get("/metrics").await.expect(200).text(),
        "tieline_up 1\n"
    );
    let mut request = nobody.request(Method::GET, "/metrics", None);
    request
        .headers_mut()
        .insert("x-forwarded-for", "203.0.113.7".parse().expect("a header"));
    app.send(request).await.expect(404);
}
