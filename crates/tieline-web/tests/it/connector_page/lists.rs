//! Its calls and its changes.

use serde_json::json;
use tieline_testkit::FakeMcp;

use super::world::{API, PAGE, call, connect, page_with_calls, working};
use crate::app::Sender;
use crate::dashboard::open;

#[tokio::test]
async fn the_calls_of_a_connector_are_filtered_and_paged_by_address() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual().tools(["search", "pay"]);
    let _server = connect(&admin, server, "").await;
    for _ in 0..51 {
        call(&app, mel.user, "search").await;
    }
    call(&app, admin.user, "pay").await;
    let all = format!("{PAGE}?tab=calls");
    // The last one is written last, so that all are there now.
    let paid = page_with_calls(&admin, &format!("{all}&tool=pay"), 1).await;
    assert!(paid.contains("<option value=\"pay\" selected>pay</option>"));
    let first = page_with_calls(&admin, &all, 50).await;
    assert!(first.contains("Claude Code 2.1") && first.contains(">Mel<"));
    assert!(first.contains("Calls <span class=\"n\">52</span>"));
    let older = first
        .split("href=\"")
        .find(|rest| rest.contains(">Older</a>"))
        .and_then(|rest| rest.split('"').next())
        .expect("a link to the older ones")
        .replace("&#38;", "&");
    assert!(older.starts_with(&format!("{PAGE}?tab=calls&cursor=")));
    let second = page_with_calls(&admin, &older, 2).await;
    assert!(second.contains(">Newest</a>") && !second.contains(">Older</a>"));

    let failed = open(&admin, &format!("{all}&outcome=upstream_failure")).await;
    assert!(failed.text().contains("No call fits these filters"));
    let mels = format!("{all}&person={}&tool=pay", mel.user);
    assert!(open(&admin, &mels).await.text().contains("No call fits"));

    let listed = admin.get("/api/v1/calls?tool=pay").await.expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    open(&mel, &all).await.expect(403);
}

#[tokio::test]
async fn the_history_of_a_connector_tells_its_own_changes_in_words() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let server = connect(&admin, FakeMcp::dual().tools(["search"]), "").await;
    let other = json!({ "name": "Acme MCP 2", "url": server.url() });
    admin.post("/api/v1/connectors", &other).await.expect(201);
    let renamed = json!({ "name": "Acme <orders>" });
    admin.patch(API, &renamed).await.expect(200);
    let off = json!({ "enabled": false });
    let tool = format!("{API}/tools/search");
    admin.patch(&tool, &off).await.expect(200);

    let page = open(&admin, &format!("{PAGE}?tab=changes"))
        .await
        .expect(200);
    let page = page.text();
    for words in [
        "turned off the tool <span class=\"tmono\">acme_mcp/search</span>",
        "changed <span class=\"tmono\">acme_mcp</span>",
        "name: Acme MCP → Acme &#60;orders&#62;",
        "added <span class=\"tmono\">acme_mcp</span>",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("acme_mcp_2"));

    let listed = admin.get("/api/v1/audit?connector=acme_mcp").await;
    let actions: Vec<_> = listed.expect(200).json()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["action"].clone())
        .collect();
    assert_eq!(actions[..2], ["tool.turned_off", "connector.changed"]);
    let code = admin.get("/api/v1/audit?connector=No").await.expect(400);
    assert_eq!(code.code(), "bad_query");
}
