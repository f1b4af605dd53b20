//! Settings, Models and the second step of the first run, as a browser without scripts meets them.

use std::time::Duration;

use serde_json::json;
use tieline_domain::{Actor, ModelDraft, ModelKind};
use tieline_testkit::{ModelReply, ScriptedModel};
use zeroize::Zeroizing;

use crate::app::{AdminBrowser, Answer, Sender, TestApp};
use crate::dashboard::{open, submit};

const CANARY: &str = "sk-canary-0a1b2c3d4e5f6a7b";
const HOSTILE: &str = "<img src=x onerror=alert(1)>";

async fn configured(app: &TestApp, name: &str, url: &str) -> tieline_hub::ModelView {
    let draft = ModelDraft {
        name: name.to_owned(),
        kind: "anthropic".to_owned(),
        base_url: url.to_owned(),
        model: "m-1".to_owned(),
        key: Zeroizing::new(CANARY.to_owned()),
        fallback: None,
    };
    let new = draft.parse().expect("a draft that parses");
    let added = app.hub.add_model(&Actor::CommandLine, new).await;
    added.expect("a new model API")
}

async fn names(app: &TestApp) -> Vec<String> {
    let models = app.hub.list_models().await.expect("a list");
    models.into_iter().map(|model| model.name).collect()
}

fn no_key(page: &Answer) -> String {
    let text = page.text();
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains("<img"), "{text}");
    text
}

#[tokio::test]
async fn only_admins_see_the_settings_of_models() {
    let app = TestApp::start().await;
    let (admin, member) = (app.admin("Ada").await, app.member("Mel").await);
    let model = configured(&app, "Claude", "https://api.example").await;
    for path in [
        "/settings/models".to_owned(),
        "/settings/models/new".to_owned(),
        format!("/settings/models/{}", model.id),
        format!("/settings/models/{}/remove", model.id),
        "/setup/model".to_owned(),
    ] {
        no_key(&open(&admin, &path).await.expect(200));
        let refused = open(&member, &path).await.expect(403);
        assert!(refused.text().contains("Ada"), "{path}");
        open(&app.anonymous(), &path).await.expect(303);
    }
    for path in ["", "/default", "/remove"] {
        let path = format!("/settings/models/{}{path}", model.id);
        submit(&member, &path, &[]).await.expect(403);
    }
    assert_eq!(names(&app).await, ["Claude"]);
    open(&admin, "/settings/models/nothing").await.expect(404);
}

#[tokio::test]
async fn a_key_is_tested_before_it_is_saved_and_may_be_saved_anyway() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::Anthropic);
    let path = "/settings/models/new";
    let empty = open(&admin, "/settings/models").await.expect(200);
    assert!(empty.text().contains("No model API yet"));
    let blank = open(&admin, path).await.expect(200).text();
    assert!(blank.contains("https://api.anthropic.com"));
    let other = open(&admin, "/settings/models/new?kind=openai").await;
    assert!(other.text().contains("https://api.openai.com/v1"));

    let typed = |name, action| {
        [
            ("kind", "anthropic"),
            ("name", name),
            ("base_url", url.as_str()),
            ("model", "m-1"),
            ("key", CANARY),
            ("action", action),
        ]
    };
    let echo = format!("{{\"error\":{{\"type\":\"auth\",\"message\":\"{CANARY} <img>\"}}}}");
    server.then(ModelReply::status(401).body(echo));
    let failed = submit(&admin, path, &typed("Claude", "add")).await;
    let failed = no_key(&failed.expect(409));
    assert!(failed.contains("The test failed, so nothing was saved."));
    assert!(failed.contains("refused its key (HTTP 401)"), "{failed}");
    assert!(failed.contains("Add anyway") && failed.contains("value=\"m-1\""));
    assert!(names(&app).await.is_empty());

    let anyway = submit(&admin, path, &typed("Claude", "anyway")).await;
    assert_eq!(
        anyway.expect(303).header("location"),
        "/settings/models?done=model_added"
    );
    assert_eq!(server.calls().len(), 1, "it was not asked again");

    let taken = submit(&admin, path, &typed("CLAUDE", "add")).await;
    assert!(no_key(&taken.expect(422)).contains("Choose another name."));
    assert_eq!(server.calls().len(), 1, "a taken name costs no request");
    server.then(ModelReply::text(["ok"]));
    let good = submit(&admin, path, &typed("Second", "add")).await;
    good.expect(303);
    assert_eq!(names(&app).await, ["Claude", "Second"]);

    let list = open(&admin, "/settings/models?done=model_added").await;
    let list = no_key(&list.expect(200));
    assert!(list.contains("Key ends in 6a7b") && list.contains("Model API added."));
    assert_eq!(list.matches("class=\"tag acc\">Default").count(), 1);
}

#[tokio::test]
async fn what_was_typed_stays_except_the_key() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let fields = [
        ("kind", "openai"),
        ("name", HOSTILE),
        ("base_url", "ftp://x"),
        ("model", ""),
        ("key", CANARY),
        ("action", "add"),
    ];
    let page = submit(&admin, "/settings/models/new", &fields).await;
    let page = no_key(&page.expect(422));
    assert!(page.contains("&#60;img src=x onerror=alert(1)&#62;"));
    assert!(page.contains("The URL must start with http:// or https://."));
    assert!(page.contains("Type the key again"));
    assert!(page.contains("OpenAI-compatible"));
}

#[tokio::test]
async fn who_saved_a_model_api_first_is_named_and_what_was_typed_is_kept() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.admin("Ada").await, app.admin("Bob").await);
    let url = ScriptedModel::start().await.url(ModelKind::Anthropic);
    let model = configured(&app, "Claude", &url).await;
    let spare = configured(&app, "Spare", &url).await;
    let path = format!("/settings/models/{}", model.id);
    let save = async |who: &AdminBrowser<'_>, name: &str, version: &str| {
        let fields = [
            ("name", name),
            ("base_url", url.as_str()),
            ("model", model.model.as_str()),
            ("key", ""),
            ("fallback", ""),
            ("row_version", version),
            ("action", "save"),
        ];
        submit(who, &path, &fields).await
    };
    let version = model.row_version.to_string();
    app.clock.advance(Duration::from_secs(10));
    save(&bob, "Of Bob", &version).await.expect(303);
    app.clock.advance(Duration::from_mins(1));
    // What Ada changes about another one says nothing about this one.
    let default = format!("/settings/models/{}/default", spare.id);
    submit(&ada, &default, &[]).await.expect(303);
    app.clock.advance(Duration::from_mins(1));

    let refused = save(&ada, "Of Ada", &version).await.expect(409).text();
    assert!(
        refused.contains("<b>Nothing was saved.</b> Bob changed this 2 min ago."),
        "{refused}"
    );
    let theirs = format!("href=\"{path}\">Show their version</a>");
    assert!(refused.contains(&theirs) && refused.contains("Keep mine"));
    assert!(
        refused.contains("value=\"Of Ada\""),
        "what was typed is kept"
    );
    let newer = app.hub.model(model.id).await.expect("it exists");
    assert_eq!(newer.name, "Of Bob");
    let newer = newer.row_version.to_string();
    assert!(refused.contains(&format!("name=\"row_version\" value=\"{newer}\"")));
    save(&ada, "Of Ada", &newer).await.expect(303);
    let kept = app.hub.model(model.id).await.expect("it exists");
    assert_eq!(kept.name, "Of Ada");
}

#[tokio::test]
async fn a_model_api_is_edited_made_default_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::Anthropic);
    let first = configured(&app, "Claude", &url).await;
    let second = configured(&app, "Spare", &url).await;
    let path = format!("/settings/models/{}", first.id);
    let spare = second.id.to_string();
    let version = first.row_version.to_string();
    let typed = |model, key, version, action| {
        [
            ("name", "Claude 2"),
            ("base_url", url.as_str()),
            ("model", model),
            ("key", key),
            ("fallback", spare.as_str()),
            ("row_version", version),
            ("action", action),
        ]
    };
    // A new name and a fallback change nothing about how it is reached.
    let saved = submit(&admin, &path, &typed("m-1", "", &version, "save")).await;
    saved.expect(303);
    assert!(server.calls().is_empty());

    let version = app.hub.model(first.id).await.expect("it exists");
    let version = version.row_version.to_string();
    server.then(ModelReply::error(404, "not_found_error", "no such model"));
    let failed = submit(&admin, &path, &typed("m-2", "", &version, "save")).await;
    let failed = no_key(&failed.expect(409));
    assert!(failed.contains("Save anyway"), "{failed}");
    server.then(ModelReply::text(["ok"]));
    let passed = submit(&admin, &path, &typed("m-3", "", &version, "test")).await;
    assert!(passed.expect(200).text().contains("It answered"));
    server.then(ModelReply::text(["ok"]));
    let key = "sk-another-0123456789-wXyZ";
    let saved = submit(&admin, &path, &typed("m-2", key, &version, "save")).await;
    saved.expect(303);
    let asked = server.calls().pop().expect("a request");
    assert_eq!(asked.header("x-api-key"), key, "the new key was tested");
    let now = app.hub.model(first.id).await.expect("it exists");
    assert_eq!(
        (
            now.name.as_str(),
            now.model.as_str(),
            now.key_hint.as_deref()
        ),
        ("Claude 2", "m-2", Some("wXyZ"))
    );
    assert_eq!(now.fallback_name.as_deref(), Some("Spare"));

    let moved = [("base_url", "https://evil.example"), ("name", "Claude 2")];
    let moved = [&moved[..], &[("model", "m-2"), ("action", "save")]].concat();
    let refused = submit(&admin, &path, &moved).await.expect(422);
    assert!(refused.text().contains("Enter the key again"));

    let default = format!("/settings/models/{spare}/default");
    submit(&admin, &default, &[]).await.expect(303);
    assert!(app.hub.model(second.id).await.expect("it").is_default);
    let question = open(&admin, &format!("/settings/models/{spare}/remove")).await;
    let question = question.expect(200).text();
    assert!(
        question.contains("Claude 2 becomes the default"),
        "{question}"
    );
    assert!(question.contains("Claude 2 will have no fallback."));
    let remove = format!("/settings/models/{spare}/remove");
    submit(&admin, &remove, &[]).await.expect(303);
    submit(&admin, &remove, &[]).await.expect(404);
    let last = open(&admin, &format!("{path}/remove")).await.text();
    assert!(last.contains("the agent stops answering"), "{last}");
    let without = submit(&admin, &path, &[("action", "remove_key")]).await;
    without.expect(303);
    assert!(!app.hub.model(first.id).await.expect("it").key_set);
}

#[tokio::test]
async fn the_second_step_of_the_first_run_sets_up_a_model_or_leaves_it() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let skip = submit(&admin, "/setup/model", &[("action", "skip")]).await;
    assert_eq!(skip.expect(303).header("location"), "/setup/connector");
    let server = ScriptedModel::start().await;
    let url = server.url(ModelKind::OpenAi);
    let typed = [
        ("kind", "openai"),
        ("name", "OpenAI"),
        ("base_url", &url),
        ("model", "m-1"),
        ("key", CANARY),
        ("action", "add"),
    ];
    server.then(ModelReply::error(429, "rate_limit", "slow down"));
    let failed = submit(&admin, "/setup/model", &typed).await;
    let failed = no_key(&failed.expect(409));
    assert!(failed.contains("Step 2 of 3") && failed.contains("Add anyway"));
    server.then(ModelReply::text(["ok"]));
    let done = submit(&admin, "/setup/model", &typed).await;
    assert_eq!(done.expect(303).header("location"), "/setup/connector");
    let again = open(&admin, "/setup/model").await.expect(200).text();
    assert!(again.contains("OpenAI is set up: the agent asks m-1."));
    let listed = admin.get("/api/v1/models").await.expect(200).json();
    assert_eq!(listed[0]["kind"], json!("openai"));
}
