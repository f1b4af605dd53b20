//! What a web page elsewhere can make a visitor's browser do: nothing.

use http::{Method, header};
use serde_json::json;

use crate::app::{Options, Sender, TestApp};

const CONNECTORS: &str = "/api/v1/connectors";

#[tokio::test]
async fn w10_a_page_of_another_site_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body = json!({ "name": "Acme", "url": "https://acme.example/mcp" });
    let own = app.url("");
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("cross-site"), Some("https://evil.example")),
        (Some("same-site"), None),
        (None, Some("https://evil.example")),
        (None, Some("null")),
    ] {
        let mut request = admin.request(Method::POST, CONNECTORS, Some(&body));
        let headers = request.headers_mut();
        headers.remove("sec-fetch-site");
        headers.remove(header::ORIGIN);
        if let Some(site) = site {
            headers.insert("sec-fetch-site", site.parse().expect("a header"));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        let answer = app.send(request).await.expect(403);
        assert_eq!(answer.code(), "cross_site", "{site:?} {origin:?}");
    }
    assert_eq!(admin.get(CONNECTORS).await.json(), json!([]));
    for (site, origin) in [
        (Some("none"), None),
        (None, Some(own.as_str())),
        (None, None),
    ] {
        let mut request = admin.request(Method::POST, CONNECTORS, Some(&json!({})));
        let headers = request.headers_mut();
        headers.remove("sec-fetch-site");
        headers.remove(header::ORIGIN);
        if let Some(site) = site {
            headers.insert("sec-fetch-site", site.parse().expect("a header"));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        app.send(request).await.expect(422);
    }
}

#[tokio::test]
async fn w01_a_name_that_was_pointed_here_reaches_only_the_watchdogs() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let with_host = |path: &str, host: &str| {
        let mut request = admin.request(Method::GET, path, None);
        request
            .headers_mut()
            .insert(header::HOST, host.parse().expect("a host"));
        request
    };
    for path in ["/api/v1/connectors", "/docs", "/openapi.json", "/nope"] {
        let answer = app
            .send(with_host(path, "rebind.evil.example:7420"))
            .await
            .expect(403);
        assert_eq!(answer.code(), "host_refused", "{path}");
    }
    app.send(with_host("/healthz", "rebind.evil.example"))
        .await
        .expect(200);
    app.send(with_host("/api/v1/connectors", "localhost:7420"))
        .await
        .expect(200);
}

#[tokio::test]
async fn behind_a_proxy_the_public_origin_counts() {
    let app = TestApp::with(Options {
        public_url: Some("https://tieline.example"),
        ..Options::default()
    })
    .await;
    let ada = app.person("Ada", tieline_domain::Role::Admin).await;
    let cookie = app
        .hub
        .start_sign_in(ada, None)
        .await
        .expect("a sign-in")
        .cookie;
    let request = |name: &str| {
        let mut request = app
            .anonymous()
            .request(Method::POST, CONNECTORS, Some(&json!({})));
        let cookie = format!("{name}={}", cookie.expose());
        request
            .headers_mut()
            .insert(header::COOKIE, cookie.parse().expect("a cookie"));
        request.headers_mut().insert(
            header::ORIGIN,
            "https://tieline.example".parse().expect("an origin"),
        );
        request
    };
    // The proxy kept its own name for this server in `Host`.
    app.send(request("__Host-tieline")).await.expect(422);
    // Over https only the cookie that browsers bind to the host is one.
    app.send(request("tieline")).await.expect(401);
}
