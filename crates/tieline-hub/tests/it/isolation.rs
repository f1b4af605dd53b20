//! One server that hangs, dies or lies changes nothing for the others.

use std::time::Duration;

use tieline_hub::{ConnectorStatus, HubSettings};
use tieline_mcp::Limits;
use tieline_testkit::{At, FakeMcp, Fault, eventually, free_port};
use tokio::time::timeout;

use crate::world::{AT_ONCE, World, settings, word};

#[tokio::test]
async fn hanging_and_dead_servers_delay_neither_sessions_nor_others() {
    let world = World::start().await;
    let good = FakeMcp::dual().tools(["search"]).start().await;
    let hanging = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Hanging", &hanging, "").await;
    hanging.set_fault(At::Any, Fault::Hang);
    world
        .add("Hanging from the start", &hanging.url(), "")
        .await;
    let dead = format!("http://127.0.0.1:{}/mcp", free_port());
    world.add("Dead", &dead, "").await;
    world.connect("Good", &good, "").await;

    let session = world.session("Ada").await;
    assert_eq!(
        session.names(),
        ["mcp__good__search", "mcp__hanging__search"]
    );
    let started = timeout(AT_ONCE, async {
        let hanging = world.call(&session, "mcp__hanging__search");
        let good = world.call(&session, "mcp__good__search");
        tokio::select! {
            outcome = hanging => panic!("a server that hangs answered: {outcome:?}"),
            outcome = good => word(&outcome),
        }
    });
    assert_eq!(started.await.expect("within a second"), "ok");
    let listed = timeout(AT_ONCE, world.hub.list_connectors());
    let listed = listed.await.expect("within a second").unwrap();
    assert_eq!(listed.connectors.len(), 4);
}

#[tokio::test]
async fn more_hanging_servers_than_checks_at_once_do_not_keep_a_new_one_waiting() {
    let settings = HubSettings {
        parallel_checks: 2,
        ..settings()
    };
    let world = World::with(settings).await;
    let hanging = FakeMcp::dual().fault(At::Any, Fault::Hang).start().await;
    for number in 0..4 {
        world
            .add(&format!("Hanging {number}"), &hanging.url(), "")
            .await;
    }
    eventually(|| !hanging.requests().is_empty()).await;
    let good = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Good", &good, "").await;
}

#[tokio::test]
async fn a_server_that_never_ends_its_answer_costs_only_its_own_call() {
    let limits = Limits {
        idle: Duration::from_millis(200),
        ..Limits::default()
    };
    let world = World::with(HubSettings {
        limits,
        ..settings()
    })
    .await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, "").await;
    let session = world.session("Ada").await;
    for fault in [
        Fault::EndlessBody,
        Fault::EndlessEvent,
        Fault::SilentSse,
        Fault::SseEndsEarly,
        Fault::CutAfter(20),
        Fault::Html,
        Fault::WrongId,
        Fault::Redirect("http://127.0.0.1:1/mcp".to_owned()),
    ] {
        server.set_fault_times(At::CallTool, fault.clone(), 1);
        let outcome = world.call(&session, "mcp__acme_mcp__search").await;
        assert_eq!(outcome.word(), "upstream_failure", "{fault:?}: {outcome:?}");
    }
    let calls = server.count("tools/call");
    assert_eq!(calls, 8, "no call is sent twice once bytes were sent");
    server.clear_faults();
    world.hub.refresh_connector(&slug).await.unwrap();
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    world
        .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
        .await;
}
