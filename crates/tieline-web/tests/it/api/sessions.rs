//! Sessions over REST: started, followed, resumed, stopped, decided; and nobody else's.

use std::time::Duration;

use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tieline_domain::ModelKind;
use tieline_testkit::{FakeMcp, FakeTool, ModelReply, ScriptedModel, eventually_async};

use crate::app::{AdminBrowser, Options, Sender, TestApp};

const SESSIONS: &str = "/api/v1/sessions";

async fn working() -> TestApp {
    TestApp::with(Options {
        background: true,
        ..Options::default()
    })
    .await
}

/// An app whose agent asks a scripted model.
async fn set_up(app: &TestApp) -> (AdminBrowser<'_>, ScriptedModel) {
    let admin = app.admin("Ada").await;
    let model = ScriptedModel::start().await;
    let body = json!({
        "name": "Scripted", "kind": "anthropic", "base_url": model.url(ModelKind::Anthropic),
        "model": "scripted-1", "key": "sk-test-0123456789",
    });
    admin.post("/api/v1/models", &body).await.expect(201);
    (admin, model)
}

async fn connect(admin: &AdminBrowser<'_>, server: &FakeMcp) {
    let body = json!({ "name": "Acme MCP", "url": server.url() });
    admin.post("/api/v1/connectors", &body).await.expect(201);
    let works = async || {
        let row = admin.get("/api/v1/connectors/acme_mcp").await.json();
        (row["status"] == "working").then_some(())
    };
    eventually_async(works).await;
}

async fn start(who: &impl Sender) -> (String, Value) {
    let answer = who.post(SESSIONS, &json!({})).await.expect(201);
    let path = answer.header("location").to_owned();
    (path, answer.json())
}

/// The events of a stream: id, type and fields.
fn events(text: &str) -> Vec<(u64, String, Value)> {
    let blocks = text.split("\n\n").filter(|block| block.contains("data:"));
    blocks
        .map(|block| {
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().trim().to_owned()
            };
            let data: Value = serde_json::from_str(&field("data:")).expect("JSON");
            let id = field("id:").parse().expect("an id");
            assert_eq!(data["id"], id);
            assert_eq!(data["type"], field("event:"));
            (id, field("event:"), data)
        })
        .collect()
}

fn names(events: &[(u64, String, Value)]) -> Vec<&str> {
    events.iter().map(|(_, name, _)| name.as_str()).collect()
}

fn text_of(events: &[(u64, String, Value)]) -> String {
    let deltas = events.iter().filter(|(_, name, _)| name == "text.delta");
    deltas
        .map(|(_, _, data)| data["text"].as_str().unwrap_or_default())
        .collect()
}

async fn say(who: &impl Sender, session: &str, text: &str) -> Vec<(u64, String, Value)> {
    let answer = who
        .post(&format!("{session}/messages"), &json!({ "text": text }))
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    events(&answer.text())
}

#[tokio::test]
async fn a_turn_with_a_call_is_told_as_it_happens_and_again_from_any_event_on() {
    let app = working().await;
    let (admin, model) = set_up(&app).await;
    let server = FakeMcp::modern()
        .tool(FakeTool::echo("search").saying("31 orders"))
        .start()
        .await;
    connect(&admin, &server).await;
    let (session, object) = start(&admin).await;
    assert_eq!(
        (&object["tools"], &object["mode"], &object["state"]),
        (&json!(1), &json!("list"), &json!("idle"))
    );
    assert!(
        object["catalog_revision"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );

    model.then(ModelReply::text(["Let me ", "look."]).tool(
        "t1",
        "mcp__acme_mcp__search",
        ["{\"q\":", "1}"],
    ));
    model.then(ModelReply::text(["31 ", "orders."]));
    let told = say(&admin, &session, "How many?").await;
    let ids: Vec<u64> = told.iter().map(|(id, ..)| *id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    assert_eq!(text_of(&told), "Let me look.31 orders.");
    let find = |name: &str| {
        told.iter()
            .find(|(_, found, _)| found == name)
            .map(|(_, _, data)| data.clone())
    };
    let (started, finished) = (
        find("tool.started").expect("a call"),
        find("tool.finished").expect("its end"),
    );
    assert_eq!(
        (
            &started["connector"],
            &started["tool"],
            &started["arguments"]
        ),
        (&json!("acme_mcp"), &json!("search"), &json!({ "q": 1 }))
    );
    assert_eq!(
        (&finished["outcome"], &finished["call_id"]),
        (&json!("ok"), &started["call_id"])
    );
    assert_eq!(finished["content"][0]["text"], "31 orders");
    assert_eq!(
        find("turn.finished").expect("the end")["stop_reason"],
        "end_turn"
    );

    let all = admin.get(&format!("{session}/events")).await.expect(200);
    assert_eq!(events(&all.text()), told, "the same again");
    let middle = ids[ids.len() / 2];
    let rest = admin
        .get(&format!("{session}/events?after={middle}"))
        .await
        .expect(200);
    assert_eq!(events(&rest.text()), told[ids.len() / 2 + 1..]);
    let mut resumed = admin.request(Method::GET, &format!("{session}/events"), None);
    resumed.headers_mut().insert(
        "last-event-id",
        middle.to_string().parse().expect("a header"),
    );
    let rest = app.send(resumed).await.expect(200);
    assert_eq!(events(&rest.text()), told[ids.len() / 2 + 1..]);

    let listed = admin.get(SESSIONS).await.expect(200).json();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["busy"]),
        (&object["id"], &json!(false))
    );
    let tools = admin
        .get(&format!("{session}/tools"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&tools[0]["name"], &tools[0]["policy"]),
        (&json!("mcp__acme_mcp__search"), &json!("allow"))
    );
    let renamed = admin
        .patch(&session, &json!({ "title": "Orders" }))
        .await
        .expect(200);
    assert_eq!(renamed.json()["title"], "Orders");
    admin.delete(&session).await.expect(204);
    admin.get(&session).await.expect(404);
}

#[tokio::test]
async fn w03_nobody_reads_or_moves_another_persons_session() {
    let app = TestApp::start().await;
    let (admin, _model) = set_up(&app).await;
    let member = app.member("Mel").await;
    let (theirs, _) = start(&member).await;
    let key = app.key_of(admin.user).await;
    let call = format!("{theirs}/calls/0190b6a4-7c3e-7a52-8d11-000000000000/decision");
    for (method, path, body) in [
        (Method::GET, theirs.clone(), None),
        (
            Method::PATCH,
            theirs.clone(),
            Some(json!({ "title": "Mine" })),
        ),
        (Method::DELETE, theirs.clone(), None),
        (Method::GET, format!("{theirs}/tools"), None),
        (Method::GET, format!("{theirs}/events"), None),
        (
            Method::POST,
            format!("{theirs}/messages"),
            Some(json!({ "text": "Hello" })),
        ),
        (Method::POST, format!("{theirs}/stop"), None),
        (Method::POST, call, Some(json!({ "decision": "approve" }))),
        (Method::GET, "/api/v1/sessions/nonsense".to_owned(), None),
    ] {
        for status in [
            admin
                .send(method.clone(), &path, body.as_ref())
                .await
                .status,
            key.send(method.clone(), &path, body.as_ref()).await.status,
        ] {
            assert_eq!(status, 404, "{method} {path}");
        }
    }
    let page = theirs.replace("/api/v1/sessions/", "/chat/");
    for path in [
        page.clone(),
        format!("{page}/stream"),
        format!("{page}/rename"),
        format!("{page}/delete"),
    ] {
        admin.get(&path).await.expect(404);
    }
    assert_eq!(admin.get(SESSIONS).await.expect(200).json(), json!([]));
    member.get(&theirs).await.expect(200);
    app.key_of(member.user).await.get(&theirs).await.expect(200);
}

#[tokio::test]
async fn mistakes_are_named() {
    let app = TestApp::start().await;
    let admin = app.admin("Ada").await;
    let (session, _) = start(&admin).await;
    let messages = format!("{session}/messages");
    let refused = admin
        .post(&messages, &json!({ "text": "Hello" }))
        .await
        .expect(409);
    assert_eq!(refused.code(), "model_not_configured");
    assert!(refused.text().contains("Ask Ada."), "{}", refused.text());
    drop(admin);
    let app = TestApp::start().await;
    let (admin, _model) = set_up(&app).await;
    let (session, _) = start(&admin).await;
    let messages = format!("{session}/messages");
    for (path, body, status, code) in [
        (
            messages.as_str(),
            json!({ "text": "  " }),
            422,
            "text_empty",
        ),
        (messages.as_str(), json!({ "text": 1 }), 422, "text_type"),
        (
            messages.as_str(),
            json!({ "text": "x", "role": "admin" }),
            422,
            "unknown_field",
        ),
        (
            messages.as_str(),
            json!({ "text": "x".repeat(300 * 1024) }),
            422,
            "text_too_long",
        ),
        (SESSIONS, json!({ "model": 7 }), 422, "model_type"),
    ] {
        let answer = admin.post(path, &body).await.expect(status);
        assert_eq!(answer.code(), code);
    }
    let titled = admin
        .patch(&session, &json!({ "title": "" }))
        .await
        .expect(422);
    assert_eq!(titled.code(), "title_invalid");
    let call = format!("{session}/calls/0190b6a4-7c3e-7a52-8d11-000000000000/decision");
    let undecided = admin
        .post(&call, &json!({ "decision": "maybe" }))
        .await
        .expect(422);
    assert_eq!(undecided.code(), "decision_unknown");
    let late = admin
        .post(&call, &json!({ "decision": "approve" }))
        .await
        .expect(409);
    assert_eq!(late.code(), "call_not_waiting");
    for query in ["after=x", "after=-1", "follow=maybe", "since=3"] {
        let answer = admin
            .get(&format!("{session}/events?{query}"))
            .await
            .expect(400);
        assert_eq!(answer.code(), "bad_query", "{query}");
    }
    let stopped = admin
        .send(Method::POST, &format!("{session}/stop"), None)
        .await
        .expect(200);
    assert_eq!(stopped.json()["stopped"], false);
}

#[tokio::test]
async fn a_program_may_go_on_at_once_and_stop_later() {
    let app = TestApp::start().await;
    let (admin, model) = set_up(&app).await;
    let (session, _) = start(&admin).await;
    model.then(ModelReply::text(["Half "]).pause().and_text(["whole."]));
    let mut request = admin.request(
        Method::POST,
        &format!("{session}/messages"),
        Some(&json!({ "text": "Go" })),
    );
    request
        .headers_mut()
        .insert("accept", "application/json".parse().expect("a header"));
    let accepted = app.send(request).await.expect(202).json();
    assert_eq!(accepted["queued"], false);
    eventually_async(async || {
        let state = admin.get(&session).await.json()["state"].clone();
        (state == "running" && model.in_flight() > 0).then_some(())
    })
    .await;
    let stopped = admin
        .send(Method::POST, &format!("{session}/stop"), None)
        .await
        .expect(200);
    assert_eq!(stopped.json()["stopped"], true);
    let after = accepted["after"].as_u64().expect("an id");
    let told = admin
        .get(&format!("{session}/events?after={after}"))
        .await
        .expect(200);
    let told = events(&told.text());
    assert_eq!(
        told.last()
            .map(|(_, name, data)| (name.as_str(), data["stop_reason"].as_str())),
        Some(("turn.finished", Some("stopped")))
    );
}

#[tokio::test]
async fn a_reader_that_goes_away_loses_nothing() {
    let app = TestApp::start().await;
    let (admin, model) = set_up(&app).await;
    let (session, _) = start(&admin).await;
    model.then(
        ModelReply::text(["one ", "two "])
            .pause()
            .and_text(["three"]),
    );
    let request = admin.request(
        Method::POST,
        &format!("{session}/messages"),
        Some(&json!({ "text": "Count" })),
    );
    let mut seen = String::new();
    let mut body = app.open(request).await.into_body();
    while !seen.contains("two") {
        let frame = body.frame().await.expect("more to come").expect("bytes");
        seen.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
    }
    drop(body);
    let first = events(seen.rsplit_once("\n\n").expect("a whole event").0);
    let last = first.last().expect("an event").0;
    model.release(1);
    let rest = admin
        .get(&format!("{session}/events?after={last}"))
        .await
        .expect(200);
    let rest = events(&rest.text());
    assert_eq!(text_of(&first) + &text_of(&rest), "one two three");
    assert_eq!(names(&rest).last(), Some(&"turn.finished"));
}

#[tokio::test]
async fn a_call_waits_for_its_person() {
    let app = working().await;
    let (admin, model) = set_up(&app).await;
    let server = FakeMcp::modern().tools(["refund"]).start().await;
    connect(&admin, &server).await;
    let policy = json!({ "policy": "ask" });
    admin
        .patch("/api/v1/connectors/acme_mcp/tools/refund", &policy)
        .await
        .expect(200);
    for (decision, calls) in [("approve", 1), ("refuse", 1)] {
        let (session, _) = start(&admin).await;
        model.then(ModelReply::new().tool("t1", "mcp__acme_mcp__refund", ["{\"id\":\"A-1\"}"]));
        model.then(ModelReply::text(["Well."]));
        let (_, asked) = tokio::join!(
            async {
                admin
                    .post(&format!("{session}/messages"), &json!({ "text": "Refund" }))
                    .await
                    .expect(200)
            },
            async {
                let waits = async || {
                    (admin.get(&session).await.json()["state"] == "awaiting_approval").then_some(())
                };
                eventually_async(waits).await;
                let read = admin.request(
                    Method::GET,
                    &format!("{session}/events?after=0&follow=always"),
                    None,
                );
                let mut body = app.open(read).await.into_body();
                let mut text = String::new();
                while !text.contains("tool.approval") {
                    let frame = body.frame().await.expect("more to come").expect("bytes");
                    text.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
                }
                let asked = events(text.rsplit_once("\n\n").expect("a whole event").0)
                    .pop()
                    .expect("an event")
                    .2;
                let id = asked["call_id"].as_str().expect("an id").to_owned();
                admin
                    .post(
                        &format!("{session}/calls/{id}/decision"),
                        &json!({ "decision": decision }),
                    )
                    .await
                    .expect(204);
                asked
            }
        );
        assert_eq!(asked["arguments"], json!({ "id": "A-1" }));
        assert_eq!(server.count("tools/call"), calls, "{decision}");
    }
}

#[tokio::test]
async fn a_revoked_key_ends_its_stream() {
    let app = working().await;
    let (admin, model) = set_up(&app).await;
    let key = app.key_of(admin.user).await;
    let (session, _) = start(&key).await;
    model.then(ModelReply::text(["one "]).pause().and_text(["two"]));
    let request = key.request(
        Method::POST,
        &format!("{session}/messages"),
        Some(&json!({ "text": "Count" })),
    );
    let mut body = app.open(request).await.into_body();
    let id = key.id.expect("a key");
    admin
        .delete(&format!("/api/v1/keys/{id}"))
        .await
        .expect(204);
    let ended = tokio::time::timeout(Duration::from_secs(10), async {
        while let Some(Ok(_)) = body.frame().await {}
    });
    ended.await.expect("the stream ends");
    model.release(1);
}

#[tokio::test]
async fn w10_a_page_of_another_site_cannot_send_for_somebody() {
    let app = TestApp::start().await;
    let (admin, _model) = set_up(&app).await;
    let (session, _) = start(&admin).await;
    let page = session.replace("/api/v1/sessions/", "/chat/");
    for path in [
        format!("{session}/messages"),
        format!("{session}/stop"),
        format!("{page}/send"),
        format!("{page}/stop"),
        "/chat".to_owned(),
    ] {
        let mut request = admin.request(Method::POST, &path, Some(&json!({ "text": "x" })));
        let headers: &mut HeaderMap = request.headers_mut();
        headers.insert("origin", "https://evil.example".parse().expect("a header"));
        headers.insert("sec-fetch-site", "cross-site".parse().expect("a header"));
        app.send(request).await.expect(403);
    }
}
