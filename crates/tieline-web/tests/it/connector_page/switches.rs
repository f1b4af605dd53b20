//! Switching tools with a way back, the receipt of a rotation, and what a removal says before.

use std::time::Duration;

use serde_json::json;
use tieline_testkit::FakeMcp;

use super::world::{API, PAGE, call, connect, page_with_calls, working};
use crate::app::{AdminBrowser, Sender};
use crate::dashboard::{open, submit};

async fn tools_on(admin: &AdminBrowser<'_>) -> usize {
    let tools = admin.get(&format!("{API}/tools")).await.expect(200).json();
    let tools = tools.as_array().expect("tools").clone();
    tools.iter().filter(|tool| tool["enabled"] == true).count()
}

/// Submits a switch and opens the page that follows; answers it with the address of its Undo.
async fn switch(admin: &AdminBrowser<'_>, path: &str, fields: &[(&str, &str)]) -> (String, String) {
    let gone_on = submit(admin, path, fields).await.expect(303);
    let page = open(admin, gone_on.header("location")).await.expect(200);
    let page = page.text();
    let undo = page.split("action=\"").find(|rest| rest.contains(">Undo<"));
    let undo = undo.and_then(|rest| rest.split('"').next());
    let undo = undo.unwrap_or_default().replace("&#38;", "&");
    (page, undo)
}

#[tokio::test]
async fn all_tools_are_switched_at_once_and_taken_back_once_by_whoever_did_it() {
    let app = working().await;
    let (admin, other) = (app.admin("Ada").await, app.admin("Bo").await);
    let server = FakeMcp::dual().tools(["search", "pay", "list"]);
    let _server = connect(&admin, server, "").await;
    call(&app, admin.user, "search").await;
    page_with_calls(&admin, &format!("{PAGE}?tab=calls"), 1).await;
    let page = open(&admin, PAGE).await.text();
    for words in [
        "1 person used these tools in the last 7 days.",
        "1 call<span class=\"ppl\">1 person in 7 days</span>",
        "Nobody used it in 7 days",
        "<dt>Typical time</dt>",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let pay = [("tool", "pay"), ("policy", "off")];
    let (_, undo_pay) = switch(&admin, &format!("{PAGE}/tools"), &pay).await;
    let all = format!("{PAGE}/tools/all");
    let (page, undo_all) = switch(&admin, &all, &[("enabled", "off")]).await;
    assert!(
        page.contains("All tools turned off for everyone."),
        "{page}"
    );
    assert_eq!(tools_on(&admin).await, 0);

    // Neither what came before another switch nor what somebody else did.
    for (who, undo) in [(&admin, &undo_pay), (&other, &undo_all)] {
        let answer = submit(who, undo, &[]).await.expect(303);
        assert!(answer.header("location").contains("done=not_undone"));
    }
    let (page, _) = switch(&admin, &undo_all, &[]).await;
    assert!(page.contains("Undone."));
    assert_eq!(tools_on(&admin).await, 2, "what was off before stays off");
    let again = submit(&admin, &undo_all, &[]).await.expect(303);
    assert!(again.header("location").contains("done=not_undone"));

    let ask = [("tool", "pay"), ("policy", "ask")];
    let (page, undo) = switch(&admin, &format!("{PAGE}/tools"), &ask).await;
    assert!(page.contains("The agent asks before it uses this tool."));
    switch(&admin, &undo, &[]).await;
    assert_eq!(tools_on(&admin).await, 2, "pay is off again");

    let on = json!({ "enabled": true });
    let listed = admin.patch(&format!("{API}/tools"), &on).await.expect(200);
    assert_eq!(listed.json().as_array().map(Vec::len), Some(3));
    assert_eq!(tools_on(&admin).await, 3);
    let usage = admin.get(&format!("{API}/usage")).await.expect(200).json();
    assert_eq!(usage["tools"]["search"]["people_7_days"], 1);
    let history = open(&admin, &format!("{PAGE}?tab=changes")).await.text();
    assert!(history.contains("turned off tools of") && history.contains("tools: search, list"));
}

#[tokio::test]
async fn a_rotation_leaves_a_receipt_of_the_old_and_the_new_token() {
    const OLD: &str = "Bearer old-token-00000a1b2";
    const NEW: &str = "Bearer new-token-00000c3d4";
    let app = working().await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::dual().tools(["search"]);
    let server = server.requiring("authorization", OLD);
    let server = connect(&admin, server, OLD).await;
    call(&app, admin.user, "search").await;
    page_with_calls(&admin, &format!("{PAGE}?tab=calls"), 1).await;
    app.clock.advance(Duration::from_secs(5));

    let path = format!("{PAGE}/rotate");
    let refused = submit(&admin, &path, &[("token", NEW)]).await.text();
    assert!(
        refused.contains("did not pass the connection test"),
        "{refused}"
    );
    assert!(!refused.contains("id=\"receipt\""));
    server.require("authorization", NEW);
    let done = submit(&admin, &path, &[("token", NEW)]).await.expect(303);
    let page = open(&admin, done.header("location")).await.text();
    let receipt = page.split("id=\"receipt\"").nth(1).expect("a receipt");
    for words in [
        "by Ada.",
        "Old token, …a1b2: Calls that were running finished with it. The last one began <time",
        "New token, …c3d4: Passed a real tools/list before it took over. No call used it yet.",
    ] {
        assert!(receipt.contains(words), "{words} in {receipt}");
    }
    assert!(!page.contains("new-token") && !page.contains("old-token"));

    app.clock.advance(Duration::from_secs(5));
    call(&app, admin.user, "search").await;
    page_with_calls(&admin, &format!("{PAGE}?tab=calls"), 2).await;
    let page = open(&admin, &format!("{PAGE}?tab=connection")).await.text();
    assert!(
        page.contains("The first call with it began <time"),
        "{page}"
    );
}

#[tokio::test]
async fn a_removal_says_who_loses_what_and_who_uses_it_now() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let _server = connect(&admin, FakeMcp::dual().tools(["search", "pay"]), "a-token").await;
    let question = format!("{PAGE}/remove");
    let page = open(&admin, &question).await.expect(200).text();
    assert!(
        page.contains("Nobody used them in the last 15 minutes."),
        "{page}"
    );
    call(&app, mel.user, "search").await;
    page_with_calls(&admin, &format!("{PAGE}?tab=calls"), 1).await;
    let page = open(&admin, &question).await.expect(200).text();
    for words in [
        "<b>2 people lose 2 tools</b> in their next session.",
        "1 session is using them now; its next call will fail.",
        "The token is deleted. Activity is kept.",
        "Turn off instead",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
}
