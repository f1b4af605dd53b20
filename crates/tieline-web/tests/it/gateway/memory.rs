//! Large answers together take no more memory than they may.

use futures_util::future::join_all;
use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::json;
use tieline_hub::HubSettings;
use tieline_mcp::Limits;
use tieline_testkit::{FakeMcp, FakeTool, eventually};
use tieline_web::gateway::GatewaySettings;

use super::client::{fetch, modern, send};
use super::world::World;

const MIB: usize = 1 << 20;
const CALLS: usize = 200;

/// F30: 200 calls whose answers have nearly 8 MiB each and are read whole, because they are errors; with room for eight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_answers_that_find_no_room_are_shed_and_nothing_else_suffers() {
    let gateway = GatewaySettings {
        calls_per_key: 1_000,
        ..GatewaySettings::default()
    };
    let room = 64 * MIB;
    let hub = HubSettings {
        answer_bytes: room,
        ..HubSettings::default()
    };
    let world = World::of(gateway, hub).await;
    let big = format!("\"{}\"", "x".repeat(8 * MIB - 1_000));
    let server = FakeMcp::modern()
        .tool(FakeTool::echo("big").failing_with(-32000, "no", &big))
        .tool(FakeTool::echo("small").saying("little"))
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let call = |name: &str| {
        let params = json!({"name": name, "arguments": {}});
        modern(&world, "/mcp", &key, "tools/call", params)
    };

    let answers = join_all((0..CALLS).map(|_| fetch(call("acme__big")))).await;
    let (mut whole, mut refused, mut dropped) = (0, 0, 0);
    for answer in &answers {
        if answer.body.len() > 7 * MIB {
            whole += 1;
        } else if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.name(), "overloaded");
            assert_eq!(answer.headers["retry-after"], "1");
            refused += 1;
        } else {
            let result = &answer.json()["result"];
            assert_eq!(result["_meta"]["tieline/code"], "overloaded", "{result}");
            dropped += 1;
        }
    }
    assert!(whole > 0, "some fit: {refused} refused, {dropped} dropped");
    assert!(refused + dropped > 0, "all of them cannot fit");
    eventually(|| world.hub.answers().has_room(room)).await;
    assert_eq!(fetch(call("acme__small")).await.text(), "little");
}

/// A client that does not read its answer keeps the room that it takes, and gives it back by leaving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_reads_is_counted_until_its_client_leaves() {
    let hub = HubSettings {
        answer_bytes: 9 * MIB,
        limits: Limits {
            event_bytes: 8 * MIB,
            ..Limits::default()
        },
        ..HubSettings::default()
    };
    let world = World::of(GatewaySettings::default(), hub).await;
    let big = format!(
        r#"{{"content":[{{"type":"text","text":"{}"}}],"resultType":"complete"}}"#,
        "x".repeat(6 * MIB)
    );
    // The stream to the client begins with progress, so the result is not passed on while it comes.
    let tool = FakeTool::echo("big").answering(&big).reporting(1);
    let server = FakeMcp::modern().tool(tool).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let call = || {
        let meta = json!({"progressToken": 1});
        let params = json!({"name": "acme__big", "arguments": {}, "_meta": meta});
        modern(&world, "/mcp", &key, "tools/call", params)
    };
    let unread = send(call()).await;
    eventually(|| !world.hub.answers().has_room(4 * MIB)).await;
    let refused = fetch(call()).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.count("tools/call"), 1, "the server was not asked");
    drop(unread);
    eventually(|| world.hub.answers().has_room(9 * MIB)).await;
    assert!(fetch(call()).await.body.len() > 6 * MIB);
}

/// Answers that are passed on while they come take next to nothing, so many more of them fit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_passed_on_take_no_room_worth_speaking_of() {
    let hub = HubSettings {
        answer_bytes: 24 * MIB,
        ..HubSettings::default()
    };
    let world = World::of(GatewaySettings::default(), hub).await;
    let big = format!(
        r#"{{"content":[{{"type":"text","text":"{}"}}]}}"#,
        "x".repeat(8 * MIB - 1_000)
    );
    let server = FakeMcp::modern().tool(FakeTool::echo("big").answering(&big));
    let server = server.start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let call = || {
        let params = json!({"name": "acme__big", "arguments": {}});
        modern(&world, "/mcp", &key, "tools/call", params)
    };
    // None of them is read before all have begun, so each lies where it can.
    let begun = join_all((0..32).map(|_| send(call()))).await;
    assert!(begun.iter().all(|answer| answer.status() == StatusCode::OK));
    let read = begun.into_iter().map(|answer| answer.into_body().collect());
    for whole in join_all(read).await {
        assert!(whole.expect("a whole answer").to_bytes().len() > 7 * MIB);
    }
    eventually(|| world.hub.answers().has_room(24 * MIB)).await;
}
