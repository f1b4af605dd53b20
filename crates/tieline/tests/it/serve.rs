//! Starting and stopping: what is printed, what is refused, and what a restart knows.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tieline_testkit::{FakeMcp, eventually_async, normalise};

use crate::http::Client;
use crate::place::{AT_ONCE, EMAIL, PASSWORD, Place};

#[tokio::test]
async fn a_first_start_prints_the_setup_link_and_then_ready() {
    let place = Place::new();
    let mut server = place.serve().await;
    let out = server.out();
    let lines: Vec<&str> = out.lines().collect();
    let link = format!("http://{}/setup?code=", server.address);
    let (_, code) = lines[0].split_once(&link).expect("a setup link");
    assert_eq!(lines[1..], [format!("ready on {}", server.address)]);
    let nobody = Client::with(&server.address, "accept", "text/html");
    assert_eq!(nobody.get(&format!("/setup?code={code}")).await.status, 200);

    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("code", code).append_pair("name", "Ada");
    form.append_pair("email", EMAIL)
        .append_pair("password", PASSWORD);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = nobody
        .send(http::Method::POST, "/setup", &headers, form.finish())
        .await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let admin = Client::signed_in(&server.address, EMAIL, PASSWORD).await;
    assert_eq!(admin.get("/integrations").await.status, 200);
    server.stop().await;

    let mut again = place.serve().await;
    assert_eq!(again.out(), format!("ready on {}\n", again.address));
    assert_eq!(again.signal("INT").await, Some(0));
}

#[tokio::test]
async fn a_server_may_be_stopped_the_moment_it_is_ready() {
    let place = Place::with_admin().await;
    for _ in 0..5 {
        place.serve().await.stop().await;
    }
}

#[tokio::test]
async fn everybody_may_ask_how_it_is() {
    let place = Place::with_admin().await;
    let server = place.serve().await;
    let nobody = Client::with(&server.address, "accept", "*/*");
    for (path, part) in [
        ("/healthz", ""),
        ("/readyz", ""),
        ("/openapi.json", "\"openapi\""),
        ("/docs", "Tieline"),
        ("/metrics", ""),
    ] {
        let answer = nobody.get(path).await;
        assert!(
            answer.status == 200 && answer.body.contains(part),
            "{path}: {answer:?}"
        );
    }
    for path in [
        "/api/v1/connectors",
        "/api/v1/catalog",
        "/api/v1/users",
        "/mcp",
    ] {
        assert_eq!(nobody.get(path).await.status, 401, "{path}");
    }
    let guess = server.client("tl_00000000000000000000000000000000000000");
    assert_eq!(guess.get("/api/v1/catalog").await.status, 401);
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let place = Place::with_admin().await;
    let server = place.serve().await;
    let second = place
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed(1);
    let told = second.replace(place.path("").to_str().unwrap(), "[folder]/");
    assert_snapshot!(told, @r"error: another Tieline server already uses [folder]/data/tieline.db; stop it first, or use PostgreSQL to run several");
    // The first one goes on.
    let key = place.key().await;
    let client = server.client(&key);
    eventually_async(|| async {
        (client.get("/api/v1/catalog").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let (one, two) = (Place::new(), Place::new());
    let server = one.serve().await;
    let told = two.run(&["--listen", &server.address]).await.failed(1);
    assert_snapshot!(normalise(&told), @r"
        error: Tieline cannot listen on 127.0.0.1:[port]: Address already in use (os error 98).
        hint: --listen takes another address or port.
        ");
}

#[tokio::test]
async fn a_server_that_was_killed_starts_again_with_everything_it_had() {
    let place = Place::with_admin().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    let key = place.key().await;
    let mut server = place.serve().await;
    let client = server.client(&key);
    let added = client
        .post(
            "/api/v1/connectors",
            &json!({ "name": "Acme MCP", "url": shop.url(), "token": "Bearer tok-0123456789" }),
        )
        .await;
    assert_eq!(added.status, 201, "{added:?}");
    eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
    assert_eq!(server.signal("KILL").await, None);

    // The server behind the connector is gone, too: a restart must not need it.
    shop.shut_down().await;
    let server = place.serve().await;
    let client = server.client(&key);
    assert_eq!(client.tools().await, ["acme_mcp__search"]);
    let answer = client.call("acme_mcp__search").await;
    assert!(
        answer.body.contains("isError\":true") || answer.body.contains("\"error\""),
        "{answer:?}"
    );
    let failing = eventually_async(|| async {
        let connector = client.get("/api/v1/connectors/acme_mcp").await.json();
        (connector["status"] == "failing").then_some(connector)
    })
    .await;
    assert_eq!(failing["tools_total"], 1);
    place.run(&["audit", "verify"]).await.succeeded();
}

#[tokio::test]
async fn a_call_in_flight_may_end_before_the_server_does() {
    let place = Place::with_admin().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    place
        .run(&["connector", "add", "Acme MCP", &shop.url()])
        .await
        .succeeded();
    let key = place.key().await;
    let mut server = place.serve().await;
    let client = server.client(&key);
    eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
    let hold = shop.hold(tieline_testkit::At::CallTool);
    let address = server.address.clone();
    let call =
        tokio::spawn(async move { Client::new(&address, &key).call("acme_mcp__search").await });
    tieline_testkit::eventually(|| shop.count("tools/call") == 1).await;
    let release = async {
        let nobody = Client::with(&server.address, "accept", "*/*");
        // Refused once the server stops to listen.
        let _ = tokio::time::timeout(
            std::time::Duration::from_millis(300),
            nobody.get("/healthz"),
        )
        .await;
        hold.release();
    };
    release.await;
    let answer = call.await.unwrap();
    assert!(answer.body.contains("\"result\""), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_loopback_refuses_loopback_connectors() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    let server = place.serve_with(|command| {
        command.env("TIELINE_ALLOW_LOOPBACK", "false");
    });
    let server = server.await;
    let body = json!({ "name": "Acme MCP", "url": shop.url() });
    let refused = server.client(&key).post("/api/v1/connectors", &body).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["code"], "address_refused");
    assert!(shop.requests().is_empty());
}

#[tokio::test]
async fn tieline_itself_is_no_connector() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    let server = place.serve().await;
    let body =
        json!({ "name": "Loop", "url": server.url("/mcp"), "token": format!("Bearer {key}") });
    let refused = server.client(&key).post("/api/v1/connectors", &body).await;
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_used_is_named() {
    let place = Place::new();
    std::fs::write(place.path("data"), "a file, not a folder").unwrap();
    let told = place
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .await
        .failed(1);
    assert!(
        told.contains(place.path("data").to_str().unwrap()),
        "{told}"
    );
}

/// F31: far more clients than the process may have files open.
#[tokio::test]
async fn f31_a_server_out_of_file_descriptors_is_back_within_a_second() {
    let place = Place::with_admin().await;
    let key = place.key().await;
    // The shell's limit passes on to what it becomes.
    let mut server = place.serve_under("ulimit -n 256; exec \"$0\" \"$@\"").await;
    let client = server.client(&key);
    assert_eq!(client.get("/healthz").await.status, 200);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let client = Client::with(&server.address, "accept", "*/*");
        // Some keep their connection, some wait in the queue of the kernel, and some for a place in it.
        clients.spawn(async move {
            client.get("/healthz").await;
            std::future::pending::<()>().await;
        });
    }
    // One attempt of a client that does not wait for long; the kernel itself tries again only after a second.
    let answers = async || {
        let client = server.client(&key);
        let asked = client.get("/api/v1/catalog");
        let answer = tokio::time::timeout(Duration::from_millis(100), asked).await;
        answer.is_ok_and(|answer| answer.status == 200)
    };
    eventually_async(async || (!answers().await).then_some(())).await;
    clients.shutdown().await;
    let back = eventually_async(async || answers().await.then_some(()));
    let back = tokio::time::timeout(AT_ONCE, back).await;
    assert!(back.is_ok(), "no answer within a second");
    server.stop().await;
}

/// A proxy in front, or a client that knows, may speak HTTP/2 without TLS: many requests share one connection.
#[tokio::test]
async fn http2_without_tls_carries_many_requests_at_once() {
    let place = Place::with_admin().await;
    let mut server = place.serve().await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<http_body_util::Full<bytes::Bytes>>();
    let asked = (0..50).map(|_| {
        let request = http::Request::get(server.url("/healthz"));
        client.request(
            request
                .body(http_body_util::Full::default())
                .expect("a request"),
        )
    });
    for answer in futures_util::future::join_all(asked).await {
        let answer = answer.expect("an answer");
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert_eq!(answer.status(), 200);
    }
    drop(client);
    server.stop().await;
}
