//! The page that says why a call failed, and what mends it.

use std::time::Duration;

use serde_json::json;
use tieline_testkit::FakeMcp;

use super::world::{API, PAGE, call, connect, page_with_calls, working};
use crate::app::{AdminBrowser, Sender};
use crate::dashboard::open;

const TOKEN: &str = "Bearer good-token-000001";

/// The addresses of the calls that a list links to, newest first.
fn links(page: &str) -> Vec<String> {
    let rest = page.split("href=\"/activity/calls/").skip(1);
    rest.filter_map(|rest| rest.split('"').next())
        .map(|id| format!("/activity/calls/{id}"))
        .collect()
}

async fn newest(admin: &AdminBrowser<'_>, calls: usize) -> String {
    let list = page_with_calls(admin, &format!("{PAGE}?tab=calls"), calls).await;
    links(&list).remove(0)
}

#[tokio::test]
async fn a_failed_call_names_stage_credential_last_success_changes_and_the_fix() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual().tools(["search"]);
    let server = server.requiring("authorization", TOKEN);
    let server = connect(&admin, server, TOKEN).await;
    call(&app, mel.user, "search").await;
    newest(&admin, 1).await;
    admin
        .patch(API, &json!({ "name": "Acme orders" }))
        .await
        .expect(200);
    server.require("authorization", "Bearer other-token-00002");
    app.clock.advance(Duration::from_secs(1));
    call(&app, mel.user, "search").await;

    let address = newest(&admin, 2).await;
    let page = open(&admin, &address).await.expect(200).text();
    for words in [
        "<h1 id=\"dt\">The token was rejected</h1>",
        "The server rejected the saved token (HTTP 401).",
        "href=\"/integrations/c/acme_mcp?tab=connection#rotate\">Replace token</a>",
        "href=\"/integrations/c/acme_mcp/try?tool=search\">Try again as me</a>",
        "name: Acme MCP → Acme orders",
        "Arguments and results are not kept.",
        "the same for everybody, …0001",
        "by Mel",
        "Not yet",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let broken = page.split("<li class=\"bad\">").nth(1).expect("a break");
    assert!(broken.contains("<b>HTTP</b>"), "{broken}");
    assert!(page.contains("<li class=\"over\"><span class=\"nd\"></span><span><b>TLS</b>"));
    assert!(!page.contains("good-token"));

    server.require("authorization", TOKEN);
    app.clock.advance(Duration::from_secs(1));
    call(&app, admin.user, "search").await;
    newest(&admin, 3).await;
    let mended = open(&admin, &address).await.text();
    assert!(mended.contains("by Ada") && !mended.contains("Not yet"));

    let id = address.rsplit('/').next().expect("an id");
    let record = admin.get(&format!("/api/v1/calls/{id}")).await;
    let record = record.expect(200).json();
    assert_eq!(record["stage"], "http");
    open(&mel, &address).await.expect(403);
    let unknown = "/activity/calls/019a0000-0000-7000-8000-000000000000";
    open(&admin, unknown).await.expect(404);
    open(&admin, "/activity/calls/no-id").await.expect(404);
}

#[tokio::test]
async fn what_tieline_refused_never_left_and_says_how_to_allow_it() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let _server = connect(&admin, FakeMcp::dual().tools(["search", "pay"]), "").await;
    let catalog = app.hub.catalog();
    let off = json!({ "enabled": false });
    let tool = format!("{API}/tools/search");
    admin.patch(&tool, &off).await.expect(200);
    super::world::call_of(&app, &catalog, admin.user, "search").await;
    let address = newest(&admin, 1).await;
    let page = open(&admin, &address).await.expect(200).text();
    assert!(
        page.contains("<h1 id=\"dt\">The tool is off</h1>"),
        "{page}"
    );
    let broken = page.split("<li class=\"bad\">").nth(1).expect("a break");
    assert!(broken.contains("<b>Policy</b>"), "{broken}");
    assert!(!page.contains("Try again as me"));
    assert!(page.contains("search is off now or no longer offered"));

    admin.delete(API).await.expect(204);
    let gone = open(&admin, &address).await.expect(200).text();
    assert!(gone.contains("The connector is gone"), "{gone}");
    assert!(
        gone.contains("removed <span class=\"mono\">acme_mcp</span>")
            || gone.contains("turned off the tool")
    );
}
