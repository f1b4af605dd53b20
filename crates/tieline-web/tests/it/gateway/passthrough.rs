//! What a server says arrives as it said it, byte for byte; only what an era cannot hold is changed.

use http::StatusCode;
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool};

use super::client::{Legacy, fetch, modern, post};
use super::world::World;

const DEFINITION: &str = r#"{"zeta":1.0,"name":"odd","title":"Odd","inputSchema":{"type":"object","properties":{"z":{"type":"number","default":1e5},"a":{"const":18446744073709551616}}},"icons":[{"src":"data:image/png;base64,AA=="}],"annotations":{"readOnlyHint":true,"x-vendor":[0.7]},"_meta":{"k":"\u00e9"}}"#;
const RESULT: &str = r#"{"_meta":{"vendor/x":1.0},"structuredContent":{"b":1e2,"a":[18446744073709551616,0.70]},"content":[{"type":"text","text":"\u00e9","annotations":{"priority":0.7},"x":null},{"type":"hologram","data":7}],"vendor":{"deep":[1,2.50]},"isError":false}"#;

#[tokio::test]
async fn definitions_and_results_of_a_legacy_server_keep_every_byte() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .tool(FakeTool::raw(DEFINITION).answering(RESULT))
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp/acme", &key).await;
    let list = session.list().await;
    assert_eq!(
        list.body,
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{DEFINITION}]}}}}"#)
    );
    let answer = session.call("odd", json!({})).await;
    assert_eq!(
        answer.body,
        format!(r#"{{"jsonrpc":"2.0","id":7,"result":{RESULT}}}"#)
    );

    let aggregate = Legacy::open(&world, "/mcp", &key).await;
    let renamed = DEFINITION.replace(r#""name":"odd""#, r#""name":"acme__odd""#);
    let list = aggregate.list().await;
    assert_eq!(
        list.body,
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{renamed}]}}}}"#)
    );
    let answer = aggregate.call("acme__odd", json!({})).await;
    assert_eq!(
        answer.body,
        format!(r#"{{"jsonrpc":"2.0","id":7,"result":{RESULT}}}"#)
    );
}

#[tokio::test]
async fn a_call_that_asks_for_a_task_is_made_without_one() {
    let world = World::start().await;
    for (name, server) in [("Old", FakeMcp::legacy()), ("New", FakeMcp::modern())] {
        let server = server.tools(["t"]).start().await;
        let slug = world.connect(name, &server).await;
        let key = world.person(name).await.key;
        let session = Legacy::open(&world, "/mcp", &key).await;
        let params = json!({"name": format!("{slug}__t"), "task": {"ttl": 60_000}, "arguments": {"task": 1}});
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
        let answer = session.send(body.to_string()).await.json();
        assert!(answer["result"]["content"].is_array(), "{answer}");
        let asked = &server.requests_for("tools/call")[0];
        let asked: Value = serde_json::from_slice(&asked.body).expect("JSON");
        assert_eq!(asked["params"]["arguments"], json!({"task": 1}));
        assert_eq!(asked["params"].get("task"), None);
    }
}

#[tokio::test]
async fn a_result_gets_only_the_fields_that_its_era_needs() {
    let world = World::start().await;
    let legacy = FakeMcp::legacy()
        .tool(FakeTool::raw(DEFINITION).answering(RESULT))
        .start()
        .await;
    let modern_server = FakeMcp::modern()
        .tool(FakeTool::raw(DEFINITION).answering(RESULT))
        .start()
        .await;
    world.connect("Old", &legacy).await;
    world.connect("New", &modern_server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let answer = session.call("new__odd", json!({})).await;
    assert_eq!(
        answer.body,
        format!(r#"{{"jsonrpc":"2.0","id":7,"result":{RESULT}}}"#),
        "no resultType for a legacy client"
    );
    let tail = &RESULT[1..RESULT.len() - 1];
    for name in ["old__odd", "new__odd"] {
        let answer = fetch(modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": name, "arguments": {}}),
        ))
        .await;
        assert!(answer.body.contains(tail), "{}", answer.body);
        assert_eq!(answer.json()["result"]["resultType"], "complete");
        assert_eq!(answer.json()["id"], "m1");
    }
}

#[tokio::test]
async fn arguments_reach_the_server_as_the_client_wrote_them() {
    let world = World::start().await;
    let servers = [
        FakeMcp::legacy().tools(["a/b c"]).start().await,
        FakeMcp::modern().tools(["a/b c"]).start().await,
    ];
    world.connect("Old", &servers[0]).await;
    world.connect("New", &servers[1]).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let names = session.list().await.tool_names();
    let arguments = r#"{"z":1.0, "a":[1e5,18446744073709551616],"é":"\u00e9","n":null}"#;
    for (name, server) in names.iter().zip([&servers[1], &servers[0]]) {
        assert!(
            name.len() <= 48 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
            "{name}"
        );
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{{"arguments":{arguments},"name":"{name}","vendor":[1.0]}}}}"#
        );
        let answer = session.send(body).await;
        assert_eq!(answer.text(), arguments);
        let sent = &server.requests_for("tools/call")[0];
        assert_eq!(
            sent.json()["params"]["name"],
            "a/b c",
            "the server's own name"
        );
        let body = String::from_utf8(sent.body.to_vec()).expect("UTF-8");
        assert!(
            body.contains(arguments) && body.contains(r#""vendor":[1.0]"#),
            "{body}"
        );
    }
}

#[tokio::test]
async fn ids_come_back_as_they_were_written() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    for id in [
        r#""\u0041b""#,
        "0",
        "-7",
        "9223372036854775807",
        "18446744073709551616123",
        r#""""#,
    ] {
        let answer = session
            .send(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#))
            .await;
        assert_eq!(
            answer.body,
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)
        );
    }
}

#[tokio::test]
async fn errors_of_a_server_pass_with_the_code_that_the_client_knows() {
    let world = World::start().await;
    let tools = || {
        [
            FakeTool::echo("own").failing(-31_234, "no such city"),
            FakeTool::echo("url").failing(-32_042, "open a page"),
        ]
    };
    let legacy = tools()
        .into_iter()
        .fold(FakeMcp::legacy(), tieline_testkit::FakeMcpBuilder::tool)
        .start()
        .await;
    world.connect("Old", &legacy).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let answer = session.call("old__own", json!({})).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, -31_234));
    assert_eq!(answer.json()["error"]["message"], "no such city");
    assert_eq!(session.call("old__url", json!({})).await.code(), -32_042);
    let ask = |name: &str| {
        modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": name, "arguments": {}}),
        )
    };
    assert_eq!(fetch(ask("old__own")).await.code(), -31_234);
    let answer = fetch(ask("old__url")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, -32_603));
}

/// One of a hundred clients with the same ids never gets another's answer.
#[tokio::test]
async fn answers_never_cross() {
    let world = World::start().await;
    let servers = [
        FakeMcp::legacy()
            .with_sessions()
            .tools(["echo"])
            .start()
            .await,
        FakeMcp::modern().tools(["echo"]).start().await,
    ];
    world.connect("Old", &servers[0]).await;
    world.connect("New", &servers[1]).await;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..100_u32 {
        let key = if number % 10 == 0 {
            world.person(&format!("P{number}")).await.key
        } else {
            continue;
        };
        for tool in ["old__echo", "new__echo"] {
            for turn in 0..10_u32 {
                let canary = format!("{number}-{tool}-{turn}");
                let body = super::client::call(1, tool, json!({"text": canary}));
                let session = Legacy::open(&world, "/mcp", &key).await;
                let request = post(
                    &world,
                    "/mcp",
                    &key,
                    &[("mcp-session-id", &session.id)],
                    body,
                );
                running.spawn(async move { (canary, fetch(request).await.text()) });
            }
        }
    }
    let mut count = 0;
    while let Some(finished) = running.join_next().await {
        let (canary, text) = finished.expect("a finished call");
        assert_eq!(text, json!({"text": canary}).to_string());
        count += 1;
    }
    assert_eq!(count, 200);
}
