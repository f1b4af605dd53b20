//! What was said in calls: kept when an admin wants it, read by admins alone, and never markup.

use http::Method;
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool, eventually_async};

use crate::app::{AdminBrowser, Sender, TestApp};
use crate::connector_page::world::{connect, page_with_calls, working};
use crate::dashboard::{open, submit};

const HOSTILE: &str = "<script>alert('said')</script>";
const TOKEN: &str = "Bearer s3cret-token-of-acme";

/// Calls a tool through the gateway, as a client of this person does.
async fn call(app: &TestApp, user: tieline_domain::UserId, arguments: &Value) {
    let key = app.key_of(user).await;
    let params = json!({
        "name": "search",
        "arguments": arguments,
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "raw", "version": "1" },
        },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut request = key.request(Method::POST, "/mcp/acme_mcp", Some(&body));
    for (name, value) in [
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "search"),
    ] {
        let value = value.parse().expect("a header");
        request.headers_mut().insert(name, value);
    }
    app.send(request).await.expect(200);
}

/// The address of the newest call, once there are so many.
async fn newest(admin: &AdminBrowser<'_>, calls: usize) -> String {
    let page = page_with_calls(admin, "/activity", calls).await;
    let links = page
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next());
    let mut links = links.filter(|href| href.starts_with("/activity/calls/"));
    links.next().expect("a call").to_owned()
}

async fn keep(admin: &AdminBrowser<'_>, on: bool) {
    let change = json!({ "keep_content": on });
    admin.patch("/api/v1/settings", &change).await.expect(200);
}

#[tokio::test]
async fn what_is_said_is_shown_to_admins_only_as_text_and_only_while_it_is_kept() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let tool = FakeTool::echo("search").saying(&format!("{HOSTILE}{}", "x".repeat(20_000)));
    let _server = connect(&admin, FakeMcp::dual().tool(tool), TOKEN).await;
    let arguments = json!({ "q": HOSTILE, "leak": "s3cret-token-of-acme" });
    call(&app, mel.user, &arguments).await;
    let before = newest(&admin, 1).await;
    let page = open(&admin, &before).await.expect(200).text();
    assert!(
        page.contains("Arguments and results are not kept."),
        "{page}"
    );
    assert!(page.contains("href=\"/settings/data\">Settings, Data</a>"));

    keep(&admin, true).await;
    app.clock.advance(std::time::Duration::from_secs(1));
    call(&app, mel.user, &arguments).await;
    let kept = newest(&admin, 2).await;
    let page = eventually_async(async || {
        let page = open(&admin, &kept).await.expect(200).text();
        page.contains("<h2>Arguments</h2>").then_some(page)
    })
    .await;
    assert!(
        page.contains("&lt;script&gt;alert(&#39;said&#39;)"),
        "{page}"
    );
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(
        page.contains("[redacted]") && !page.contains("s3cret"),
        "{page}"
    );
    assert!(page.contains("Cut at 16 KB of 19."), "{page}");
    let page = open(&admin, &before).await.expect(200).text();
    assert!(page.contains("What was said in this call is not kept, or not any more."));

    let rest = kept.replace("/activity", "/api/v1");
    let shown = admin.get(&rest).await.expect(200).json();
    let said: Value = serde_json::from_str(shown["content"]["arguments"].as_str().expect("text"))
        .expect("all of the arguments");
    assert_eq!(said, json!({ "q": HOSTILE, "leak": "[redacted]" }));
    assert_eq!(
        shown["content"]["result"].as_str().map(str::len),
        Some(16_384)
    );
    assert!(shown["content"]["result_bytes"].as_u64() > Some(20_000));
    let listed = admin.get("/api/v1/calls").await.expect(200).json();
    assert!(listed["items"][0].get("content").is_none(), "{listed}");
    for format in ["csv", "jsonl"] {
        let file = open(&admin, &format!("/activity/export?format={format}")).await;
        assert!(!file.text().contains("said"), "{}", file.text());
    }
    for path in [&kept, &rest] {
        open(&mel, path).await.expect(403);
    }

    keep(&admin, false).await;
    let page = open(&admin, &kept).await.expect(200).text();
    assert!(page.contains("Arguments and results are not kept.") && !page.contains("said&#39;"));
    let shown = admin.get(&rest).await.expect(200).json();
    assert_eq!(shown["content"], Value::Null);
}

#[tokio::test]
async fn the_switch_says_what_it_means_before_it_is_saved_and_is_recorded() {
    let app = TestApp::start().await;
    let (admin, _mel) = (app.admin("Ada").await, app.member("Mel").await);
    let path = "/settings/data";
    let page = open(&admin, path).await.expect(200).text();
    assert!(page.contains("value=\"false\" checked"), "it is off");
    let send = async |told: &str| {
        let page = open(&admin, path).await.text();
        let version = page.split_once("name=\"version\" value=\"").expect("it").1;
        let version = version.split('"').next().expect("a version").to_owned();
        let fields = [
            ("keep_calls_days", "30"),
            ("keep_content", "true"),
            ("keep_content_days", "3"),
            ("version", version.as_str()),
            ("told", told),
        ];
        submit(&admin, path, &fields).await
    };
    let asked = send("").await.expect(200).text();
    let told = "From now on every admin can read what the 2 people here send to tools through their clients, and what comes back. Tell them. Chats with the built-in agent stay with their owners.";
    assert!(asked.contains(told), "{asked}");
    assert!(
        asked.contains("value=\"true\" checked"),
        "what was chosen is kept"
    );
    assert!(!app.hub.settings_in_force().keep_content);
    send(told).await.expect(303);
    let settings = app.hub.settings_in_force();
    assert!(settings.keep_content && settings.keep_content_days == 3);
    let audit = open(&admin, "/activity?tab=audit").await.text();
    assert!(audit.contains("keep content: false → true"), "{audit}");
}
