//! `model add|list|default|remove`, and the keys that are found in the environment at the first start.

use insta::assert_snapshot;
use serde_json::Value;
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel, free_port, normalise};

use crate::place::Place;

const KEY: &str = "sk-ant-0123456789-wXyZ";

async fn list(place: &Place) -> Vec<Value> {
    let printed = place.run(&["model", "list", "--json"]).await.succeeded();
    serde_json::from_str(&printed).expect("a JSON array")
}

#[tokio::test]
async fn a_model_api_is_tested_saved_listed_and_removed() {
    let place = Place::new();
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::Anthropic);
    let add = ["model", "add", "--kind", "anthropic", "--name", "Claude"];
    let add = [&add[..], &["--base-url", &url, "--model", "m-1"]].concat();
    let add = [&add[..], &["--key-stdin"]].concat();
    server.then(ModelReply::text(["ok"]));
    let printed = place.run_with(&add, &format!("{KEY}\n")).await.succeeded();
    assert_eq!(printed, "Claude\n");
    assert_eq!(server.calls()[0].header("x-api-key"), KEY);

    let url = server.url(ModelKind::OpenAi);
    let own = ["model", "add", "--kind", "openai", "--name", "Own"];
    let own = [&own[..], &["--base-url", &url, "--model", "m-2"]].concat();
    let own = [&own[..], &["--fallback", "claude", "--skip-test"]].concat();
    place.run(&own).await.succeeded();
    assert_eq!(server.calls().len(), 1, "nobody was asked");
    let listed = list(&place).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1]["fallback"], "Claude");
    let printed = format!("{listed:?}");
    assert!(!printed.contains("0123456789"), "{printed}");

    place.run(&["model", "default", "OWN"]).await.succeeded();
    let table = place.run(&["model", "list"]).await.succeeded();
    assert_snapshot!(normalise(&table), @r"
    NAME    KIND       MODEL  KEY    DEFAULT  FALLBACK  URL
    Claude  anthropic  m-1    …wXyZ                     http://127.0.0.1:[port]
    Own     openai     m-2    none   yes      Claude    http://127.0.0.1:[port]/v1
    ");
    place.run(&["model", "remove", "Own"]).await.succeeded();
    let listed = list(&place).await;
    assert_eq!(
        (listed.len(), &listed[0]["default"]),
        (1, &Value::Bool(true))
    );
    for command in ["default", "remove"] {
        let told = place.run(&["model", command, "Own"]).await.failed(2);
        assert!(told.contains("There is no model API with this name."));
    }
}

#[tokio::test]
async fn a_failed_test_saves_nothing_and_bad_input_asks_nobody() {
    let place = Place::new();
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::OpenAi);
    let add = |name, url| {
        let add = ["model", "add", "--kind", "openai", "--name", name];
        let more = ["--base-url", url, "--model", "m-1", "--key-stdin"];
        [&add[..], &more].concat()
    };
    let echo = format!("{{\"error\":{{\"message\":\"wrong key {KEY}\"}}}}");
    server.then(ModelReply::status(401).body(echo));
    let told = place.run_with(&add("GPT", &url), KEY).await.failed(3);
    assert!(told.contains("Nothing was saved.") && told.contains("--skip-test"));
    assert!(!told.contains("0123456789"), "{told}");
    let dead = format!("http://127.0.0.1:{}/v1", free_port());
    place.run_with(&add("GPT", &dead), KEY).await.failed(3);
    assert!(list(&place).await.is_empty());

    let asked = server.calls().len();
    for (name, url, key, words) in [
        ("", url.as_str(), KEY, "name: "),
        ("GPT", "ftp://x", KEY, "base_url: "),
        ("GPT", &url, "sk\u{e9}", "key: "),
    ] {
        let told = place.run_with(&add(name, url), key).await.failed(2);
        assert!(told.contains(words), "{told}");
    }
    let unknown = ["model", "add", "--kind", "other", "--name", "X"];
    let told = place.run(&unknown).await.failed(2);
    assert!(told.contains("kind: "), "{told}");
    assert_eq!(server.calls().len(), asked);
}

#[tokio::test]
async fn a_key_in_the_environment_is_used_at_the_first_start_only() {
    let place = Place::new();
    let start = async || {
        let server = place.serve_with(|command| {
            command
                .env("ANTHROPIC_API_KEY", KEY)
                .env("OPENAI_API_KEY", "");
        });
        let mut server = server.await;
        server.stop().await;
        let said = format!("{}{}", server.out(), server.err());
        assert!(!said.contains("0123456789"), "{said}");
        said
    };
    let said = start().await;
    assert!(said.contains("ANTHROPIC_API_KEY"), "{said}");
    let listed = list(&place).await;
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &"Anthropic".into()));
    assert_eq!(listed[0]["key_set"], true);
    let remove = place.run(&["model", "remove", "Anthropic"]).await;
    remove.succeeded();
    let said = start().await;
    assert!(!said.contains("ANTHROPIC_API_KEY"), "{said}");
    assert!(list(&place).await.is_empty(), "it does not come back");
}
