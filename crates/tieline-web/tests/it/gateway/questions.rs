//! A server's questions reach the one person whose call raised them, and nobody else (U20, M01 of the threat model).

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool};

use super::client::{Answer, Legacy, call, fetch, modern, post, send};
use super::world::World;

const FORM: &str =
    r#"{"mode":"form","message":"Who?","requestedSchema":{"type":"object","properties":{}}}"#;
/// With an escape and white space, so that a decoded and encoded copy differs.
const STATE: &str = r#""s\u00e9cret \/ 1""#;

/// Asks once, and then says what it got back: the spelling of its state and the responses.
fn asking() -> FakeTool {
    FakeTool::echo("ask").computing_from_params(|params| {
        let params = params.map_or("{}", |params| params.get());
        let read: Value = serde_json::from_str(params).expect("JSON");
        if read.get("inputResponses").is_none() {
            return format!(
                r#"{{"resultType":"input_required","inputRequests":{{"k1":{{"method":"elicitation/create","params":{FORM}}}}},"requestState":{STATE},"x":1.0}}"#
            );
        }
        let same = params.contains(&format!(r#""requestState":{STATE}"#));
        let text = format!("{same} {}", read["inputResponses"]);
        json!({"content": [{"type": "text", "text": text}]}).to_string()
    })
}

fn params(arguments: &Value) -> Value {
    json!({"name": "acme__ask", "arguments": arguments})
}

fn retry(arguments: &Value, state: &str) -> Value {
    let mut params = params(arguments);
    params["requestState"] = json!(state);
    params["inputResponses"] = json!({"k1": {"action": "accept", "content": {"who": "Ada"}}});
    params
}

async fn modern_call(world: &World, key: &str, params: Value) -> Answer {
    fetch(modern(world, "/mcp", key, "tools/call", params)).await
}

fn state_of(answer: &Answer) -> String {
    let state = answer.json()["result"]["requestState"]
        .as_str()
        .map(str::to_owned);
    state.unwrap_or_else(|| panic!("no state: {answer:?}"))
}

#[tokio::test]
async fn modern_client_and_modern_server_the_question_passes_and_its_state_is_sealed() {
    let world = World::start().await;
    let server = FakeMcp::modern().tool(asking()).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let asked = modern_call(&world, &key, params(&json!({"a": 1, "b": [2]}))).await;
    let result = &asked.json()["result"];
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(
        result["inputRequests"]["k1"]["params"],
        serde_json::from_str::<Value>(FORM).unwrap()
    );
    assert!(
        asked.body.contains(r#""x":1.0"#) && !asked.body.contains("cret"),
        "{asked:?}"
    );
    // The order of keys is not every language's to keep.
    let again = json!({"b": [2], "a": 1});
    let done = modern_call(&world, &key, retry(&again, &state_of(&asked))).await;
    assert_eq!(
        done.text(),
        r#"true {"k1":{"action":"accept","content":{"who":"Ada"}}}"#
    );
}

#[tokio::test]
async fn a_modern_server_is_told_what_the_client_of_this_request_declared() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["echo"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let declared = [
        (json!({}), json!({})),
        (
            json!({"elicitation": {"url": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}, "a/b": {}}}),
            json!({"elicitation": {"url": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}, "a/b": {}}}),
        ),
    ];
    for (north, south) in declared {
        let key_name = "io.modelcontextprotocol/clientCapabilities";
        let meta =
            json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", key_name: north});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "acme__echo", "_meta": meta}});
        let headers = [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "acme__echo"),
        ];
        let answer = fetch(post(&world, "/mcp", &key, &headers, body.to_string())).await;
        assert_ne!(answer.json()["result"]["isError"], true, "{answer:?}");
        let sent = server
            .requests_for("tools/call")
            .pop()
            .expect("a call")
            .json();
        assert_eq!(sent["params"]["_meta"][key_name], south);
    }
}

/// U20: the server sees none of it.
#[tokio::test]
async fn a_state_is_good_for_nobody_and_nothing_else() {
    let world = World::start().await;
    let other = FakeTool::echo("other").computing_from_params(|_| r#"{"content":[]}"#.to_owned());
    let server = FakeMcp::modern().tool(asking()).tool(other).start().await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let (second_key, _) = world.key(ada.id).await;
    let arguments = json!({"a": 1});
    let state = state_of(&modern_call(&world, &ada.key, params(&arguments)).await);
    server.clear_requests();

    let mut edited = state.clone().into_bytes();
    let middle = edited.len() / 2;
    edited[middle] = if edited[middle] == b'A' { b'B' } else { b'A' };
    let edited = String::from_utf8(edited).expect("ASCII");
    let mut other_tool = retry(&arguments, &state);
    other_tool["name"] = json!("acme__other");
    let mut no_text = retry(&arguments, &state);
    no_text["requestState"] = json!({"s": 1});
    let long = "A".repeat(70_000);
    let refused = [
        (&bob.key, retry(&arguments, &state)),
        (&second_key, retry(&arguments, &state)),
        (&ada.key, retry(&arguments, &edited)),
        (&ada.key, other_tool),
        (&ada.key, no_text),
        (&ada.key, retry(&json!({"a": 1.0}), &state)),
        (&ada.key, retry(&arguments, "invented")),
        (&ada.key, retry(&arguments, &long)),
    ];
    for (key, params) in refused {
        let answer = modern_call(&world, key, params).await;
        assert_eq!(answer.code(), -32602, "{answer:?}");
    }
    world.clock.advance(std::time::Duration::from_mins(11));
    let late = modern_call(&world, &ada.key, retry(&arguments, &state)).await;
    assert_eq!(late.code(), -32602);
    assert_eq!(
        server.count("tools/call"),
        0,
        "the server saw a refused state"
    );
}

#[tokio::test]
async fn a_state_that_is_too_large_is_a_tool_error() {
    let world = World::start().await;
    let state = "s".repeat(60_000);
    let tool = FakeTool::echo("ask").answering(&format!(
        r#"{{"resultType":"input_required","requestState":"{state}"}}"#
    ));
    let server = FakeMcp::modern().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let answer = modern_call(&world, &key, params(&json!({}))).await;
    assert!(answer.text().contains("64 KiB"), "{answer:?}");
}

/// A legacy session whose client declares these capabilities.
async fn session<'w>(
    world: &'w World,
    key: &str,
    revision: &str,
    capabilities: Value,
) -> Legacy<'w> {
    Legacy::open_with(world, "/mcp", key, revision, capabilities).await
}

fn everything() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {"listChanged": true}})
}

/// The messages of a stream, one at a time.
pub(super) struct Events {
    body: Incoming,
    text: String,
}

impl Events {
    pub(super) async fn open(request: Request<Full<bytes::Bytes>>) -> Self {
        let response = send(request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (body, text) = (response.into_body(), String::new());
        Self { body, text }
    }

    pub(super) async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                // The first event of a stream that can be resumed has an id and no data.
                let data = data.filter(|data| !data.is_empty());
                let value = data.map(|data| serde_json::from_str(data).expect("JSON"));
                let rest = rest.to_owned();
                self.text = rest;
                if let Some(value) = value {
                    return value;
                }
                continue;
            }
            let frame = self
                .body
                .frame()
                .await
                .expect("more of the stream")
                .expect("a frame");
            let data = frame.into_data().expect("data");
            self.text
                .push_str(std::str::from_utf8(&data).expect("UTF-8"));
        }
    }
}

pub(super) fn reply(id: &Value, outcome: &Value) -> String {
    let mut message = json!({"jsonrpc": "2.0", "id": id});
    message
        .as_object_mut()
        .expect("an object")
        .extend(outcome.as_object().expect("an object").clone());
    message.to_string()
}

#[tokio::test]
async fn legacy_client_and_modern_server_the_question_is_a_request_on_the_calls_stream() {
    let world = World::start().await;
    let server = FakeMcp::modern().tool(asking()).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = session(&world, &key, "2025-11-25", everything()).await;
    for (outcome, expected) in [
        (
            json!({"result": {"action": "accept", "content": {"n": 1}}}),
            r#"{"action":"accept","content":{"n":1}}"#,
        ),
        (
            json!({"error": {"code": -1, "message": "no"}}),
            r#"{"action":"cancel"}"#,
        ),
    ] {
        let mut events = Events::open(session.post(call(7, "acme__ask", json!({})))).await;
        let question = events.next().await;
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "Who?");
        // A response that nobody waits for does no harm.
        assert_eq!(
            session
                .send(reply(&json!("unknown"), &outcome))
                .await
                .status,
            202
        );
        assert_eq!(
            session.send(reply(&question["id"], &outcome)).await.status,
            202
        );
        let done = events.next().await;
        assert_eq!(done["id"], 7);
        assert_eq!(
            done["result"]["content"][0]["text"],
            format!(r#"true {{"k1":{expected}}}"#)
        );
    }
}

#[tokio::test]
async fn legacy_client_that_cannot_answer_gets_a_readable_error_from_a_modern_server() {
    let world = World::start().await;
    let endless = FakeTool::echo("endless")
        .answering(r#"{"resultType":"input_required","requestState":"s"}"#);
    let server = FakeMcp::modern().tool(asking()).tool(endless).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let mute = Legacy::open(&world, "/mcp", &key).await;
    assert!(
        mute.call("acme__ask", json!({}))
            .await
            .text()
            .contains("input")
    );
    let only_roots = session(&world, &key, "2025-11-25", json!({"roots": {}})).await;
    let answer = only_roots.call("acme__ask", json!({})).await;
    assert!(answer.json()["result"]["isError"] == true, "{answer:?}");
    let answer = only_roots.call("acme__endless", json!({})).await;
    let text = answer.json()["result"]["content"][0]["text"].to_string();
    assert!(text.contains("again and again"), "{text}");
    assert_eq!(server.count("tools/call"), 2 + 9);
}

#[tokio::test]
async fn legacy_client_and_legacy_server_the_question_is_relayed_with_an_id_of_ours() {
    let world = World::start().await;
    let tool =
        FakeTool::echo("ask").waiting_for(&[("elicitation/create", FORM), ("roots/list", "{}")]);
    let server = FakeMcp::legacy().with_sessions().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let (ada, bob) = (
        session(&world, &ada, "2025-11-25", everything()).await,
        session(&world, &bob, "2025-06-18", everything()).await,
    );
    // Both at once: neither hears or answers for the other.
    let mut of_ada = Events::open(ada.post(call(1, "acme__ask", json!({})))).await;
    let mut of_bob = Events::open(bob.post(call(1, "acme__ask", json!({})))).await;
    let mut asked = Vec::new();
    for events in [&mut of_ada, &mut of_bob] {
        asked.push((events.next().await, events.next().await));
    }
    let accept = |name: &str| json!({"result": {"action": "accept", "content": {"name": name}}});
    let roots = |name: &str| json!({"result": {"roots": [{"uri": format!("file:///{name}")}]}});
    // An id of the other's session means nothing in one's own.
    assert_eq!(
        bob.send(reply(&asked[0].0["id"], &accept("mallory")))
            .await
            .status,
        202
    );
    for (session, (form, list), name) in [(&ada, &asked[0], "ada"), (&bob, &asked[1], "bob")] {
        assert!(
            !form["id"].to_string().contains("question"),
            "the server's id"
        );
        assert_eq!(
            session.send(reply(&list["id"], &roots(name))).await.status,
            202
        );
        assert_eq!(
            session.send(reply(&form["id"], &accept(name))).await.status,
            202
        );
    }
    for (events, name) in [(&mut of_ada, "ada"), (&mut of_bob, "bob")] {
        let done = events.next().await.to_string();
        assert!(
            done.contains(&format!("file:///{name}"))
                && done.contains(&format!(r#"\"name\":\"{name}\""#)),
            "{done}"
        );
        assert!(!done.contains("mallory"));
    }
    let declared: Vec<_> = server
        .requests_for("initialize")
        .iter()
        .map(|sent| sent.json()["params"]["capabilities"].clone())
        .collect();
    assert!(declared.contains(&everything()), "{declared:?}");
    let older =
        json!({"elicitation": {"form": {}}, "sampling": {}, "roots": {"listChanged": true}});
    assert!(declared.contains(&older), "{declared:?}");
}

#[tokio::test]
async fn news_of_roots_reach_the_sessions_of_their_client_only() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["echo"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;
    let (announces, silent) = (
        session(&world, &key, "2025-11-25", everything()).await,
        session(&world, &key, "2025-11-25", json!({})).await,
    );
    for session in [&silent, &announces] {
        session.call("acme__echo", json!({})).await;
        assert_eq!(session.send(changed).await.status, 202);
    }
    tieline_testkit::eventually(|| server.count("notifications/roots/list_changed") == 1).await;
}
