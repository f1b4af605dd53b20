//! The emergency brake: removing, turning off and rotating act on running sessions at once.

use http::StatusCode;
use serde_json::json;
use tieline_domain::Actor;
use tieline_testkit::{At, FakeMcp, eventually};

use super::client::{Legacy, call, fetch, initialize, modern, post};
use super::world::World;

#[tokio::test]
async fn a_removed_connector_is_refused_with_the_reason_in_both_eras() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let verbatim = Legacy::open(&world, "/mcp/acme", &key).await;
    let ask = || {
        modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": "acme__one", "arguments": {}}),
        )
    };
    let list = fetch(modern(&world, "/mcp", &key, "tools/list", json!({}))).await;
    assert_eq!(list.tool_names(), ["acme__one"]);
    assert_eq!(session.call("acme__one", json!({})).await.text(), "{}");
    let calls = server.count("tools/call");

    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .expect("a connector to remove");
    let answers = [
        session.call("acme__one", json!({})).await,
        verbatim.call("one", json!({})).await,
        // The modern client still holds the list that it was given a moment ago.
        fetch(ask()).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, StatusCode::OK);
        let result = &answer.json()["result"];
        assert_eq!(
            (&result["isError"], &result["_meta"]["tieline/code"]),
            (&json!(true), &json!("connector_removed"))
        );
        assert!(answer.text().contains("removed by an admin"), "{answer:?}");
    }
    assert_eq!(
        server.count("tools/call"),
        calls,
        "the server was not asked"
    );
    assert_eq!(
        session.list().await.tool_names(),
        ["acme__one"],
        "a running session keeps its list"
    );
    let list = fetch(modern(&world, "/mcp", &key, "tools/list", json!({}))).await;
    assert!(list.tool_names().is_empty());
    for answer in [
        fetch(post(
            &world,
            "/mcp/acme",
            &key,
            &[],
            initialize("2025-11-25"),
        ))
        .await,
        fetch(modern(&world, "/mcp/acme", &key, "tools/list", json!({}))).await,
    ] {
        assert_eq!(
            (answer.status, answer.name().as_str()),
            (StatusCode::NOT_FOUND, "connector_not_found")
        );
    }
}

#[tokio::test]
async fn turning_off_ends_a_call_that_is_running() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let hold = server.hold(At::CallTool);
    let running = tokio::spawn(fetch(session.post(call(1, "acme__one", json!({})))));
    eventually(|| server.count("tools/call") == 1).await;
    world
        .hub
        .enable_connector(&Actor::CommandLine, &slug, false)
        .await
        .expect("a connector to turn off");
    let answer = running.await.expect("an ended call");
    assert_eq!(
        answer.json()["result"]["_meta"]["tieline/code"],
        "connector_disabled"
    );
    hold.release();
    let answer = fetch(modern(&world, "/mcp/acme", &key, "tools/list", json!({}))).await;
    assert_eq!(
        (answer.status, answer.name().as_str()),
        (StatusCode::NOT_FOUND, "connector_disabled")
    );

    world
        .hub
        .enable_connector(&Actor::CommandLine, &slug, true)
        .await
        .expect("a connector to turn on");
    assert_eq!(
        session.call("acme__one", json!({})).await.text(),
        "{}",
        "the frozen list works again"
    );
}

#[tokio::test]
async fn w05_a_tool_that_is_turned_off_is_refused_in_a_running_session() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one", "two"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    world
        .hub
        .enable_tool(&Actor::CommandLine, &slug, "one", false)
        .await
        .expect("a tool to turn off");
    let answer = session.call("acme__one", json!({})).await;
    assert_eq!(
        answer.json()["result"]["_meta"]["tieline/code"],
        "tool_unavailable"
    );
    assert_eq!(session.call("acme__two", json!({})).await.text(), "{}");
    // Nobody was given the list that had it, so to a modern client there is no such tool.
    let answer = fetch(modern(
        &world,
        "/mcp",
        &key,
        "tools/call",
        json!({"name": "acme__one", "arguments": {}}),
    ))
    .await;
    assert_eq!(answer.name(), "tool_not_found");
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_an_error_that_a_model_can_read() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    let healthy = FakeMcp::modern().tools(["fine"]).start().await;
    world.connect("Acme", &server).await;
    world.connect("Beta", &healthy).await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    server.shut_down().await;
    for answer in [
        session.call("acme__one", json!({})).await,
        fetch(modern(
            &world,
            "/mcp",
            &key,
            "tools/call",
            json!({"name": "acme__one", "arguments": {}}),
        ))
        .await,
    ] {
        let result = answer.json()["result"].clone();
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(result["isError"], true);
        assert_eq!(result["_meta"]["tieline/code"], "connect_refused");
        assert!(answer.text().starts_with("acme: "), "{answer:?}");
    }
    let list = session.list().await;
    assert_eq!(
        list.tool_names(),
        ["acme__one", "beta__fine"],
        "a failed server is never an empty list"
    );
    assert_eq!(session.call("beta__fine", json!({})).await.text(), "{}");
}
