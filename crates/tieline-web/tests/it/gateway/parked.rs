//! A legacy server's questions to modern clients: the call waits until its client comes back with the answer.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use http::StatusCode;
use serde_json::{Value, json};
use tieline_testkit::{At, FakeMcp, FakeTool, RecordedRequest, eventually};
use tieline_web::gateway::GatewaySettings;

use super::client::{Answer, fetch, modern_declaring};
use super::world::World;

const FORM: &str =
    r#"{"mode":"form","message":"Who?","requestedSchema":{"type":"object","properties":{}}}"#;

fn everything() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}})
}

fn asks_for_a_form() -> FakeTool {
    FakeTool::echo("ask").waiting_for(&[("elicitation/create", FORM)])
}

async fn with(tool: FakeTool) -> (World, FakeMcp, String) {
    let world = World::start().await;
    let server = FakeMcp::legacy().with_sessions().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    (world, server, key)
}

async fn call(world: &World, key: &str, params: Value) -> Answer {
    call_declaring(world, key, params, &everything()).await
}

async fn call_declaring(world: &World, key: &str, params: Value, can: &Value) -> Answer {
    fetch(modern_declaring(
        world,
        "/mcp",
        key,
        ("tools/call", params, can),
        &[],
    ))
    .await
}

fn first(arguments: &Value) -> Value {
    json!({"name": "acme__ask", "arguments": arguments})
}

/// The same call once more, with the state of `asked` and these answers.
fn retry(asked: &Answer, arguments: &Value, answers: Value) -> Value {
    let mut params = first(arguments);
    params["requestState"] = asked.json()["result"]["requestState"].clone();
    params["inputResponses"] = answers;
    params
}

fn is_asked(answer: &Answer, keys: &[&str]) {
    let result = &answer.json()["result"];
    assert_eq!(result["resultType"], "input_required", "{answer:?}");
    let requests = result["inputRequests"].as_object().expect("questions");
    let asked: Vec<_> = requests.keys().map(String::as_str).collect();
    assert_eq!(asked, keys);
}

#[tokio::test]
async fn modern_client_and_legacy_server_the_call_waits_for_the_answer() {
    let questions = [("elicitation/create", FORM), ("roots/list", "{}")];
    let tool = FakeTool::echo("ask")
        .waiting_for(&questions)
        .waiting_for(&[("sampling/createMessage", r#"{"messages":[],"maxTokens":1}"#)]);
    let (world, server, key) = with(tool).await;
    let arguments = json!({"a": 1});
    let asked = call(&world, &key, first(&arguments)).await;
    is_asked(&asked, &["q1", "q2"]);
    let requests = &asked.json()["result"]["inputRequests"];
    assert_eq!(requests["q1"]["method"], "elicitation/create");
    assert_eq!(
        requests["q1"]["params"],
        serde_json::from_str::<Value>(FORM).unwrap()
    );
    assert_eq!(requests["q2"]["method"], "roots/list");

    // One of the two is answered; the other is asked once more, under the same key.
    let form = json!({"q1": {"action": "accept", "content": {"who": "Ada"}}});
    let asked = call(&world, &key, retry(&asked, &arguments, form)).await;
    is_asked(&asked, &["q2"]);
    let roots = json!({"q2": {"roots": [{"uri": "file:///ada"}]}});
    let asked = call(&world, &key, retry(&asked, &arguments, roots)).await;
    is_asked(&asked, &["q3"]);
    let turn = json!({"q3": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Hi"}}});
    let done = call(&world, &key, retry(&asked, &arguments, turn)).await;
    let result = &done.json()["result"];
    assert_eq!(result["resultType"], "complete", "{done:?}");
    let replies = result["content"].to_string();
    for part in [r#"\"who\":\"Ada\""#, "file:///ada", r#"\"text\":\"Hi\""#] {
        assert!(replies.contains(part), "{replies}");
    }
    assert_eq!(server.count("tools/call"), 1, "the call is made once");
    let declared = server
        .requests_for("initialize")
        .pop()
        .expect("a session")
        .json();
    assert_eq!(declared["params"]["capabilities"], everything());
}

#[tokio::test]
async fn a_legacy_server_is_told_of_no_more_than_this_client_can() {
    let (world, server, key) = with(FakeTool::echo("ask")).await;
    for can in [json!({}), json!({"sampling": {}})] {
        call_declaring(&world, &key, first(&json!({})), &can).await;
        let declared = server
            .requests_for("initialize")
            .pop()
            .expect("a session")
            .json();
        assert_eq!(declared["params"]["capabilities"], can);
    }
}

/// The server hears of none of these, and the call still waits for its own client.
#[tokio::test]
async fn the_state_of_a_waiting_call_is_good_for_its_own_client_once() {
    let (world, server, ada) = with(asks_for_a_form()).await;
    let bob = world.person("Bob").await.key;
    let arguments = json!({"a": 1});
    let answers = json!({"q1": {"action": "decline"}});
    let asked = call(&world, &ada, first(&arguments)).await;
    let good = retry(&asked, &arguments, answers.clone());
    let sent = server.requests().len();
    let other_arguments = retry(&asked, &json!({"a": 2}), answers);
    for (key, params) in [(&bob, good.clone()), (&ada, other_arguments)] {
        let refused = call(&world, key, params).await;
        assert_eq!(refused.code(), -32602, "{refused:?}");
    }
    assert_eq!(server.requests().len(), sent);
    let done = call(&world, &ada, good.clone()).await;
    assert!(done.text().contains("decline"), "{done:?}");
    let again = call(&world, &ada, good).await;
    assert_eq!(again.code(), -32602, "{again:?}");
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn a_call_that_nobody_comes_back_for_is_cancelled_after_ten_minutes() {
    let (world, server, key) = with(asks_for_a_form()).await;
    let arguments = json!({});
    let asked = call(&world, &key, first(&arguments)).await;
    is_asked(&asked, &["q1"]);
    world.clock.advance(Duration::from_mins(11));
    let answers = json!({"q1": {"action": "decline"}});
    let late = call(&world, &key, retry(&asked, &arguments, answers)).await;
    assert_eq!(late.code(), -32602, "{late:?}");
    eventually(|| server.count("notifications/cancelled") == 1).await;
    let refused = |sent: &Value| sent.get("method").is_none() && sent.get("error").is_some();
    eventually(|| {
        let sent = server.requests();
        sent.iter()
            .filter(|sent| !sent.body.is_empty())
            .any(|sent| refused(&sent.json()))
    })
    .await;
}

#[tokio::test]
async fn a_state_of_another_process_is_a_clear_error() {
    let (world, _server, key) = with(asks_for_a_form()).await;
    let asked = call(&world, &key, first(&json!({}))).await;
    let elsewhere = world.other_process().await;
    let answers = json!({"q1": {"action": "decline"}});
    let params = retry(&asked, &json!({}), answers);
    let can = everything();
    let mut request = modern_declaring(&world, "/mcp", &key, ("tools/call", params, &can), &[]);
    *request.uri_mut() = format!("http://{elsewhere}/mcp").parse().expect("a URI");
    let refused = fetch(request).await;
    assert!(refused.body.contains("parked_elsewhere"), "{refused:?}");
}

#[tokio::test]
async fn a_key_has_a_bounded_number_of_waiting_calls() {
    let settings = GatewaySettings {
        parked_per_key: 1,
        ..GatewaySettings::default()
    };
    let world = World::with(settings).await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tool(asks_for_a_form())
        .start()
        .await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    is_asked(&call(&world, &ada, first(&json!({}))).await, &["q1"]);
    let refused = call(&world, &ada, first(&json!({}))).await;
    assert!(
        refused.text().contains("Too many calls wait"),
        "{refused:?}"
    );
    is_asked(&call(&world, &bob, first(&json!({}))).await, &["q1"]);
    // The refused call does not go on at the server either.
    eventually(|| server.count("notifications/cancelled") == 1).await;
}

const PAGE: &str = r#"{"elicitations":[{"mode":"url","elicitationId":"e1","url":"https://example.com/in","message":"Sign in"}]}"#;

#[tokio::test]
async fn a_page_that_a_legacy_server_wants_opened_first_is_a_question_to_a_modern_client() {
    let tool = FakeTool::echo("ask").failing_with(-32042, "Sign in first", PAGE);
    let (world, server, key) = with(tool).await;
    let asked = call(&world, &key, first(&json!({}))).await;
    is_asked(&asked, &["q1"]);
    assert_eq!(
        asked.json()["result"]["inputRequests"]["q1"],
        json!({"method": "elicitation/create", "params": {"mode": "url", "url": "https://example.com/in", "message": "Sign in"}})
    );
    let opened = json!({"q1": {"action": "accept"}});
    call(&world, &key, retry(&asked, &json!({}), opened)).await;
    let calls = server.requests_for("tools/call");
    assert_eq!(calls.len(), 2, "the call is made again");
    for sent in calls {
        let params = &sent.json()["params"];
        assert!(params.get("requestState").is_none() && params.get("inputResponses").is_none());
    }
    let blind = call_declaring(&world, &key, first(&json!({})), &json!({})).await;
    assert_eq!(blind.code(), -32603, "{blind:?}");
    assert!(blind.body.contains("open a web page"), "{blind:?}");
}

#[tokio::test]
async fn a_capability_that_a_modern_client_lacks_has_its_status() {
    let world = World::start().await;
    let tool = FakeTool::echo("ask").failing(-32021, "Needs sampling");
    let server = FakeMcp::modern().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    // Neither waiting for progress nor for what the server logs changes that: nothing was said before the refusal.
    for meta in [
        json!({}),
        json!({"progressToken": 1}),
        json!({"io.modelcontextprotocol/logLevel": "info"}),
    ] {
        for can in [json!({}), everything()] {
            let mut params = first(&json!({}));
            params["_meta"] = meta.clone();
            let refused = call_declaring(&world, &key, params, &can).await;
            assert_eq!(
                (refused.status, refused.code()),
                (StatusCode::BAD_REQUEST, -32021),
                "{meta} {can}"
            );
        }
    }
}

#[tokio::test]
async fn modern_client_and_http_sse_server_the_call_waits_for_the_answer() {
    let world = World::start().await;
    let server = FakeMcp::http_sse().tool(asks_for_a_form()).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let asked = call(&world, &key, first(&json!({"a": 1}))).await;
    is_asked(&asked, &["q1"]);
    let form = json!({"q1": {"action": "accept", "content": {"who": "Ada"}}});
    let done = call(&world, &key, retry(&asked, &json!({"a": 1}), form)).await;
    assert!(done.text().contains("Ada"), "{done:?}");
    assert_eq!(server.count("tools/call"), 1, "the call is made once");
}

/// Servers on the TypeScript SDK ask like that when a tool has only the server at hand.
#[tokio::test]
async fn a_question_on_the_sessions_own_stream_is_for_the_only_call_of_its_key() {
    let (world, server, ada) = with(asks_for_a_form().asking_aside()).await;
    let arguments = json!({"a": 1});
    let asked = call(&world, &ada, first(&arguments)).await;
    is_asked(&asked, &["q1"]);
    let form = json!({"q1": {"action": "accept", "content": {"who": "Ada"}}});
    let done = call(&world, &ada, retry(&asked, &arguments, form)).await;
    assert!(done.text().contains("Ada"), "{done:?}");

    // Each person has a session of their own at the server, so two at once are told apart.
    let bob = world.person("Bob").await.key;
    let (asked_ada, asked_bob) = (
        call(&world, &ada, first(&arguments)).await,
        call(&world, &bob, first(&arguments)).await,
    );
    for (key, asked, name) in [(&bob, asked_bob, "Bob"), (&ada, asked_ada, "Ada")] {
        let form = json!({"q1": {"action": "accept", "content": {"who": name}}});
        let done = call(&world, key, retry(&asked, &arguments, form)).await;
        assert!(done.text().contains(name), "{done:?}");
    }
    assert_eq!(server.count("tools/call"), 3);

    // Of two calls with one key nobody can say whose question it is: the server is refused, and says so.
    let waiting = call(&world, &ada, first(&arguments)).await;
    is_asked(&waiting, &["q1"]);
    let second = call(&world, &ada, first(&arguments)).await;
    assert!(second.text().contains("-32601"), "{second:?}");
    let form = json!({"q1": {"action": "accept", "content": {"who": "Ada"}}});
    let done = call(&world, &ada, retry(&waiting, &arguments, form)).await;
    assert!(done.text().contains("Ada"), "{done:?}");
}

/// A server that answers with JSON has not sent so much as a status while it asks.
#[tokio::test]
async fn a_question_aside_is_passed_on_before_the_servers_answer_begins() {
    let (world, server, ada) = with(asks_for_a_form().asking_aside_before_json()).await;
    let arguments = json!({"a": 1});
    let asked = call(&world, &ada, first(&arguments)).await;
    is_asked(&asked, &["q1"]);
    let form = json!({"q1": {"action": "accept", "content": {"who": "Ada"}}});
    let done = call(&world, &ada, retry(&asked, &arguments, form)).await;
    assert!(done.text().contains("Ada"), "{done:?}");
    assert_eq!(server.count("tools/call"), 1, "the call is made once");
}

#[tokio::test]
async fn a_modern_client_that_leaves_after_it_answered_ends_the_call() {
    let (world, server, key) = with(asks_for_a_form()).await;
    let arguments = json!({});
    let asked = call(&world, &key, first(&arguments)).await;
    is_asked(&asked, &["q1"]);
    let hold = server.hold(At::OtherPost);
    let answers = json!({"q1": {"action": "decline"}});
    let params = retry(&asked, &arguments, answers);
    let can = everything();
    let request = modern_declaring(&world, "/mcp", &key, ("tools/call", params, &can), &[]);
    let leaving = tokio::spawn(fetch(request));
    let answered = |sent: &RecordedRequest| sent.rpc_method().is_none() && !sent.body.is_empty();
    eventually(|| server.requests().iter().any(answered)).await;
    leaving.abort();
    eventually(|| server.count("notifications/cancelled") == 1).await;
    hold.release();
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("Linux").count()
}

#[tokio::test]
async fn a_thousand_waiting_calls_hold_no_thread_and_all_end_with_their_answers() {
    const CALLS: usize = 1_000;
    const AT_ONCE: usize = 50;
    let settings = GatewaySettings {
        calls_per_key: 2_000,
        parked_per_key: CALLS,
        ..GatewaySettings::default()
    };
    let world = World::with(settings).await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tool(asks_for_a_form())
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let ask = |number: usize| call(&world, &key, first(&json!({ "n": number })));
    let mut waiting = vec![ask(0).await];
    let before = threads();
    // Some at once: each waits a moment for further questions of its server.
    let rest: Vec<_> = stream::iter(1..CALLS)
        .map(ask)
        .buffered(AT_ONCE)
        .collect()
        .await;
    waiting.extend(rest);
    // Looking up names and the database have threads that come and go, but not one for each call.
    assert!(threads() < before + 50, "{} after {before}", threads());
    let reply = |(number, asked): (usize, &Answer)| {
        is_asked(asked, &["q1"]);
        let answers = json!({"q1": {"action": "accept", "content": {"n": number}}});
        call(&world, &key, retry(asked, &json!({ "n": number }), answers))
    };
    let replies = stream::iter(waiting.iter().enumerate()).map(reply);
    let done: Vec<_> = replies.buffered(AT_ONCE).collect().await;
    for (number, done) in done.iter().enumerate() {
        let expected = format!(r#""n":{number}"#);
        assert!(done.text().contains(&expected), "{number}: {done:?}");
    }
    assert_eq!(server.count("tools/call"), CALLS);
}
