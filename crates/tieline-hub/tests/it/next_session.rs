//! New tools wait for the next session; what a session began with stays its list.

use tieline_testkit::{FakeMcp, FakeTool, eventually};

use crate::world::{World, text, word};

fn names(server: &FakeMcp, names: &[&str]) {
    server.set_tools_quietly(names.iter().map(|name| FakeTool::echo(name)));
}

#[tokio::test]
async fn a_running_session_keeps_its_list_and_a_new_one_sees_the_new_tool() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let running = world.session("Ada").await;

    names(&server, &["search", "create"]);
    world.hub.refresh_connector(&slug).await.unwrap();
    world.wait_for(&slug, |view| view.tools_total == 2).await;
    eventually(|| world.hub.catalog().tool_count() == 2).await;

    assert_eq!(running.names(), ["mcp__acme_mcp__search"]);
    assert_ne!(running.catalog.revision(), world.hub.catalog().revision());
    let next = world.session("Bob").await;
    assert_eq!(
        next.names(),
        ["mcp__acme_mcp__search", "mcp__acme_mcp__create"]
    );
    for session in [&running, &next] {
        let outcome = world.call(session, "mcp__acme_mcp__search").await;
        assert_eq!(text(&outcome), "{}");
    }
    assert_eq!(
        word(&world.call(&next, "mcp__acme_mcp__create").await),
        "ok"
    );
}

#[tokio::test]
async fn a_connector_that_is_added_reaches_only_the_next_session() {
    let world = World::start().await;
    let running = world.session("Ada").await;
    let server = FakeMcp::modern().tools(["search"]).start().await;
    world.connect("Acme MCP", &server, "").await;
    assert!(running.names().is_empty());
    assert_eq!(
        world.session("Bob").await.names(),
        ["mcp__acme_mcp__search"]
    );
}

#[tokio::test]
async fn a_changed_list_that_the_server_announces_reaches_the_next_session() {
    let world = World::start().await;
    for server in [FakeMcp::modern(), FakeMcp::legacy().with_sessions()] {
        let server = server.tools(["search"]).start().await;
        let slug = world.connect("Acme MCP", &server, "").await;
        eventually(|| server.listeners() > 0).await;
        server.set_tools([FakeTool::echo("search"), FakeTool::echo("create")]);
        eventually(|| world.hub.catalog().tool_count() == 2).await;
        let actor = tieline_domain::Actor::CommandLine;
        world.hub.remove_connector(&actor, &slug).await.unwrap();
        // The stream carries the old credential, so it ends with the connector.
        eventually(|| server.listeners() == 0).await;
    }
}

#[tokio::test]
async fn a_tool_that_its_server_withdrew_is_refused_without_asking_the_server() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search", "create"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let running = world.session("Ada").await;
    names(&server, &["search"]);
    world.hub.refresh_connector(&slug).await.unwrap();
    eventually(|| world.hub.catalog().tool_count() == 1).await;
    let outcome = world.call(&running, "mcp__acme_mcp__create").await;
    assert_eq!(word(&outcome), "tool_unavailable");
    assert_eq!(server.count("tools/call"), 0);
}

#[tokio::test]
async fn what_the_catalogue_says_about_a_connector_is_current_although_no_tool_changed() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let update = tieline_hub::UpdateConnector {
        name: Some("Acme production".to_owned()),
        ..tieline_hub::UpdateConnector::default()
    };
    let actor = tieline_domain::Actor::CommandLine;
    world
        .hub
        .update_connector(&actor, &slug, update)
        .await
        .unwrap();
    let catalog = world.hub.catalog();
    assert_eq!(
        catalog.connector("acme_mcp").unwrap().name,
        "Acme production"
    );
}
