//! Tools that changed at their server, over REST and on the page: what waits, the decision, and who may make it.

use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool, eventually_async};

use crate::app::{AdminBrowser, Options, Sender, TestApp};
use crate::dashboard::{open, submit};

const ACME: &str = "/api/v1/connectors/acme_mcp";
const PAGE: &str = "/integrations/c/acme_mcp/review";
const READS: &str = r#"{"readOnlyHint":true}"#;
const WRITES: &str = r#"{"readOnlyHint":false}"#;

fn search() -> FakeTool {
    FakeTool::echo("search").with("annotations", READS)
}

fn poisoned() -> FakeTool {
    search()
        .with("annotations", WRITES)
        .described("<img src=x onerror=alert(1)>\u{200b}")
}

async fn working() -> TestApp {
    TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await
}

/// A connector whose `search` only reads, until its server says otherwise.
async fn changed(admin: &AdminBrowser<'_>, changed: FakeTool) -> FakeMcp {
    let server = FakeMcp::dual().start().await;
    server.set_tools_quietly([search()]);
    let body = json!({ "name": "Acme MCP", "url": server.url() });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    eventually_async(async || {
        let connector = admin.get(ACME).await.expect(200).json();
        (connector["tools_enabled"] == 1).then_some(())
    })
    .await;
    offer(admin, &server, changed).await;
    server
}

/// Lets the server offer this, and waits until it waits.
async fn offer(admin: &AdminBrowser<'_>, server: &FakeMcp, tool: FakeTool) {
    let before = waiting(admin)
        .await
        .first()
        .map(|change| change["hash"].clone());
    server.set_tools_quietly([tool]);
    admin
        .post(&format!("{ACME}/refresh"), &json!({}))
        .await
        .expect(202);
    eventually_async(async || {
        let now = waiting(admin)
            .await
            .first()
            .map(|change| change["hash"].clone());
        (now.is_some() && now != before).then_some(())
    })
    .await;
}

async fn waiting(admin: &AdminBrowser<'_>) -> Vec<Value> {
    let changes = admin
        .get(&format!("{ACME}/changes"))
        .await
        .expect(200)
        .json();
    changes.as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_change_is_listed_with_its_reasons_and_approved_by_its_hash() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = changed(&admin, poisoned()).await;
    let change = &waiting(&admin).await[0];
    assert_eq!(
        (&change["tool"], &change["approved_stays"]),
        (&json!("search"), &json!(true))
    );
    assert_eq!(change["differences"], json!(["description", "annotations"]));
    assert_eq!(
        change["risks"],
        json!([{ "code": "became_writing" }, { "code": "hidden_characters", "count": 1 }])
    );
    assert_eq!(
        change["approved"]["annotations"],
        json!({ "readOnlyHint": true })
    );
    assert_eq!(
        change["offered"]["annotations"],
        json!({ "readOnlyHint": false })
    );
    let connector = admin.get(ACME).await.expect(200).json();
    assert_eq!(
        (&connector["tools_changed"], &connector["status"]),
        (&json!(1), &json!("working"))
    );

    let approve = format!("{ACME}/tools/search/approve");
    let hash = change["hash"].clone();
    for path in [&approve, &format!("{ACME}/tools/search/keep-off")] {
        assert_eq!(
            mel.post(path, &json!({ "hash": hash }))
                .await
                .expect(403)
                .code(),
            "admins_only"
        );
        assert_eq!(
            admin.post(path, &json!({})).await.expect(422).code(),
            "hash_unknown"
        );
        assert_eq!(
            admin
                .post(path, &json!({ "hash": 1 }))
                .await
                .expect(422)
                .code(),
            "hash_type"
        );
        let other = json!({ "hash": "0".repeat(64) });
        assert_eq!(
            admin.post(path, &other).await.expect(409).code(),
            "offer_changed"
        );
    }
    mel.get(&format!("{ACME}/changes")).await.expect(403);
    let unknown = format!("{ACME}/tools/unknown/approve");
    admin
        .post(&unknown, &json!({ "hash": hash }))
        .await
        .expect(404);

    offer(
        &admin,
        &server,
        search().with("annotations", WRITES).described("Worse."),
    )
    .await;
    assert_eq!(
        admin
            .post(&approve, &json!({ "hash": hash }))
            .await
            .expect(409)
            .code(),
        "offer_changed"
    );
    let hash = waiting(&admin).await[0]["hash"].clone();
    admin
        .post(&approve, &json!({ "hash": hash }))
        .await
        .expect(204);
    assert!(waiting(&admin).await.is_empty());
    let catalog = admin.get("/api/v1/catalog").await.expect(200).text();
    assert!(catalog.contains("Worse."), "{catalog}");
}

#[tokio::test]
async fn a_tool_is_kept_off_over_rest() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    changed(&admin, poisoned()).await;
    let hash = waiting(&admin).await[0]["hash"].clone();
    admin
        .post(
            &format!("{ACME}/tools/search/keep-off"),
            &json!({ "hash": hash }),
        )
        .await
        .expect(204);
    assert!(waiting(&admin).await.is_empty());
    assert_eq!(admin.get(ACME).await.expect(200).json()["tools_enabled"], 0);
}

#[tokio::test]
async fn the_page_shows_what_changed_and_takes_a_decision_without_scripts() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = changed(&admin, poisoned()).await;

    let list = open(&admin, "/integrations").await.expect(200).text();
    assert!(list.contains("1 tool changed") && list.contains("Held until you review them"));
    let attention = open(&admin, "/integrations?show=attention")
        .await
        .expect(200)
        .text();
    assert!(attention.contains("mcp__acme_mcp"));
    let connector = open(&admin, "/integrations/c/acme_mcp")
        .await
        .expect(200)
        .text();
    assert!(connector.contains(PAGE) && connector.contains("Review changes"));

    let page = open(&admin, PAGE).await.expect(200).text();
    assert!(page.contains("Acme MCP changed 1 tool"), "{page}");
    assert!(
        page.contains("U+200B") && !page.contains('\u{200b}'),
        "hidden characters are named"
    );
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;") && !page.contains("<img"));
    for words in [
        "Writes data now",
        "1 hidden character",
        "readOnlyHint: <mark>false</mark>",
        "Agents keep the approved version.",
    ] {
        assert!(page.contains(words), "{words} is missing in {page}");
    }
    let (keep, approve) = (
        page.find("Keep it off").unwrap(),
        page.find("Approve new version").unwrap(),
    );
    assert!(keep < approve, "the careful choice comes first");
    open(&mel, PAGE).await.expect(403);

    let hash = waiting(&admin).await[0]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let decide = |hash: String, decision: &'static str| {
        let admin = &admin;
        async move {
            submit(
                admin,
                PAGE,
                &[("tool", "search"), ("hash", &hash), ("decision", decision)],
            )
            .await
        }
    };
    submit(
        &mel,
        PAGE,
        &[("tool", "search"), ("hash", &hash), ("decision", "approve")],
    )
    .await
    .expect(403);
    decide(hash.clone(), "nonsense").await.expect(404);
    offer(&admin, &server, search().with("annotations", WRITES)).await;
    let refused = decide(hash, "approve").await.expect(409).text();
    assert!(
        refused.contains("The server changed search again"),
        "{refused}"
    );
    let hash = waiting(&admin).await[0]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let done = decide(hash, "approve").await.expect(303);
    assert_eq!(
        done.header("location"),
        "/integrations/c/acme_mcp?done=tool_approved&what=acme_mcp"
    );
    let page = open(&admin, PAGE).await.expect(200).text();
    assert!(page.contains("Nothing to review"));
}
