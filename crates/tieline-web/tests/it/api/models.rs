//! The model APIs over REST: added, tested, changed, removed; and nothing of a key comes back.

use serde_json::{Value, json};
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel};

use crate::app::{AdminBrowser, Sender, TestApp};

const MODELS: &str = "/api/v1/models";
const CANARY: &str = "sk-canary-0a1b2c3d4e5f6a7b";

async fn add(admin: &AdminBrowser<'_>, body: &Value) -> Value {
    let added = admin.post(MODELS, body).await.expect(201);
    assert!(!added.text().contains(CANARY));
    let model = added.json();
    let id = model["id"].as_str().expect("an id");
    assert_eq!(added.header("location"), format!("{MODELS}/{id}"));
    model
}

fn path(model: &Value) -> String {
    format!("{MODELS}/{}", model["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_model_api_is_added_listed_changed_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    assert_eq!(admin.get(MODELS).await.expect(200).json(), json!([]));
    let claude = json!({ "name": "Claude", "kind": "anthropic", "key": CANARY });
    let first = add(&admin, &claude).await;
    for (field, value) in [
        ("name", json!("Claude")),
        ("kind", json!("anthropic")),
        ("base_url", json!("https://api.anthropic.com")),
        ("default", json!(true)),
        ("fallback", json!(null)),
        ("key_set", json!(true)),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    let own = json!({
        "name": "Ollama", "kind": "openai", "base_url": "http://localhost:11434/v1/", "model": "llama3.3",
        "fallback": first["id"],
    });
    let second = add(&admin, &own).await;
    assert_eq!(
        (&second["base_url"], &second["key_set"], &second["default"]),
        (
            &json!("http://localhost:11434/v1"),
            &json!(false),
            &json!(false)
        )
    );
    assert_eq!(second["fallback"], first["id"]);

    let changed = json!({ "name": "Local", "model": "qwen3", "fallback": "", "default": true });
    let changed = admin.patch(&path(&second), &changed).await.expect(200);
    let changed = changed.json();
    assert_eq!(
        (&changed["name"], &changed["model"], &changed["fallback"]),
        (&json!("Local"), &json!("qwen3"), &json!(null))
    );
    assert_eq!(changed["default"], true);
    assert_eq!(admin.get(&path(&first)).await.json()["default"], false);

    admin.delete(&path(&second)).await.expect(204);
    admin.get(&path(&second)).await.expect(404);
    admin.delete(&path(&second)).await.expect(404);
    let left = admin.get(MODELS).await.expect(200);
    assert!(!left.text().contains(CANARY));
    assert_eq!(left.json()[0]["default"], true, "there is always a default");
}

#[tokio::test]
async fn every_mistake_is_named_with_its_field() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let claude = json!({ "name": "Claude", "kind": "anthropic", "key": CANARY });
    let first = add(&admin, &claude).await;
    let unknown = "0190b6a4-7c3e-7a52-8d11-000000000000";
    for (body, expected) in [
        (
            json!({}),
            vec![("name", "name_empty"), ("kind", "kind_unknown")],
        ),
        (
            json!({ "name": "X", "kind": "openai", "base_url": "ftp://x", "model": "a b", "key": "k\u{e9}" }),
            vec![
                ("base_url", "url_scheme"),
                ("model", "model_bad_char"),
                ("key", "key_bad_char"),
            ],
        ),
        (
            json!({ "name": "X", "kind": "openai", "base_url": "http://localhost:1" }),
            vec![("model", "model_empty")],
        ),
        (
            json!({ "name": "cLAUDE", "kind": "anthropic" }),
            vec![("name", "name_taken")],
        ),
        (
            json!({ "name": "X", "kind": "anthropic", "fallback": unknown }),
            vec![("fallback", "fallback_unknown")],
        ),
        (
            json!({ "name": "X", "kind": "anthropic", "fallback": "x" }),
            vec![("fallback", "fallback_unknown")],
        ),
        (
            json!({ "name": "X", "kind": "anthropic", "base_url": "http://169.254.169.254", "model": "m" }),
            vec![("base_url", "address_refused")],
        ),
        (
            json!({ "name": 1, "kind": [], "key": {} }),
            vec![
                ("name", "name_type"),
                ("kind", "kind_type"),
                ("key", "key_type"),
            ],
        ),
    ] {
        let refused = admin.post(MODELS, &body).await.expect(422).json();
        let errors = refused["errors"].as_array().expect("field errors");
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error["field"].as_str(), error["code"].as_str()))
            .map(|(field, code)| (field.expect("a field"), code.expect("a code")))
            .collect();
        assert_eq!(found, expected, "{body}");
    }
    let surprise = json!({ "name": "X", "kind": "anthropic", "is_default": true });
    let refused = admin.post(MODELS, &surprise).await.expect(422);
    assert_eq!(refused.code(), "unknown_field");
    for (body, code) in [
        (
            json!({ "base_url": "https://evil.example" }),
            "key_required_for_new_origin",
        ),
        (json!({ "default": false }), "default_needed"),
        (json!({ "fallback": first["id"] }), "fallback_self"),
        (json!({ "key": null }), "key_type"),
    ] {
        let refused = admin.patch(&path(&first), &body).await.expect(422);
        assert_eq!(refused.code(), code, "{body}");
    }
    admin.get(&format!("{MODELS}/x")).await.expect(404);
}

#[tokio::test]
async fn a_saved_model_api_is_tested_with_its_own_key() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = ScriptedModel::start().await;
    for (kind, header, value) in [
        (ModelKind::Anthropic, "x-api-key", CANARY.to_owned()),
        (
            ModelKind::OpenAi,
            "authorization",
            format!("Bearer {CANARY}"),
        ),
    ] {
        let body = json!({
            "name": kind.as_str(), "kind": kind.as_str(), "base_url": server.url(kind), "model": "m-1", "key": CANARY,
        });
        let model = add(&admin, &body).await;
        let test = format!("{}/test", path(&model));
        server.then(ModelReply::text(["ok"]));
        let tested = admin.post(&test, &json!({})).await.expect(200).json();
        assert_eq!(tested, json!({ "ok": true, "code": null, "message": null }));
        let call = server.calls().pop().expect("a request");
        assert_eq!((call.kind, call.header(header)), (kind, value.as_str()));
        assert_eq!(call.json()["model"], "m-1");

        let echo = format!("{{\"error\":{{\"type\":\"auth\",\"message\":\"bad {CANARY}\"}}}}");
        server.then(ModelReply::status(401).body(echo));
        let tested = admin.post(&test, &json!({})).await.expect(200);
        assert!(!tested.text().contains(CANARY), "{}", tested.text());
        let tested = tested.json();
        assert_eq!(
            (&tested["ok"], &tested["code"]),
            (&json!(false), &json!("model_key_rejected"))
        );
    }
}

#[tokio::test]
async fn a_tool_gets_a_policy_and_keeps_its_switch() {
    use tieline_testkit::{FakeMcp, FakeTool, eventually_async};
    let app = TestApp::with(crate::app::Options {
        background: true,
        ..crate::app::Options::default()
    })
    .await;
    let admin = app.admin("Ada").await;
    let drop = FakeTool::echo("drop").with("annotations", r#"{"destructiveHint":true}"#);
    let server = FakeMcp::dual().tools(["search"]).tool(drop).start().await;
    let connector = json!({ "name": "Acme MCP", "url": server.url() });
    admin
        .post("/api/v1/connectors", &connector)
        .await
        .expect(201);
    let acme = "/api/v1/connectors/acme_mcp";
    eventually_async(async || (admin.get(acme).await.json()["status"] == "working").then_some(()))
        .await;
    let tools = admin.get(&format!("{acme}/tools")).await.expect(200);
    let policies: Vec<_> = tools
        .json()
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| (tool["policy"].clone(), tool["suggested_policy"].clone()))
        .collect();
    assert_eq!(
        policies,
        [
            (json!("allow"), json!("allow")),
            (json!("allow"), json!("ask"))
        ]
    );
    let tool = format!("{acme}/tools/drop");
    for (body, policy, enabled) in [
        (json!({ "policy": "ask" }), "ask", true),
        (json!({ "enabled": false }), "off", false),
        (json!({ "enabled": true }), "ask", true),
        (json!({ "policy": "off" }), "off", false),
        (json!({ "policy": "allow", "enabled": true }), "allow", true),
        (json!({ "policy": "off", "enabled": false }), "off", false),
    ] {
        let now = admin.patch(&tool, &body).await.expect(200).json();
        assert_eq!(
            (&now["policy"], &now["enabled"]),
            (&json!(policy), &json!(enabled)),
            "{body}"
        );
    }
    for (body, code) in [
        (json!({ "policy": "maybe" }), "policy_unknown"),
        (json!({ "policy": null }), "policy_type"),
        (
            json!({ "policy": "ask", "enabled": false }),
            "policy_contradicts",
        ),
        (json!({}), "enabled_type"),
    ] {
        let refused = admin.patch(&tool, &body).await.expect(422);
        assert_eq!(refused.code(), code, "{body}");
    }
    let nothing = format!("{acme}/tools/nothing");
    let ask = json!({ "policy": "ask" });
    admin.patch(&nothing, &ask).await.expect(404);
}
