//! What a legacy server keeps for one session is never reachable from another.

use std::collections::HashSet;

use tieline_domain::Actor;
use tieline_testkit::{FakeMcp, eventually};

use crate::world::{World, word};

const TOKEN: &str = "Bearer session-token-1";
const SESSION: &str = "mcp-session-id";

fn sessions_of_calls(server: &FakeMcp) -> Vec<String> {
    let calls = server.requests_for("tools/call");
    let id =
        |request: &tieline_testkit::RecordedRequest| request.header(SESSION).map(str::to_owned);
    calls.iter().filter_map(id).collect()
}

async fn legacy_server() -> FakeMcp {
    let server = FakeMcp::legacy().with_sessions().without_listen_stream();
    let server = server.tools(["search"]).requiring("authorization", TOKEN);
    server.start().await
}

#[tokio::test]
async fn each_session_has_its_own_session_at_a_legacy_server() {
    let server = legacy_server().await;
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let (ada, bob) = (world.session("Ada").await, world.session("Bob").await);
    for session in [&ada, &bob, &ada, &bob, &ada] {
        assert_eq!(
            word(&world.call(session, "mcp__acme_mcp__search").await),
            "ok"
        );
    }
    let used = sessions_of_calls(&server);
    assert_eq!(used.len(), 5);
    assert_eq!((&used[0], &used[1]), (&used[2], &used[3]));
    assert_eq!(used.iter().collect::<HashSet<_>>().len(), 2);
    // The session of the check that read the tools was ended, and is nobody's.
    eventually(|| server.sessions().len() == 2).await;
    server.assert_every_request_has("authorization", TOKEN);
}

#[tokio::test]
async fn simultaneous_first_calls_of_one_session_open_one_session() {
    let server = legacy_server().await;
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let ada = world.session("Ada").await;
    let call = || world.call(&ada, "mcp__acme_mcp__search");
    let (a, b, c) = tokio::join!(call(), call(), call());
    for outcome in [a, b, c] {
        assert_eq!(word(&outcome), "ok");
    }
    let used = sessions_of_calls(&server);
    assert_eq!(used.iter().collect::<HashSet<_>>().len(), 1, "{used:?}");
}

#[tokio::test]
async fn the_end_of_a_session_ends_it_at_the_server_with_the_auth_header() {
    let server = legacy_server().await;
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let (ada, bob) = (world.session("Ada").await, world.session("Bob").await);
    for session in [&ada, &bob] {
        assert_eq!(
            word(&world.call(session, "mcp__acme_mcp__search").await),
            "ok"
        );
    }
    let used = sessions_of_calls(&server);
    eventually(|| server.sessions().len() == 2).await;
    world.hub.end_session(&ada.key).await;
    assert_eq!(server.sessions(), [used[1].clone()]);
    let ended = server
        .requests()
        .into_iter()
        .rfind(|request| request.method == http::Method::DELETE);
    let ended = ended.expect("a DELETE");
    assert_eq!(ended.header(SESSION), Some(&*used[0]));
    assert_eq!(ended.header("authorization"), Some(TOKEN));
    assert_eq!(word(&world.call(&bob, "mcp__acme_mcp__search").await), "ok");
    server.assert_every_request_has("authorization", TOKEN);
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_opened_again_for_its_owner() {
    let server = legacy_server().await;
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let (ada, bob) = (world.session("Ada").await, world.session("Bob").await);
    for round in 0..3 {
        for session in [&ada, &bob] {
            let outcome = world.call(session, "mcp__acme_mcp__search").await;
            assert_eq!(word(&outcome), "ok", "round {round}");
        }
        server.lose_sessions();
    }
    let used = sessions_of_calls(&server);
    assert_eq!(used.iter().collect::<HashSet<_>>().len(), 6, "{used:?}");
}

#[tokio::test]
async fn a_modern_server_gets_no_session_and_serves_everybody() {
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let world = World::start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let (ada, bob) = (world.session("Ada").await, world.session("Bob").await);
    for session in [&ada, &bob] {
        assert_eq!(
            word(&world.call(session, "mcp__acme_mcp__search").await),
            "ok"
        );
        world.hub.end_session(&session.key).await;
    }
    assert_eq!(server.count("initialize"), 0);
    assert!(sessions_of_calls(&server).is_empty());
    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .unwrap();
}
