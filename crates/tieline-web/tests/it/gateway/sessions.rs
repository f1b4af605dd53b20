//! Legacy sessions: whose they are, what they keep, and how they end.

use http::StatusCode;
use serde_json::json;
use tieline_testkit::{At, FakeMcp, FakeTool, eventually};
use tieline_web::gateway::GatewaySettings;

use super::client::{Legacy, call, fetch, initialize, modern, post};
use super::world::World;

#[tokio::test]
async fn a_running_session_keeps_its_list_and_the_next_one_sees_the_new_tool() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let running = Legacy::open(&world, "/mcp", &key).await;
    assert_eq!(running.list().await.tool_names(), ["acme__one"]);

    server.set_tools_quietly([FakeTool::echo("one"), FakeTool::echo("two")]);
    world.refresh(&slug, 2).await;
    let other = FakeMcp::legacy().tools(["three"]).start().await;
    world.connect("Beta", &other).await;

    assert_eq!(running.list().await.tool_names(), ["acme__one"]);
    assert_eq!(
        running.call("acme__two", json!({})).await.name(),
        "tool_not_found"
    );
    assert_eq!(
        running.call("acme__one", json!({"n": 1})).await.text(),
        r#"{"n":1}"#
    );
    let next = Legacy::open(&world, "/mcp", &key).await;
    assert_eq!(
        next.list().await.tool_names(),
        ["acme__one", "acme__two", "beta__three"]
    );
    assert_eq!(next.call("beta__three", json!({})).await.text(), "{}");
    // A modern client has no session, so it sees what is there now.
    let list = fetch(modern(&world, "/mcp", &key, "tools/list", json!({}))).await;
    assert_eq!(list.tool_names().len(), 3);
    assert_eq!(list.json()["result"]["ttlMs"], 60_000);
    assert_eq!(list.json()["result"]["cacheScope"], "private");
}

#[tokio::test]
async fn w02_a_session_answers_only_to_the_person_and_the_key_that_opened_it() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let session = Legacy::open(&world, "/mcp", &ada.key).await;
    let second_key = world.key(ada.id).await.0;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for key in [&bob.key, &second_key] {
        let id = ("mcp-session-id", &*session.id);
        let answer = fetch(post(&world, "/mcp", key, &[id], list)).await;
        assert_eq!(
            (answer.status, answer.name().as_str()),
            (StatusCode::NOT_FOUND, "session_not_found")
        );
        let bearer = format!("Bearer {key}");
        let gone = super::client::request(
            &world,
            http::Method::DELETE,
            "/mcp",
            &[("authorization", &*bearer), id],
            "",
        );
        assert_eq!(fetch(gone).await.status, StatusCode::NOT_FOUND);
    }
    let answer = fetch(post(
        &world,
        "/mcp",
        "tl_nobody",
        &[("mcp-session-id", &*session.id)],
        list,
    ))
    .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let elsewhere = fetch(post(
        &world,
        "/mcp/acme",
        &ada.key,
        &[("mcp-session-id", &*session.id)],
        list,
    ))
    .await;
    assert_eq!(
        elsewhere.status,
        StatusCode::NOT_FOUND,
        "a session belongs to its endpoint"
    );
    assert_eq!(session.list().await.tool_names(), ["acme__one"]);
}

#[tokio::test]
async fn w02_session_ids_cannot_be_guessed_and_are_visible_ascii() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let id = Legacy::open(&world, "/mcp", &key).await.id;
        assert!(
            id.len() >= 22 && id.bytes().all(|byte| byte.is_ascii_graphic()),
            "{id}"
        );
        assert!(seen.insert(id));
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_and_so_is_what_it_had_open_at_servers() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["one"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let before = server.sessions().len();
    let session = Legacy::open(&world, "/mcp", &key).await;
    assert_eq!(session.call("acme__one", json!({})).await.text(), "{}");
    assert_eq!(server.sessions().len(), before + 1);
    let answer = session.delete().await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(session.delete().await.status, StatusCode::NOT_FOUND);
    assert_eq!(session.list().await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.gateway.sessions().count(), 0);
    eventually(|| server.sessions().len() == before).await;
}

/// A server that keeps something per session never mixes two people, nor two sessions of one.
#[tokio::test]
async fn no_two_sessions_share_one_at_a_server() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["one"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    for key in [&ada, &ada, &bob] {
        let session = Legacy::open(&world, "/mcp", key).await;
        for _ in 0..2 {
            assert_eq!(session.call("acme__one", json!({})).await.text(), "{}");
        }
    }
    for key in [&ada, &bob] {
        let params = json!({"name": "acme__one", "arguments": {}});
        assert_eq!(
            fetch(modern(&world, "/mcp", key, "tools/call", params))
                .await
                .text(),
            "{}"
        );
    }
    let calls = server.requests_for("tools/call");
    let ids: Vec<_> = calls
        .iter()
        .map(|call| call.header("mcp-session-id").expect("a session").to_owned())
        .collect();
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (8, 5), "{ids:?}");
    assert_eq!((&ids[0], &ids[2], &ids[4]), (&ids[1], &ids[3], &ids[5]));
}

#[tokio::test]
async fn the_session_that_was_idle_longest_makes_room() {
    let settings = GatewaySettings {
        sessions_per_key: 2,
        ..Default::default()
    };
    let world = World::with(settings).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let first = Legacy::open(&world, "/mcp", &ada).await;
    let second = Legacy::open(&world, "/mcp", &ada).await;
    let other = Legacy::open(&world, "/mcp", &bob).await;
    assert_eq!(first.list().await.status, StatusCode::OK);
    let third = Legacy::open(&world, "/mcp", &ada).await;
    assert_eq!(second.list().await.status, StatusCode::NOT_FOUND);
    for session in [&first, &third, &other] {
        assert_eq!(session.list().await.status, StatusCode::OK);
    }
    assert_eq!(world.gateway.sessions().count(), 3);
}

#[tokio::test]
async fn a_client_cancels_its_own_call_and_nobody_elses() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["one"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let (ada, bob) = (world.person("Ada").await.key, world.person("Bob").await.key);
    let ada = Legacy::open(&world, "/mcp", &ada).await;
    let bob = Legacy::open(&world, "/mcp", &bob).await;
    let hold = server.hold(At::CallTool);
    let running = tokio::spawn(fetch(ada.post(call(5, "acme__one", json!({})))));
    let others = tokio::spawn(fetch(bob.post(call(5, "acme__one", json!({})))));
    eventually(|| server.count("tools/call") == 2).await;

    let cancelled = |id: u32| {
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
            .to_string()
    };
    assert_eq!(bob.send(cancelled(6)).await.status, StatusCode::ACCEPTED);
    assert!(!running.is_finished() && !others.is_finished());
    assert_eq!(bob.send(cancelled(5)).await.status, StatusCode::ACCEPTED);
    let answer = others.await.expect("an ended call");
    assert_eq!(answer.json()["result"]["isError"], true);
    assert_eq!(
        answer.json()["result"]["_meta"]["tieline/code"],
        "cancelled"
    );
    assert!(
        !running.is_finished(),
        "the same id of somebody else is another call"
    );
    eventually(|| server.count("notifications/cancelled") == 1).await;
    hold.release();
    assert_eq!(running.await.expect("an ended call").text(), "{}");
}

#[tokio::test]
async fn ping_and_initialized_are_answered_here() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let session = Legacy::open(&world, "/mcp", &key).await;
    let answer = session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::ACCEPTED, "")
    );
    let answer = session
        .send(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
        .await;
    assert_eq!(answer.body, r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
    let answer = session
        .send(r#"{"jsonrpc":"2.0","id":2,"method":"resources/nothing"}"#)
        .await;
    assert_eq!((answer.status, answer.code()), (StatusCode::OK, -32601));
    let answer = session
        .send(r#"{"jsonrpc":"2.0","id":"theirs","result":{}}"#)
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn each_legacy_revision_is_agreed_on_and_batches_only_where_they_exist() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let batch = format!(
        r#"[{},{},{{"jsonrpc":"2.0","method":"notifications/initialized"}},{{"jsonrpc":"2.0","id":3,"method":"initialize"}},{{"jsonrpc":"2.0","id":4}}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        call(2, "acme__one", json!({"a": 1.5})),
    );
    for revision in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let session = Legacy::open_at(&world, "/mcp", &key, revision).await;
        let answer = session.send(batch.clone()).await;
        if revision != "2025-03-26" {
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::BAD_REQUEST, -32600),
                "{revision}"
            );
            continue;
        }
        let answers = answer.json();
        assert_eq!(answers.as_array().map(Vec::len), Some(4), "{answer:?}");
        assert_eq!(answers[0]["result"], json!({}));
        assert_eq!(answers[1]["result"]["content"][0]["text"], r#"{"a":1.5}"#);
        assert_eq!(answers[2]["error"]["code"], -32600);
        assert_eq!(answers[3]["error"]["code"], -32600);
        let answer = session
            .send(r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#)
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::ACCEPTED, "")
        );
    }
    let answer = fetch(post(&world, "/mcp", &key, &[], initialize("2099-01-01"))).await;
    assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25");
    let answer = fetch(post(
        &world,
        "/mcp",
        &key,
        &[],
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
    ))
    .await;
    assert_eq!(answer.code(), -32602);
}

#[tokio::test]
async fn a_session_says_who_the_gateway_is_and_announces_no_changes() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .tools(["one"])
        .instructions("Ask for one.")
        .start()
        .await;
    world.connect("Acme MCP", &server).await;
    let key = world.person("Ada").await.key;
    let all = fetch(post(&world, "/mcp", &key, &[], initialize("2025-11-25")))
        .await
        .json();
    assert_eq!(all["result"]["serverInfo"]["name"], "tieline");
    assert_eq!(all["result"]["capabilities"], json!({"tools": {}}));
    let instructions = all["result"]["instructions"]
        .as_str()
        .expect("instructions");
    assert!(
        instructions.contains("acme_mcp: Acme MCP\nAsk for one."),
        "{instructions}"
    );
    let one = fetch(post(
        &world,
        "/mcp/acme_mcp",
        &key,
        &[],
        initialize("2025-11-25"),
    ))
    .await
    .json();
    assert_eq!(one["result"]["instructions"], "Ask for one.");
    assert_eq!(one["result"]["serverInfo"]["title"], "Acme MCP");
    let discover = fetch(modern(&world, "/mcp", &key, "server/discover", json!({})))
        .await
        .json();
    assert_eq!(
        discover["result"]["supportedVersions"],
        json!([
            "2026-07-28",
            "2025-11-25",
            "2025-06-18",
            "2025-03-26",
            "2024-11-05"
        ])
    );
    assert_eq!(discover["result"]["instructions"], instructions);
    assert_eq!(discover["result"]["resultType"], "complete");
}

#[tokio::test]
async fn the_page_that_waits_for_a_client_hears_of_it() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let mut seen = world.hub.subscribe_clients();
    Legacy::open(&world, "/mcp", &ada.key).await.list().await;
    let client = seen.recv().await.expect("an announcement");
    assert_eq!(
        (client.user, client.key, client.tools),
        (ada.id, Some(ada.key_id), 1)
    );
    assert_eq!(client.client, "raw 1");
    fetch(modern(&world, "/mcp", &ada.key, "tools/list", json!({}))).await;
    assert_eq!(seen.recv().await.expect("an announcement").client, "raw 1");
}

#[tokio::test]
async fn an_idle_session_ends_and_one_with_a_running_call_does_not() {
    let settings = GatewaySettings {
        session_idle: std::time::Duration::ZERO,
        ..Default::default()
    };
    let world = World::with(settings).await;
    let server = FakeMcp::modern().tools(["one"]).start().await;
    world.connect("Acme", &server).await;
    let key = world.person("Ada").await.key;
    let idle = Legacy::open(&world, "/mcp", &key).await;
    let busy = Legacy::open(&world, "/mcp", &key).await;
    let hold = server.hold(At::CallTool);
    let running = tokio::spawn(fetch(busy.post(call(1, "acme__one", json!({})))));
    eventually(|| server.count("tools/call") == 1).await;

    let sweep = || {
        let (gateway, stop) = (
            world.gateway.clone(),
            tokio_util::sync::CancellationToken::new(),
        );
        let token = stop.clone();
        (
            stop.drop_guard(),
            tokio::spawn(async move { gateway.run_background(token).await }),
        )
    };
    let _sweeping = sweep();
    eventually(|| world.gateway.sessions().count() == 1).await;
    assert_eq!(idle.list().await.status, StatusCode::NOT_FOUND);
    hold.release();
    assert_eq!(running.await.expect("an ended call").text(), "{}");
    let _sweeping = sweep();
    eventually(|| world.gateway.sessions().count() == 0).await;
}
