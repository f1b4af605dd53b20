//! Connect your client: what members see of tools, and the line that turns green.

use http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use tieline_domain::Role;
use tieline_testkit::{FakeMcp, eventually_async};

use crate::app::{Options, Sender, TestApp};
use crate::dashboard::open;

#[tokio::test]
async fn members_see_tools_and_nothing_of_how_they_are_reached() {
    const TOKEN: &str = "Bearer a-secret-token-7f3a";
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual().tools(["search_orders", "refund"]);
    let server = server.requiring("x-acme-key", TOKEN).start().await;
    let body = json!({
        "name": "Acme MCP", "url": server.url(), "token": TOKEN, "auth_header": "X-Acme-Key",
    });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    let page = eventually_async(async || {
        let page = open(&member, "/connect").await.expect(200).text();
        (page.contains("search_orders") && page.contains("Working")).then_some(page)
    })
    .await;
    let tools = page.split("id=\"tools\"").nth(1).expect("the tools");
    for words in ["Acme MCP", "2 tools", "refund", "Working"] {
        assert!(tools.contains(words), "{words} in {tools}");
    }
    for secret in [
        server.url().as_str(),
        "a-secret-token",
        "7f3a",
        "X-Acme-Key",
        "/integrations",
        "/activity",
        "<form",
    ] {
        assert!(!tools.contains(secret), "{secret} in {tools}");
    }
    // What an admin turns off is gone from the page as well.
    let off = json!({ "enabled": false });
    admin
        .patch("/api/v1/connectors/acme_mcp", &off)
        .await
        .expect(200);
    let page = open(&member, "/connect").await.expect(200).text();
    assert!(!page.contains("search_orders"), "{page}");
    assert!(page.contains("Ask Ada."), "{page}");
}

#[tokio::test]
async fn the_check_turns_green_at_the_first_contact_and_waits_with_advice_until_then() {
    // The last use of a key is written down in the background.
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    app.person("Ada", Role::Admin).await;
    let (mel, ann) = (app.member("Mel").await, app.member("Ann").await);
    let page = open(&mel, "/connect?client=gemini").await.text();
    for words in [
        "Waiting for your client…",
        "<span data-for=\"gemini\">Start Gemini CLI and type <code>/mcp</code>. </span>",
        "The address belongs under <code>httpUrl</code>.",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let listen = async |who| {
        let request = Sender::request(who, Method::GET, "/events?view=connect", None);
        app.open(request).await.into_body()
    };
    let (mut own, mut others) = (listen(&mel).await, listen(&ann).await);
    let key = app.key_of(mel.user).await;
    let list = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/list",
        "params": { "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "Gemini CLI", "version": "1.4" },
        } },
    });
    let mut request = key.request(Method::POST, "/mcp", Some(&list));
    for (name, value) in [
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/list"),
    ] {
        let value = value.parse().expect("a header");
        request.headers_mut().insert(name, value);
    }
    app.send(request).await.expect(200);
    let told = own.frame().await.expect("an event").expect("a frame");
    let told = told.into_data().expect("data");
    let told = String::from_utf8_lossy(&told);
    assert!(
        told.contains("Connected: Gemini CLI 1.4, 0 tools"),
        "{told}"
    );
    // It is the person's own client only. The page that is opened anew knows as well.
    let page = eventually_async(async || {
        let page = open(&mel, "/connect").await.text();
        page.contains("Connected: Gemini CLI 1.4").then_some(page)
    })
    .await;
    assert!(!page.contains("Waiting for your client"));
    let other = open(&ann, "/connect").await.text();
    assert!(other.contains("Waiting for your client…"), "{other}");
    let quiet = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(quiet, others.frame()).await.is_err());
}
