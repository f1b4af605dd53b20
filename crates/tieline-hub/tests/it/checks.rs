//! What a background check changes, and what it must leave alone.

use tieline_domain::{Actor, Slug};
use tieline_hub::{ConnectorStatus, ConnectorView, UpdateConnector};
use tieline_testkit::{At, FakeMcp, FakeTool, Fault, eventually};

use crate::world::{World, text, word};

const ADMIN: Actor = Actor::CommandLine;
const TOKEN: &str = "Bearer right-token-0001";

async fn refresh(world: &World, slug: &Slug) {
    let asked = world.hub.refresh_connector(slug).await;
    asked.expect("a connector");
}

fn failing_with(code: &str) -> impl Fn(&ConnectorView) -> bool {
    move |view| view.status == ConnectorStatus::Failing && view.status_code.as_deref() == Some(code)
}

#[tokio::test]
async fn a_failing_check_changes_the_status_and_keeps_the_tools() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search", "create"]).start().await;
    let port = server.address().port();
    let slug = world.connect("Acme MCP", &server, "").await;
    let before = world.hub.catalog();
    server.shut_down().await;
    refresh(&world, &slug).await;
    let view = world.wait_for(&slug, failing_with("connect_refused")).await;
    assert_eq!((view.tools_total, view.tools_enabled), (2, 2));
    assert_eq!(before.revision(), world.hub.catalog().revision());
    let sentence = view.status_message.unwrap();
    assert!(!sentence.is_empty());

    // The first success clears it.
    let _server = FakeMcp::dual()
        .tools(["search", "create"])
        .start_at(port)
        .await;
    let session = world.session("Ada").await;
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    let view = world
        .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
        .await;
    assert_eq!((view.status_code, view.status_message), (None, None));
}

#[tokio::test]
async fn a_refused_token_shows_after_the_first_call_and_clears_with_the_first_success() {
    let world = World::start().await;
    let server = FakeMcp::dual()
        .tools(["search"])
        .requiring("authorization", TOKEN);
    let server = server.start().await;
    let slug = world.connect("Acme MCP", &server, TOKEN).await;
    let session = world.session("Ada").await;
    server.require("authorization", "Bearer somebody-else");
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(word(&outcome), "auth_failed");
    world.wait_for(&slug, failing_with("auth_failed")).await;
    server.require("authorization", TOKEN);
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    world
        .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
        .await;
}

#[tokio::test]
async fn a_server_that_wants_a_person_to_sign_in_is_recognised() {
    let world = World::start().await;
    let server = FakeMcp::dual()
        .requiring("authorization", TOKEN)
        .www_authenticate(
            r#"Bearer resource_metadata="https://id.example/.well-known/oauth-protected-resource""#,
        );
    let server = server.start().await;
    let slug = world.add("Acme MCP", &server.url(), "").await;
    let view = world
        .wait_for(&slug, |view| view.status == ConnectorStatus::NeedsSignIn)
        .await;
    assert_eq!(view.status_code.as_deref(), Some("needs_oauth"));
}

#[tokio::test]
async fn a_list_that_was_read_before_the_connector_moved_is_not_kept() {
    let world = World::start().await;
    let (old, new) = (
        FakeMcp::dual().tools(["old"]).start().await,
        FakeMcp::dual().tools(["new"]).start().await,
    );
    let hold = old.hold(At::ListTools);
    let slug = world.add("Acme MCP", &old.url(), "").await;
    eventually(|| old.count("tools/list") > 0).await;
    let update = UpdateConnector {
        url: Some(new.url()),
        ..UpdateConnector::default()
    };
    world
        .hub
        .update_connector(&ADMIN, &slug, update)
        .await
        .unwrap();
    hold.release();
    world
        .wait_for(&slug, |view| *view.tool_names == ["new"])
        .await;
    assert_eq!(world.session("Ada").await.names(), ["mcp__acme_mcp__new"]);
}

#[tokio::test]
async fn a_check_that_ends_after_the_removal_brings_nothing_back() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let hold = server.hold(At::ListTools);
    let slug = world.add("Acme MCP", &server.url(), "").await;
    eventually(|| server.count("tools/list") > 0).await;
    world.hub.remove_connector(&ADMIN, &slug).await.unwrap();
    hold.release();
    let other = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Other", &other, "").await;
    assert_eq!(world.session("Ada").await.names(), ["mcp__other__search"]);
    assert!(
        world
            .store
            .tools_all()
            .await
            .unwrap()
            .iter()
            .all(|tool| tool.name == "search")
    );
    assert_eq!(world.store.tools_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_malformed_tool_is_left_out_with_a_reason_and_the_others_stay() {
    let world = World::start().await;
    let server = FakeMcp::dual()
        .tools(["search"])
        .tool(FakeTool::raw(r#"{"name":"broken","inputSchema":7}"#))
        .tool(FakeTool::raw(
            r#"{"name":"","inputSchema":{"type":"object"}}"#,
        ));
    let server = server.start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let view = world.view(&slug).await;
    assert_eq!((view.tools_total, view.tools_left_out), (1, 2));
    let tools = world.hub.connector_tools(&slug).await.unwrap();
    for tool in &tools {
        assert_eq!(tool.left_out.is_none(), tool.name == "search", "{tool:?}");
        assert!(
            tool.left_out
                .as_ref()
                .is_none_or(|(code, why)| !code.is_empty() && !why.is_empty())
        );
    }
    assert_eq!(
        world.session("Ada").await.names(),
        ["mcp__acme_mcp__search"]
    );
}

#[tokio::test]
async fn a_restart_knows_the_tools_before_any_server_was_asked() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, TOKEN).await;
    let revision = world.hub.catalog().revision().clone();
    server.shut_down().await;
    let world = world.restarted().await;
    assert_eq!(*world.hub.catalog().revision(), revision);
    assert_eq!(
        world.session("Ada").await.names(),
        ["mcp__acme_mcp__search"]
    );
    world.wait_for(&slug, failing_with("connect_refused")).await;
    assert_eq!(world.hub.catalog().tool_count(), 1);
}

#[tokio::test]
async fn a_server_that_changes_its_era_goes_on_working() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let port = server.address().port();
    let slug = world.connect("Acme MCP", &server, TOKEN).await;
    let session = world.session("Ada").await;
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    let modern = world.view(&slug).await.revision;
    server.shut_down().await;

    let server = FakeMcp::legacy().with_sessions().tools(["search"]);
    let server = server.start_at(port).await;
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(text(&outcome), "{}");
    refresh(&world, &slug).await;
    let now = world.wait_for(&slug, |view| view.revision != modern).await;
    assert_eq!(now.status, ConnectorStatus::Working);
    server.assert_every_request_has("authorization", TOKEN);
}

#[tokio::test]
async fn an_error_while_listing_is_never_an_empty_list() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    for (fault, code) in [
        (Fault::Status(500), "upstream_error"),
        (Fault::Status(401), "auth_failed"),
        (Fault::Html, "bad_content_type"),
    ] {
        server.clear_faults();
        server.set_fault(At::Any, fault.clone());
        refresh(&world, &slug).await;
        let view = world
            .wait_for(&slug, |view| view.status_code.as_deref() == Some(code))
            .await;
        assert_eq!(view.tools_total, 1, "{fault:?}");
    }
}

/// The numbers of a list are in memory, and so is their version: another process's change is seen at once.
#[tokio::test]
async fn a_list_is_never_older_than_the_database() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["one", "two"]).start().await;
    let slug = world.connect("Acme", &server, "").await;
    let other = world.beside().await;
    let on = |view: &ConnectorView| (view.tools_enabled, view.tools_total);
    assert_eq!(on(&other.hub.connector(&slug).await.unwrap()), (2, 2));
    let switched = world.hub.enable_all_tools(&ADMIN, &slug, false).await;
    switched.expect("a connector");
    for hub in [&world.hub, &other.hub] {
        assert_eq!(on(&hub.connector(&slug).await.unwrap()), (0, 2));
    }
    assert_eq!(other.hub.catalog().tool_count(), 2, "nothing told it yet");
    assert_eq!(other.hub.failing_connectors().await.unwrap(), 0);
    server.shut_down().await;
    refresh(&world, &slug).await;
    world.wait_for(&slug, failing_with("connect_refused")).await;
    assert_eq!(other.hub.failing_connectors().await.unwrap(), 1);
}
