//! What an admin decides about a tool holds at once, and a server cannot undo it.

use tieline_domain::{Actor, ToolPolicy};
use tieline_store::StoreError;
use tieline_testkit::{FakeMcp, eventually};

use crate::world::{World, word};

#[tokio::test]
async fn a_policy_is_live_in_sessions_that_run() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search", "delete"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let session = world.session("Ann").await;
    let tool = session.catalog.by_agent_name("mcp__acme_mcp__delete");
    let tool = tool.expect("a tool").clone();
    let hub = &world.hub;
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Allow);
    let set = async |policy| {
        let set = hub.set_tool_policy(&Actor::CommandLine, &slug, "delete", policy);
        set.await.expect("a policy");
    };
    let before = hub.catalog().revision().clone();
    set(ToolPolicy::Ask).await;
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Ask);
    assert_eq!(hub.catalog().revision(), &before, "the tools are the same");
    // Clients of the gateway ask their own user.
    let outcome = world.call(&session, "mcp__acme_mcp__delete").await;
    assert_eq!(word(&outcome), "ok");
    let views = hub.connector_tools(&slug).await.expect("tools");
    let view = views.iter().find(|view| view.name == "delete");
    let view = view.expect("the tool");
    assert_eq!((view.policy, view.enabled), (ToolPolicy::Ask, true));

    set(ToolPolicy::Off).await;
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Off);
    let outcome = world.call(&session, "mcp__acme_mcp__delete").await;
    assert_eq!(word(&outcome), "tool_unavailable");
    let on = hub.enable_tool(&Actor::CommandLine, &slug, "delete", true);
    on.await.expect("on again");
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Ask, "as it was before");

    let off = hub.enable_connector(&Actor::CommandLine, &slug, false);
    off.await.expect("off");
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Off);
    let removed = hub.remove_connector(&Actor::CommandLine, &slug).await;
    removed.expect("removed");
    assert_eq!(hub.policy_of(&tool), ToolPolicy::Off);
}

#[tokio::test]
async fn a_refresh_keeps_the_policy_and_what_is_set_twice_is_recorded_once() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search", "delete"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let tool = world.hub.catalog().tools().last().expect("a tool").clone();
    for _ in 0..2 {
        let set =
            world
                .hub
                .set_tool_policy(&Actor::CommandLine, &slug, &tool.name, ToolPolicy::Ask);
        set.await.expect("a policy");
    }
    server.clear_requests();
    world.hub.refresh_connector(&slug).await.expect("a refresh");
    eventually(|| !server.requests().is_empty()).await;
    world
        .wait_for(&slug, |view| view.checked_at.is_some())
        .await;
    assert_eq!(world.hub.policy_of(&tool), ToolPolicy::Ask);
    let filter = tieline_hub::AuditFilter::default();
    let rows = world.hub.audit_page(None, 50, &filter).await;
    let rows = rows.expect("a page").rows;
    let changes: Vec<_> = rows
        .iter()
        .filter(|row| row.action == "tool.policy_changed")
        .collect();
    assert_eq!(changes.len(), 1);
    assert!(
        changes[0]
            .detail
            .contains(r#""policy":{"after":"ask","before":"allow"}"#)
    );
    let unknown = world
        .hub
        .set_tool_policy(&Actor::CommandLine, &slug, "nothing", ToolPolicy::Ask);
    assert!(matches!(unknown.await, Err(StoreError::NotFound)));
}
