//! Activity: calls that are searched, summed up, exported, and that come by themselves.

use http::{Method, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tieline_testkit::FakeMcp;

use crate::app::Sender;
use crate::connector_page::world::{call, connect, page_with_calls, working};
use crate::dashboard::{open, submit};

#[tokio::test]
async fn calls_are_found_by_tool_person_and_connector_and_exported_as_found() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual().tools(["search_orders", "refund"]);
    let _server = connect(&admin, server, "").await;
    call(&app, mel.user, "search_orders").await;
    call(&app, admin.user, "refund").await;
    for (text, calls) in [
        ("SEARCH_", 1),
        ("mel", 1),
        ("mel@example", 1),
        ("acme mcp", 2),
        ("Claude", 2),
        ("%20a session ", 2),
    ] {
        let text = text.replace("%20", " ").replace(' ', "+");
        let page = page_with_calls(&admin, &format!("/activity?q={text}"), calls).await;
        assert!(
            page.contains("typical") && page.contains("slowest 5 %"),
            "{text}"
        );
        let file = open(&admin, &format!("/activity/export?format=jsonl&q={text}")).await;
        assert_eq!(file.text().lines().count(), calls, "{text}");
        let listed = admin.get(&format!("/api/v1/calls?q={text}")).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(calls));
    }
    let nothing = open(&admin, "/activity?q=%3Cb%3E").await.expect(200).text();
    assert!(nothing.contains("Nothing matches “&#60;b&#62;”.") && nothing.contains("Clear search"));
    // The tools are offered once their connector is chosen.
    let page = page_with_calls(&admin, "/activity", 2).await;
    assert!(!page.contains("name=\"tool\"") && page.contains("2 in 24 h"));
    let page = page_with_calls(&admin, "/activity?connector=acme_mcp&tool=refund", 1).await;
    assert!(page.contains("<option value=\"refund\" selected>refund</option>"));
    assert!(
        page.contains("/activity/export?connector=acme_mcp&#38;tool=refund&#38;format=csv"),
        "{page}"
    );
}

#[tokio::test]
async fn a_call_can_be_copied_as_json() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let _server = connect(&admin, FakeMcp::dual().tools(["search"]), "").await;
    call(&app, mel.user, "search").await;
    let page = page_with_calls(&admin, "/activity", 1).await;
    let path = page
        .split("href=\"")
        .find(|rest| rest.starts_with("/activity/calls/"));
    let path = path
        .and_then(|rest| rest.split('"').next())
        .expect("a link");
    let shown = open(&admin, path).await.expect(200).text();
    let json = shown
        .split_once("id=\"call-json\"")
        .and_then(|(_, rest)| rest.split_once('>'))
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .map(|(json, _)| json.replace("&#34;", "\""))
        .expect("the record");
    let record: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&record["tool"], &record["person"]),
        (&"search".into(), &"mel@example.com".into())
    );
    assert!(path.ends_with(record["id"].as_str().expect("an id")));
    // The session leads to all calls of it.
    let session = shown
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|href| href.starts_with("/activity?q="))
        .expect("a link to the session");
    let found = page_with_calls(&admin, session, 1).await;
    assert!(found.contains(path), "{session}");
}

#[tokio::test]
async fn a_call_keeps_the_request_id_of_its_answer() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let _server = connect(&admin, FakeMcp::dual().tools(["search"]), "").await;
    let key = app.key_of(admin.user).await;
    let params = json!({
        "name": "search",
        "arguments": {},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
        },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut ids = Vec::new();
    for path in ["/mcp/acme_mcp", "/mcp/%61cme_mcp"] {
        let mut request = key.request(Method::POST, path, Some(&body));
        for (name, value) in [
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "search"),
        ] {
            let value = value.parse().expect("a header");
            request.headers_mut().insert(name, value);
        }
        let answer = app.send(request).await.expect(200);
        ids.push(answer.header("x-request-id").to_owned());
    }
    let form = [("tool", "search")];
    let tried = submit(&admin, "/integrations/c/acme_mcp/try", &form).await;
    ids.push(tried.expect(200).header("x-request-id").to_owned());

    let page = page_with_calls(&admin, "/activity", 3).await;
    let file = open(&admin, "/activity/export?format=jsonl").await.text();
    for id in &ids {
        assert!(file.contains(&format!("\"request_id\":\"{id}\"")), "{file}");
    }
    let newest = page
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|href| href.starts_with("/activity/calls/"));
    let panel = open(&admin, newest.expect("a call")).await.text();
    assert!(
        ids.iter()
            .any(|id| panel.contains(&format!("<dt>Request</dt><dd class=\"mono\">{id}")))
    );
}

#[tokio::test]
async fn an_open_page_gets_new_calls_that_fit_its_filters() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual().tools(["search", "refund"]);
    let _server = connect(&admin, server, "").await;
    call(&app, mel.user, "refund").await;
    let page = page_with_calls(&admin, "/activity?tool=refund", 1).await;
    let live = page
        .split_once("data-live=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .expect("a live address")
        .replace("&#38;", "&");
    assert!(
        live.contains("tool=refund") && live.contains("view=activity"),
        "{live}"
    );
    let mut request = admin.request(Method::GET, &live, None);
    let stream = "text/event-stream".parse().expect("a header");
    request.headers_mut().insert(header::ACCEPT, stream);
    let mut body = app.open(request).await.into_body();
    let (mut told, mut called) = (String::new(), false);
    while told.matches("/activity/calls/").count() < 3 {
        let frame = body.frame().await.expect("more to come").expect("bytes");
        told.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
        if !called && told.contains("live-calls") {
            called = true;
            call(&app, mel.user, "search").await;
            call(&app, mel.user, "refund").await;
        }
    }
    assert!(!told.contains(">search<"), "it does not fit: {told}");
    let off = open(&admin, "/activity?live=off").await.expect(200).text();
    assert!(!off.contains("data-live") && off.contains("aria-checked=\"false\""));
    let mut request = mel.request(Method::GET, &live, None);
    let stream = "text/event-stream".parse().expect("a header");
    request.headers_mut().insert(header::ACCEPT, stream);
    assert_eq!(app.send(request).await.status, 403);
}
