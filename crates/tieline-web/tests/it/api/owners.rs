//! Every address with an id, as somebody to whom it does not belong: REST by its own description, pages by their router.
//!
//! A route that this test cannot fill fails it, so that a new one is not forgotten.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use http::{Method, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tieline_domain::ModelKind;
use tieline_testkit::{FakeMcp, FakeTool, ModelReply, ScriptedModel, eventually_async};

use super::actors::{Operation, operations};
use crate::app::{AdminBrowser, Answer, Options, Sender, TestApp};

const ACME: &str = "/api/v1/connectors/acme_mcp";
/// Stands in everything that Ada made, and in nothing else.
const MARK: &str = "Zebra";

/// What Ada has: for each thing in a path its id, and for each request with a body one that works.
struct Owned {
    session: String,
    call: String,
    record: String,
    key: String,
    model: String,
    user: String,
    users_key: String,
    sign_in: String,
    hashes: BTreeMap<String, String>,
}

/// Ada's server, model, session with a call that waits for her, and the rest.
struct World {
    owned: Owned,
    model: ScriptedModel,
    _server: FakeMcp,
}

async fn created(admin: &AdminBrowser<'_>, path: &str, body: Value) -> Value {
    admin.post(path, &body).await.expect(201).json()
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

fn tool(name: &str, text: &str) -> FakeTool {
    FakeTool::echo(name)
        .described(text)
        .saying(&format!("{MARK} result"))
}

/// A connector of which two tools wait for a review, and `refund` asks before each call.
async fn connect(admin: &AdminBrowser<'_>) -> (FakeMcp, BTreeMap<String, String>) {
    let server = FakeMcp::dual().start().await;
    let plain = |name: &str| tool(name, "Reads.");
    server.set_tools_quietly([plain("approved"), plain("kept_off"), plain("refund")]);
    let body = json!({ "name": format!("{MARK} works"), "slug": "acme_mcp", "url": server.url() });
    created(admin, "/api/v1/connectors", body).await;
    eventually_async(async || {
        let row = admin.get(ACME).await.json();
        (row["tools_enabled"] == 3).then_some(())
    })
    .await;
    let hidden = |name: &str| tool(name, &format!("{MARK} reads.\u{200b}"));
    server.set_tools_quietly([hidden("approved"), hidden("kept_off"), plain("refund")]);
    admin
        .post(&format!("{ACME}/refresh"), &json!({}))
        .await
        .expect(202);
    let hashes = eventually_async(async || {
        let changes = admin.get(&format!("{ACME}/changes")).await.json();
        let pairs = changes.as_array()?.iter().map(|change| {
            let text = |name: &str| change[name].as_str().expect("text").to_owned();
            (text("tool"), text("hash"))
        });
        let pairs: BTreeMap<_, _> = pairs.collect();
        (pairs.len() == 2).then_some(pairs)
    });
    let hashes = hashes.await;
    admin
        .patch(&format!("{ACME}/tools/refund"), &json!({ "policy": "ask" }))
        .await
        .expect(200);
    (server, hashes)
}

/// Starts a turn whose call waits, and says which call that is.
async fn waiting_call(admin: &AdminBrowser<'_>, session: &str, model: &ScriptedModel) -> String {
    let path = format!("/api/v1/sessions/{session}");
    model.then(ModelReply::new().tool("t1", "mcp__acme_mcp__refund", ["{\"id\":\"Zebra-1\"}"]));
    model.then(ModelReply::text(["Done."]));
    accept(
        admin,
        &format!("{path}/messages"),
        &json!({ "text": format!("{MARK}, refund it") }),
    )
    .await
    .expect(202);
    eventually_async(async || {
        (admin.get(&path).await.json()["state"] == "awaiting_approval").then_some(())
    })
    .await;
    let read = admin.request(Method::GET, &format!("{path}/events?follow=always"), None);
    let mut body = admin.app().open(read).await.into_body();
    let mut text = String::new();
    loop {
        let frame = body.frame().await.expect("more to come").expect("bytes");
        text.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
        let asked = text
            .split("\n\n")
            .filter(|block| block.contains("tool.approval"));
        let data = asked
            .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("data:")))
            .find_map(|data| serde_json::from_str::<Value>(data).ok());
        if let Some(data) = data {
            return data["call_id"].as_str().expect("an id").to_owned();
        }
    }
}

/// Sends a message without waiting for the answer of the model.
async fn accept(who: &impl Sender, path: &str, body: &Value) -> Answer {
    let mut request = who.request(Method::POST, path, Some(body));
    let json = "application/json".parse().expect("a header");
    request.headers_mut().insert(header::ACCEPT, json);
    who.app().send(request).await
}

impl World {
    async fn of(admin: &AdminBrowser<'_>) -> Self {
        let model = ScriptedModel::start().await;
        let api = json!({
            "name": format!("{MARK} model"), "kind": "anthropic", "base_url": model.url(ModelKind::Anthropic),
            "model": "scripted-1", "key": "sk-test-0123456789",
        });
        let api = created(admin, "/api/v1/models", api).await;
        let (server, hashes) = connect(admin).await;
        let key = created(
            admin,
            "/api/v1/keys",
            json!({ "name": format!("{MARK} laptop") }),
        )
        .await;
        let person = admin.app().member("Zoe").await.user;
        let users_key = admin.app().key_of(person).await.id.expect("a key");
        let sign_ins = admin.get(&format!("/api/v1/users/{person}/sign_ins")).await;
        let sign_in = id(&sign_ins.expect(200).json()[0]);
        let session = id(&created(admin, "/api/v1/sessions", json!({})).await);
        let title = json!({ "title": format!("{MARK} talk") });
        let path = format!("/api/v1/sessions/{session}");
        admin.patch(&path, &title).await.expect(200);
        // A call that is over has a record; the one after it waits.
        model.then(ModelReply::new().tool("t0", "mcp__acme_mcp__approved", ["{}"]));
        model.then(ModelReply::text(["Looked."]));
        let told = json!({ "text": format!("{MARK}, look") });
        admin
            .post(&format!("{path}/messages"), &told)
            .await
            .expect(200);
        let record = eventually_async(async || {
            let calls = admin.get("/api/v1/calls").await.json();
            calls["items"].get(0).map(id)
        });
        let record = record.await;
        let call = waiting_call(admin, &session, &model).await;
        let owned = Owned {
            session,
            call,
            record,
            key: id(&key),
            model: id(&api),
            user: person.to_string(),
            users_key: users_key.to_string(),
            sign_in,
            hashes,
        };
        Self {
            owned,
            model,
            _server: server,
        }
    }
}

impl Owned {
    /// The path with the ids of what Ada has. A part that is still open is one that this test does not know.
    fn path(&self, template: &str) -> String {
        let things = [
            ("/sessions/{id}", &self.session),
            ("/chat/{id}", &self.session),
            ("/keys/{id}", &self.key),
            ("/keys/{key_id}", &self.users_key),
            ("/keys/{key}", &self.users_key),
            ("/sign_ins/{id}", &self.sign_in),
            ("/sign_ins/{sign_in_id}", &self.sign_in),
            ("/sign_ins/{sign_in}", &self.sign_in),
            ("/models/{id}", &self.model),
            ("/users/{id}", &self.user),
            ("/calls/{id}", &self.record),
            ("/calls/{call_id}", &self.call),
            ("/calls/{call}", &self.call),
        ];
        let mut path = template
            .replace("/providers/{slug}", "/providers/linear")
            .replace("/connectors/{slug}", "/connectors/acme_mcp")
            .replace("/c/{slug}", "/c/acme_mcp")
            .replace("/tools/{tool}/approve", "/tools/approved/approve")
            .replace("/tools/{tool}/keep-off", "/tools/kept_off/keep-off")
            .replace("/tools/{tool}", "/tools/refund")
            .replace("/{part}", "/sent");
        for (part, id) in things {
            let filled = part.split('{').next().expect("a beginning").to_owned() + id;
            path = path.replace(part, &filled);
        }
        assert!(
            !path.contains('{'),
            "teach this test what belongs into {template}"
        );
        path
    }

    /// A body with which the owner would succeed.
    fn body(&self, operation: &Operation) -> Option<Value> {
        let body = match operation.schema.as_deref()? {
            "ConnectorChange" => json!({ "name": format!("{MARK} works still") }),
            "AllToolsChange" => json!({ "enabled": true }),
            "ToolChange" => json!({ "policy": "ask" }),
            "ToolDecision" if operation.template.ends_with("/approve") => {
                json!({ "hash": self.hashes["approved"] })
            }
            "ToolDecision" => json!({ "hash": self.hashes["kept_off"] }),
            "ModelChange" => json!({ "name": format!("{MARK} model still") }),
            "ProviderToken" => json!({ "token": "lin_api_0123456789abcdef" }),
            "SessionChange" => json!({ "title": format!("{MARK} talk still") }),
            "CallDecision" => json!({ "decision": "approve" }),
            "NewMessage" => json!({ "text": "Go on" }),
            "UserChange" => json!({ "name": "Zoe Z." }),
            unknown => panic!("teach this test a body of {unknown}"),
        };
        Some(body)
    }
}

async fn send(who: &impl Sender, operation: &Operation, owned: &Owned) -> Answer {
    let (path, body) = (owned.path(&operation.template), owned.body(operation));
    if operation.schema.as_deref() == Some("NewMessage") {
        return accept(who, &path, &body.unwrap_or_default()).await;
    }
    who.send(operation.method.clone(), &path, body.as_ref())
        .await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, about: &str) {
    assert_eq!(answer.status, status, "{about}: {}", answer.text());
    assert!(!answer.text().contains(MARK), "{about}: {}", answer.text());
}

/// What is there first, what ends something last.
fn rank(operation: &Operation) -> u8 {
    match operation.method.as_str() {
        _ if operation.template.ends_with("/decision") => 0,
        "GET" => 1,
        "PATCH" => 2,
        "DELETE" => 4,
        _ => 3,
    }
}

#[tokio::test]
async fn w03_every_route_with_an_id_is_closed_to_other_people() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let (ada, bob, mel) = (
        app.admin("Ada").await,
        app.admin("Bob").await,
        app.member("Mel").await,
    );
    let (bobs_key, mels_key) = (app.key_of(bob.user).await, app.key_of(mel.user).await);
    let World {
        owned,
        model,
        _server,
    } = World::of(&ada).await;
    let mut with_ids: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.template.contains('{'))
        .collect();
    assert!(with_ids.len() > 25, "{with_ids:#?}");
    for operation in &with_ids {
        let about = format!("{} {}", operation.method, operation.template);
        refused(
            &send(&app.anonymous(), operation, &owned).await,
            401,
            &about,
        );
        // A path that only admins may use is the same to all admins. What is a person's own, not even an admin sees.
        let expected = if operation.role == "admin" { 403 } else { 404 };
        refused(&send(&mel, operation, &owned).await, expected, &about);
        refused(&send(&mels_key, operation, &owned).await, expected, &about);
        if operation.role != "admin" {
            refused(&send(&bob, operation, &owned).await, 404, &about);
            refused(&send(&bobs_key, operation, &owned).await, 404, &about);
        }
    }
    // All of it was there, and nothing of it was changed or removed: Ada can still do each of these things.
    with_ids.sort_by_key(|operation| (rank(operation), Reverse(operation.template.len())));
    for operation in &with_ids {
        model.then(ModelReply::text(["Yes."]));
        let answer = send(&ada, operation, &owned).await;
        assert!(
            (200..300).contains(&answer.status),
            "{} {} as its owner: {} {}",
            operation.method,
            operation.template,
            answer.status,
            answer.text()
        );
    }
}

/// The paths with ids that the router of the pages has.
fn pages() -> Vec<String> {
    let source = include_str!("../../../src/dashboard/router.rs");
    let texts = source.split('"').skip(1).step_by(2);
    texts
        .filter(|text| text.starts_with('/') && text.contains('{'))
        // Files of the pages, the same for everybody.
        .filter(|text| !text.starts_with("/assets/"))
        .map(str::to_owned)
        .collect()
}

/// Something in each field that a form with an id has, so that no form is refused for what it lacks.
const FIELDS: &str = "title=Mine&text=Mine&decision=approve&role=member&policy=off&tool=refund&confirm=acme_mcp&name=Mine";

/// The status of a page or of a form. The rest of an answer that goes on is not read.
async fn status(who: &impl Sender, method: &Method, path: &str) -> (u16, String) {
    let mut request = who.request(method.clone(), path, None);
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, "text/html".parse().expect("a header"));
    let form = "application/x-www-form-urlencoded";
    headers.insert(header::CONTENT_TYPE, form.parse().expect("a header"));
    if method == Method::POST {
        *request.body_mut() = FIELDS.into();
    }
    let (head, body) = who.app().open(request).await.into_parts();
    if head.status.is_success() {
        return (head.status.as_u16(), String::new());
    }
    let body = body.collect().await.expect("a whole body").to_bytes();
    let location = head.headers.get(header::LOCATION);
    let location = location.map_or("", |value| value.to_str().expect("ASCII"));
    let text = format!("{location} {}", String::from_utf8_lossy(&body));
    (head.status.as_u16(), text)
}

#[tokio::test]
async fn w03_every_page_with_an_id_is_closed_to_other_people() {
    let app = TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await;
    let (ada, bob, mel) = (
        app.admin("Ada").await,
        app.admin("Bob").await,
        app.member("Mel").await,
    );
    let World {
        owned,
        model: _model,
        _server,
    } = World::of(&ada).await;
    let pages = pages();
    assert!(pages.len() > 25, "{pages:#?}");
    for template in &pages {
        let mut path = owned.path(template);
        if template.ends_with("/try") {
            path.push_str("?tool=refund");
        } else if template.ends_with("/role") {
            path.push_str("?role=admin");
        }
        let mut answered = 0;
        for method in [Method::GET, Method::POST] {
            let about = format!("{method} {template}");
            let (code, text) = status(&mel, &method, &path).await;
            if code == 405 {
                continue;
            }
            answered += 1;
            assert!(matches!(code, 403 | 404), "{about} as a member: {code}");
            assert!(!text.contains(MARK), "{about} as a member: {text}");
            let (code, text) = status(&app.anonymous(), &method, &path).await;
            let sent_away = code == 303 && text.starts_with("/signin");
            assert!(sent_away || code == 401, "{about} as nobody: {code} {text}");
            assert!(!text.contains(MARK), "{about} as nobody: {text}");
            if template.starts_with("/chat/") || template.starts_with("/connect/") {
                let (code, text) = status(&bob, &method, &path).await;
                assert_eq!(code, 404, "{about} as another admin");
                assert!(!text.contains(MARK), "{about} as another admin: {text}");
            }
            if method == Method::GET {
                let (code, _) = status(&ada, &method, &path).await;
                // A page whose form stands elsewhere leads there.
                let there = code == 200 || code == 303;
                assert!(there, "{about} as its owner: {code}");
            }
        }
        assert!(answered > 0, "nothing answers at {template}");
    }
}
