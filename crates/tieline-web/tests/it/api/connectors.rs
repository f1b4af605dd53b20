//! The life of a connector over REST.

use http::Method;
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool, eventually_async};

use crate::app::{AdminBrowser, Options, Sender, TestApp};

const CONNECTORS: &str = "/api/v1/connectors";
const ACME: &str = "/api/v1/connectors/acme_mcp";

async fn working() -> TestApp {
    TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await
}

/// Waits until the connector has this status.
async fn status(admin: &AdminBrowser<'_>, wanted: &str) -> Value {
    eventually_async(async || {
        let connector = admin.get(ACME).await.expect(200).json();
        (connector["status"] == wanted).then_some(connector)
    })
    .await
}

#[tokio::test]
async fn a_connector_is_added_found_working_changed_and_removed() {
    let app = working().await;
    let (admin, mel) = (app.admin("Ada").await, app.member("Mel").await);
    let server = FakeMcp::dual()
        .requiring("x-api-key", "s3cret-token")
        .tools(["search", "create"])
        .start()
        .await;
    let body = json!({ "name": "Acme MCP", "url": server.url(), "token": "s3cret-token", "auth_header": "X-Api-Key" });
    let added = admin.post(CONNECTORS, &body).await.expect(201);
    assert_eq!(added.header("location"), ACME);
    let added = added.json();
    let fields: Vec<_> = added
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    for field in [
        "id",
        "slug",
        "name",
        "kind",
        "url",
        "auth_header",
        "token_set",
        "enabled",
        "status",
        "status_reason",
        "tools_total",
        "tools_enabled",
        "server",
        "revision",
        "created_at",
        "updated_at",
        "warnings",
    ] {
        assert!(fields.contains(&field), "{field} is missing in {fields:?}");
    }
    assert_eq!(added["status"], "checking");
    assert_eq!(
        (&added["kind"], &added["token_set"], &added["enabled"]),
        (&json!("custom"), &json!(true), &json!(true))
    );

    let connector = status(&admin, "working").await;
    assert_eq!(
        (&connector["tools_total"], &connector["tools_enabled"]),
        (&json!(2), &json!(2))
    );
    assert!(
        connector["server"]["name"].is_string() && connector["revision"].is_string(),
        "{connector}"
    );
    assert_eq!(admin.get(CONNECTORS).await.json(), json!([connector]));
    server.assert_every_request_has("x-api-key", "s3cret-token");

    let catalog = mel.get("/api/v1/catalog").await.expect(200).json();
    let names: Vec<_> = catalog["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["mcp__acme_mcp__search", "mcp__acme_mcp__create"]);
    assert_eq!(catalog["tools"][0]["connector"], "acme_mcp");
    assert_eq!(catalog["tools"][0]["tool"], "search");

    let renamed = admin
        .patch(ACME, &json!({ "name": "Other name" }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&renamed["slug"], &renamed["name"]),
        (&json!("acme_mcp"), &json!("Other name"))
    );
    admin.delete(ACME).await.expect(204);
    assert_eq!(admin.delete(ACME).await.expect(404).code(), "not_found");
    admin.get(ACME).await.expect(404);
    assert_eq!(mel.get("/api/v1/catalog").await.json()["tools"], json!([]));
}

#[tokio::test]
async fn one_of_many_who_add_the_same_name_at_once_wins() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    for round in 0..10 {
        let body = |name: &str| json!({ "name": format!("{name} {round}"), "url": "https://acme.example/mcp" });
        let (upper, lower) = (body("RACE"), body("race"));
        let (one, two) = tokio::join!(ada.post(CONNECTORS, &upper), bob.post(CONNECTORS, &lower));
        let (won, lost) = if one.status == 201 {
            (one, two)
        } else {
            (two, one)
        };
        won.expect(201);
        let lost = lost.expect(409);
        assert_eq!(lost.code(), "slug_taken");
        assert_eq!(lost.json()["suggestion"], format!("race_{round}_2"));
    }
    assert_eq!(
        ada.get(CONNECTORS).await.json().as_array().map(Vec::len),
        Some(10)
    );
}

#[tokio::test]
async fn a_stored_token_does_not_follow_to_another_server() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let body =
        json!({ "name": "Acme MCP", "url": "https://acme.example/mcp", "token": "s3cret-token" });
    admin.post(CONNECTORS, &body).await.expect(201);
    for url in [
        "https://evil.example/mcp",
        "http://acme.example/mcp",
        "https://acme.example:8443/mcp",
    ] {
        let answer = admin.patch(ACME, &json!({ "url": url })).await.expect(422);
        assert_eq!(answer.code(), "token_required_for_new_origin", "{url}");
        assert_eq!(answer.json()["errors"][0]["field"], "token");
        assert_eq!(
            admin.get(ACME).await.json()["url"],
            "https://acme.example/mcp"
        );
    }
    admin
        .patch(ACME, &json!({ "url": "https://acme.example/other" }))
        .await
        .expect(200);
    let moved = admin
        .patch(
            ACME,
            &json!({ "url": "https://new.example/mcp", "token": "another-token" }),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&moved["url"], &moved["token_set"]),
        (&json!("https://new.example/mcp"), &json!(true))
    );
    assert_eq!(
        admin
            .patch(ACME, &json!({ "token": null }))
            .await
            .expect(422)
            .code(),
        "token_type"
    );
    assert_eq!(admin.get(ACME).await.json()["token_set"], true);
    assert_eq!(
        admin
            .patch(ACME, &json!({ "token": "" }))
            .await
            .expect(200)
            .json()["token_set"],
        false
    );
}

#[tokio::test]
async fn a_connector_and_a_tool_are_turned_off_and_on() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let odd = FakeTool::echo("a.b/c d");
    let server = FakeMcp::dual().tools(["search"]).tool(odd).start().await;
    admin
        .post(
            CONNECTORS,
            &json!({ "name": "Acme MCP", "url": server.url() }),
        )
        .await
        .expect(201);
    status(&admin, "working").await;
    let tools = admin.get(&format!("{ACME}/tools")).await.expect(200).json();
    assert_eq!(tools[1]["name"], "a.b/c d");
    assert!(tools[0]["definition"]["inputSchema"].is_object(), "{tools}");

    let path = format!("{ACME}/tools/a.b%2Fc%20d");
    assert_eq!(
        admin
            .patch(&path, &json!({ "enabled": false }))
            .await
            .expect(200)
            .json()["enabled"],
        false
    );
    assert_eq!(admin.get(ACME).await.json()["tools_enabled"], 1);
    admin
        .patch(&format!("{ACME}/tools/nope"), &json!({ "enabled": false }))
        .await
        .expect(404);
    assert_eq!(
        admin.patch(&path, &json!({})).await.expect(422).code(),
        "enabled_type"
    );

    assert_eq!(
        admin
            .patch(ACME, &json!({ "enabled": false }))
            .await
            .expect(200)
            .json()["status"],
        "off"
    );
    assert_eq!(
        admin.get("/api/v1/catalog").await.json()["tools"],
        json!([])
    );
    admin
        .patch(ACME, &json!({ "enabled": true }))
        .await
        .expect(200);
    status(&admin, "working").await;
    assert_eq!(
        admin.get("/api/v1/catalog").await.json()["tools"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_refresh_brings_new_tools() {
    let app = working().await;
    let admin = app.admin("Ada").await;
    let server = FakeMcp::legacy()
        .without_listen_stream()
        .tools(["search"])
        .start()
        .await;
    admin
        .post(
            CONNECTORS,
            &json!({ "name": "Acme MCP", "url": server.url() }),
        )
        .await
        .expect(201);
    status(&admin, "working").await;
    server.set_tools_quietly([FakeTool::echo("search"), FakeTool::echo("create")]);
    admin
        .send(Method::POST, &format!("{ACME}/refresh"), None)
        .await
        .expect(202);
    eventually_async(async || (admin.get(ACME).await.json()["tools_total"] == 2).then_some(()))
        .await;
    admin
        .send(Method::POST, "/api/v1/connectors/nope/refresh", None)
        .await
        .expect(404);
}

#[tokio::test]
async fn a_built_in_is_connected_by_its_token_alone() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let providers = admin.get("/api/v1/providers").await.expect(200).json();
    let linear = |providers: &Value| {
        let all = providers.as_array().expect("a list").clone();
        all.into_iter()
            .find(|provider| provider["slug"] == "linear")
            .expect("Linear is shipped")
    };
    assert_eq!(linear(&providers)["connected"], false);
    let connect = "/api/v1/providers/linear/connect";
    assert_eq!(
        admin.post(connect, &json!({})).await.expect(422).code(),
        "token_blank"
    );
    let added = admin
        .post(connect, &json!({ "token": "lin_api_0123456789" }))
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&added["slug"], &added["kind"], &added["token_set"]),
        (&json!("linear"), &json!("builtin"), &json!(true))
    );
    assert_eq!(
        admin
            .post(connect, &json!({ "token": "lin_api_0123456789" }))
            .await
            .expect(409)
            .code(),
        "slug_taken"
    );
    assert_eq!(
        linear(&admin.get("/api/v1/providers").await.json())["connector"]["slug"],
        "linear"
    );
    admin.delete(connect).await.expect(204);
    admin.delete(connect).await.expect(404);
    assert_eq!(
        admin
            .post("/api/v1/providers/nope/connect", &json!({ "token": "x" }))
            .await
            .expect(404)
            .code(),
        "provider_unknown"
    );
    let unsupported = providers
        .as_array()
        .expect("a list")
        .iter()
        .find(|provider| provider["supported"] == false);
    if let Some(provider) = unsupported {
        let path = format!(
            "/api/v1/providers/{}/connect",
            provider["slug"].as_str().expect("a slug")
        );
        assert_eq!(
            admin
                .post(&path, &json!({ "token": "x" }))
                .await
                .expect(409)
                .code(),
            "provider_needs_sign_in"
        );
    }
}
