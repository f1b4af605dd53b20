//! Removing, turning off and revoking are the emergency brake: they act on sessions that run and on calls in flight.

use std::sync::Arc;

use tieline_domain::{Actor, Slug};
use tieline_testkit::{At, FakeMcp, eventually};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::world::{AT_ONCE, Session, World, word};

const ADMIN: Actor = Actor::CommandLine;

async fn world_with(server: &FakeMcp) -> (Arc<World>, Arc<Session>, Slug) {
    let world = World::start().await;
    let slug = world.connect("Acme MCP", server, "secret-token-1").await;
    let session = world.session("Ada").await;
    (Arc::new(world), Arc::new(session), slug)
}

/// A call that the server is answering until the test lets it go.
async fn call_in_flight(
    world: &Arc<World>,
    session: &Arc<Session>,
    server: &FakeMcp,
) -> JoinHandle<&'static str> {
    let _hold = server.hold(At::CallTool);
    let (world, session) = (world.clone(), session.clone());
    let before = server.count("tools/call");
    let call =
        tokio::spawn(async move { word(&world.call(&session, "mcp__acme_mcp__search").await) });
    eventually(|| server.count("tools/call") > before).await;
    call
}

async fn server() -> FakeMcp {
    let server = FakeMcp::dual().without_listen_stream();
    server.tools(["search"]).start().await
}

#[tokio::test]
async fn a_removed_connector_stops_at_the_next_call() {
    let server = server().await;
    let (world, session, slug) = world_with(&server).await;
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    world.hub.remove_connector(&ADMIN, &slug).await.unwrap();
    let asked = server.requests().len();
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(word(&outcome), "connector_removed");
    assert_eq!(server.requests().len(), asked);
    assert!(world.session("Bob").await.names().is_empty());
}

#[tokio::test]
async fn a_connector_that_is_off_works_again_in_the_same_session_once_it_is_on() {
    let server = server().await;
    let (world, session, slug) = world_with(&server).await;
    world
        .hub
        .enable_connector(&ADMIN, &slug, false)
        .await
        .unwrap();
    let asked = server.requests().len();
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(word(&outcome), "connector_disabled");
    assert_eq!(server.requests().len(), asked);
    assert!(world.hub.catalog().tools().next().is_none());
    world
        .hub
        .enable_connector(&ADMIN, &slug, true)
        .await
        .unwrap();
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
}

#[tokio::test]
async fn a_tool_that_is_off_is_refused_and_leaves_the_next_list() {
    let server = FakeMcp::dual().tools(["search", "create"]).start().await;
    let (world, session, slug) = world_with(&server).await;
    world
        .hub
        .enable_tool(&ADMIN, &slug, "search", false)
        .await
        .unwrap();
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(word(&outcome), "tool_unavailable");
    assert_eq!(server.count("tools/call"), 0);
    assert_eq!(
        world.session("Bob").await.names(),
        ["mcp__acme_mcp__create"]
    );
    // A later list of the server does not turn it on again.
    world.hub.refresh_connector(&slug).await.unwrap();
    let lists = server.count("tools/list");
    eventually(|| server.count("tools/list") > lists || lists > 1).await;
    assert_eq!(world.view(&slug).await.tools_enabled, 1);
}

#[tokio::test]
async fn removal_ends_a_call_in_flight_within_a_second() {
    let server = server().await;
    let (world, session, slug) = world_with(&server).await;
    let call = call_in_flight(&world, &session, &server).await;
    world.hub.remove_connector(&ADMIN, &slug).await.unwrap();
    let ended = timeout(AT_ONCE, call).await.expect("within a second");
    assert_eq!(ended.unwrap(), "connector_removed");
    // The server's side of the call is gone as well.
    eventually(|| server.in_flight() == 0).await;
}

#[tokio::test]
async fn turning_off_ends_a_call_in_flight_within_a_second() {
    let server = server().await;
    let (world, session, slug) = world_with(&server).await;
    let call = call_in_flight(&world, &session, &server).await;
    world
        .hub
        .enable_connector(&ADMIN, &slug, false)
        .await
        .unwrap();
    let ended = timeout(AT_ONCE, call).await.expect("within a second");
    assert_eq!(ended.unwrap(), "connector_disabled");
    eventually(|| server.in_flight() == 0).await;
}

#[tokio::test]
async fn what_another_process_removes_ends_a_call_in_flight_within_a_second() {
    let server = server().await;
    let (world, session, slug) = world_with(&server).await;
    let beside = world.beside().await;
    for round in 0..3 {
        let call = call_in_flight(&world, &session, &server).await;
        let off = beside.hub.enable_connector(&ADMIN, &slug, false);
        off.await.unwrap();
        let ended = timeout(AT_ONCE, call).await.expect("within a second");
        assert_eq!(ended.unwrap(), "connector_disabled", "round {round}");
        server.clear_faults();
        beside
            .hub
            .enable_connector(&ADMIN, &slug, true)
            .await
            .unwrap();
        eventually(|| world.hub.catalog().tool_count() == 1).await;
    }
}

#[tokio::test]
async fn other_connectors_go_on_when_one_is_removed() {
    let (kept, removed) = (server().await, server().await);
    let (world, session, _) = world_with(&kept).await;
    let other = world.connect("Other", &removed, "").await;
    let call = call_in_flight(&world, &session, &kept).await;
    world.hub.remove_connector(&ADMIN, &other).await.unwrap();
    kept.clear_faults();
    assert!(!call.is_finished());
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    call.abort();
}
