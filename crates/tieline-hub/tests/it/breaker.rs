//! A server that fails five times in a row is left alone for a moment, and only that server.

use tieline_testkit::{At, FakeMcp, Fault, eventually_async};

use crate::world::{World, word};

#[tokio::test]
async fn calls_fail_at_once_after_five_failures_until_a_probe_succeeds() {
    let world = World::start().await;
    let (server, other) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    world.connect("Acme MCP", &server, "").await;
    world.connect("Other", &other, "").await;
    let session = world.session("Ada").await;
    server.set_fault(At::CallTool, Fault::Status(500));
    for _ in 0..5 {
        let outcome = world.call(&session, "mcp__acme_mcp__search").await;
        assert_eq!(word(&outcome), "upstream_error");
    }
    let outcome = world.call(&session, "mcp__acme_mcp__search").await;
    assert_eq!(word(&outcome), "connector_paused");
    assert_eq!(server.count("tools/call"), 5);
    assert_eq!(
        word(&world.call(&session, "mcp__other__search").await),
        "ok"
    );

    server.clear_faults();
    eventually_async(|| async {
        let outcome = world.call(&session, "mcp__acme_mcp__search").await;
        (word(&outcome) == "ok").then_some(())
    })
    .await;
    assert_eq!(server.count("tools/call"), 6);
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
}

#[tokio::test]
async fn a_refused_token_does_not_open_the_breaker() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Acme MCP", &server, "").await;
    let session = world.session("Ada").await;
    server.require("authorization", "Bearer somebody-else");
    for _ in 0..7 {
        let outcome = world.call(&session, "mcp__acme_mcp__search").await;
        assert_eq!(word(&outcome), "auth_failed");
    }
}
