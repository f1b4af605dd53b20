//! Prompts and resources may need an answer first, as tool calls may (the multi-round requests of 2026-07-28).

use serde_json::{Value, json};
use tieline_mcp::wire::OfferKind;
use tieline_testkit::{FakeMcp, eventually};

use super::client::{Answer, Legacy, fetch, modern_declaring};
use super::questions::{Events, reply};
use super::world::World;

const FORM: &str =
    r#"{"mode":"form","message":"Who?","requestedSchema":{"type":"object","properties":{}}}"#;

/// Asks once, and answers with what it was told when it gets its own state back.
fn asking(
    result: fn(&Value) -> String,
) -> impl Fn(&serde_json::value::RawValue) -> Result<String, (i64, String)> + Send + Sync + 'static
{
    move |params| {
        let params: Value = serde_json::from_str(params.get()).expect("JSON");
        if params.get("inputResponses").is_none() {
            return Ok(format!(
                r#"{{"resultType":"input_required","inputRequests":{{"k1":{{"method":"elicitation/create","params":{FORM}}}}},"requestState":"own"}}"#
            ));
        }
        if params["requestState"] != "own" {
            return Err((-32602, format!("not my state: {}", params["requestState"])));
        }
        Ok(result(&params["inputResponses"]["k1"]["content"]["who"]))
    }
}

async fn start() -> (World, FakeMcp) {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .tools(["echo"])
        .offer(OfferKind::Prompt, r#"{"name":"greet"}"#)
        .offer(
            OfferKind::Resource,
            r#"{"uri":"file:///diary","name":"Diary"}"#,
        )
        .reply(
            "prompts/get",
            asking(|who| {
                format!(
                    r#"{{"messages":[{{"role":"user","content":{{"type":"text","text":{who}}}}}]}}"#
                )
            }),
        )
        .reply(
            "resources/read",
            asking(|who| format!(r#"{{"contents":[{{"uri":"file:///diary","text":{who}}}]}}"#)),
        )
        .start()
        .await;
    let slug = world.connect("Acme", &server).await.to_string();
    eventually(|| {
        let catalog = world.hub.catalog();
        let found = catalog.connector(&slug);
        found.is_some_and(|found| {
            !found.offers(OfferKind::Prompt).is_empty()
                && !found.offers(OfferKind::Resource).is_empty()
        })
    })
    .await;
    (world, server)
}

const CASES: [(&str, &str, &str, &str); 2] = [
    (
        "prompts/get",
        "name",
        "acme__greet",
        "/messages/0/content/text",
    ),
    ("resources/read", "uri", "file:///diary", "/contents/0/text"),
];

/// The names of one connector stand on its own endpoint as they are.
fn path_of(method: &str) -> &'static str {
    if method == "prompts/get" {
        "/mcp"
    } else {
        "/mcp/acme"
    }
}

async fn ask(world: &World, key: &str, method: &str, params: Value) -> Answer {
    let can = json!({"elicitation": {"form": {}}});
    fetch(modern_declaring(
        world,
        path_of(method),
        key,
        (method, params, &can),
        &[],
    ))
    .await
}

#[tokio::test]
async fn modern_client_and_modern_server_prompts_and_resources_ask_first() {
    let (world, server) = start().await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    for (method, key_of_name, name, said) in CASES {
        let mut params = json!({});
        params[key_of_name] = json!(name);
        let asked = ask(&world, &ada, method, params.clone()).await;
        let result = &asked.json()["result"];
        assert_eq!(result["resultType"], "input_required", "{asked:?}");
        assert_ne!(result["requestState"], "own", "the state is sealed");
        params["requestState"] = result["requestState"].clone();
        params["inputResponses"] = json!({"k1": {"action": "accept", "content": {"who": "Ada"}}});

        let before = server.count(method);
        let stolen = ask(&world, &bob, method, params.clone()).await;
        assert_eq!(stolen.code(), -32602, "{stolen:?}");
        assert_eq!(
            server.count(method),
            before,
            "the server saw a stolen state"
        );

        let done = ask(&world, &ada, method, params).await;
        assert_eq!(
            done.json()["result"].pointer(said),
            Some(&json!("Ada")),
            "{done:?}"
        );
    }
}

#[tokio::test]
async fn legacy_client_and_modern_server_prompts_and_resources_ask_on_the_requests_stream() {
    let (world, server) = start().await;
    let key = world.person("Ada").await.key;
    let can = json!({"elicitation": {"form": {}}});
    for (method, key_of_name, name, said) in CASES {
        let path = path_of(method);
        let session = Legacy::open_with(&world, path, &key, "2025-11-25", can.clone()).await;
        let mut params = json!({});
        params[key_of_name] = json!(name);
        let request = json!({"jsonrpc": "2.0", "id": 9, "method": method, "params": params});
        let mut events = Events::open(session.post(request.to_string())).await;
        let question = events.next().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let accepted = json!({"result": {"action": "accept", "content": {"who": "Ada"}}});
        let told = session.send(reply(&question["id"], &accepted)).await;
        assert_eq!(told.status, 202);
        let done = events.next().await;
        assert_eq!(done["id"], 9);
        assert_eq!(done["result"].pointer(said), Some(&json!("Ada")), "{done}");
        assert!(done["result"].get("resultType").is_none(), "{done}");
        assert_eq!(server.count(method), 2, "once before and once after");

        // Whoever can answer nothing reads why there is no answer.
        let mute = Legacy::open_with(&world, path, &key, "2025-11-25", json!({})).await;
        let refused = mute.send(request.to_string()).await;
        assert!(refused.body.contains("input"), "{refused:?}");
        assert_eq!(server.count(method), 3);
    }
}
