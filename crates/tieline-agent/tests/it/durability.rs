//! Processes that die, and several that live.

use std::time::Duration;

use tieline_agent::{AgentSettings, Follow, SessionState};
use tieline_testkit::{At, FakeMcp, Fault, ModelReply, eventually, eventually_async};

use crate::world::{World, assert_growing, calls, last_results, lines, one};

fn only_server() -> AgentSettings {
    AgentSettings {
        only_server: true,
        ..AgentSettings::default()
    }
}

#[tokio::test]
async fn a_restart_marks_the_turn_and_runs_nothing_twice() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["quick", "pay"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    server.set_fault_times(At::CallTool, Fault::Hang, 1);
    world
        .model
        .then(ModelReply::text(["I will pay."]).tool("a", "mcp__acme__pay", ["{}"]));
    let sent = world
        .agent
        .send(&ada, id, "Pay".to_owned())
        .await
        .expect("sent");
    eventually(|| server.count("tools/call") == 1).await;
    world.send(&ada, id, "And then?").await;
    let before = world.events(&ada, id, 0, Follow::Always);
    drop(before);
    // As good as dead: the next process does not ask it.
    let next = world.beside(only_server()).await;
    world.kill();
    world
        .model
        .then(ModelReply::text(["You have paid, perhaps."]));
    let shown = next.idle(&ada, id).await;
    assert_eq!(
        lines(&shown),
        [
            "user: Pay",
            "text: I will pay.",
            "tool: pay upstream_failure",
            "note: Interrupted interrupted",
            "user: And then?",
            "text: You have paid, perhaps."
        ]
    );
    assert_eq!(server.count("tools/call"), 1, "nothing runs twice");
    let asked = next.asked().pop().expect("asked");
    let results = last_results(&asked);
    assert_eq!(results.len(), 1, "{asked}");
    assert!(
        results[0]
            .to_string()
            .contains("may or may not have been carried out"),
        "{asked}"
    );
    let events = next
        .events(&ada, id, sent.after, Follow::Turn(sent.turn))
        .await;
    assert_growing(&events);
    assert_eq!(one(&events, "turn.failed")["code"], "interrupted");
    // Numbers that the dead process may have shown are not used again.
    let failed = one(&events, "tool.finished")["id"]
        .as_u64()
        .expect("a number");
    assert!(failed > 10_000, "{failed}");
}

#[tokio::test]
async fn results_that_came_before_the_end_are_kept() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["quick", "pay"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(calls([
        ("mcp__acme__quick", r#"{"text":"first"}"#),
        ("mcp__acme__pay", "{}"),
    ]));
    let hold = server.hold(At::CallTool);
    world.send(&ada, id, "Go").await;
    eventually(|| server.count("tools/call") == 2).await;
    drop(hold);
    world.kill();
    let next = world.beside(only_server()).await;
    let shown = next.idle(&ada, id).await;
    assert_eq!(
        lines(&shown).last().map(String::as_str),
        Some("note: Interrupted interrupted")
    );
    next.model.always(|_| ModelReply::text(["ok"]));
    next.turn(&ada, id, "And?").await;
    assert_eq!(last_results(&next.asked().pop().expect("asked")).len(), 2);
}

#[tokio::test]
async fn a_second_process_leaves_live_turns_alone_until_their_lease_is_over() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(ModelReply::hang());
    world.send(&ada, id, "Hi").await;
    eventually(|| world.model.in_flight() == 1).await;
    let other = world.beside(AgentSettings::default()).await;
    let command = world
        .beside(AgentSettings {
            takes_over: false,
            ..AgentSettings::default()
        })
        .await;
    assert_eq!(
        other.transcript(&ada, id).await.state,
        SessionState::Running
    );
    assert_eq!(
        command.transcript(&ada, id).await.state,
        SessionState::Running
    );
    // What is typed at another process waits for the one that runs the turn, and so does a stop.
    other.send(&ada, id, "From elsewhere").await;
    assert_eq!(other.transcript(&ada, id).await.queued_texts.len(), 1);
    world.model.then(ModelReply::text(["ok"]));
    assert!(other.agent.stop(&ada, id).await.expect("asked"));
    assert_eq!(
        lines(&other.idle(&ada, id).await),
        [
            "user: Hi",
            "note: Stopped -",
            "user: From elsewhere",
            "text: ok"
        ]
    );
}

#[tokio::test]
async fn a_lease_that_is_over_frees_the_session() {
    let world = World::with(AgentSettings {
        // It gives no sign of life to others: its clock is theirs, and it does not tick.
        lease: Duration::from_secs(5),
        ..AgentSettings::default()
    })
    .await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(ModelReply::hang());
    let sent = world
        .agent
        .send(&ada, id, "Hi".to_owned())
        .await
        .expect("sent");
    eventually(|| world.model.in_flight() == 1).await;
    let settings = AgentSettings {
        lease: Duration::ZERO,
        ..AgentSettings::default()
    };
    let _time = world.time_passes();
    let other = world.beside(settings).await;
    let events = other
        .events(&ada, id, sent.after, Follow::Turn(sent.turn))
        .await;
    assert_eq!(one(&events, "turn.failed")["code"], "interrupted");
    // The first process notices that the turn is not its own any more.
    world.agent.stop(&ada, id).await.expect("asked");
    eventually_async(|| async {
        let state = world.transcript(&ada, id).await.state;
        (state == SessionState::Idle).then_some(())
    })
    .await;
    let all = other.events(&ada, id, 0, Follow::UntilIdle).await;
    assert_growing(&all);
}

#[tokio::test]
async fn a_command_frees_the_session_that_it_works_in_and_leaves_others_alone() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let (here, there) = (world.session(&ada).await, world.session(&ada).await);
    world
        .model
        .then(ModelReply::hang())
        .then(ModelReply::hang());
    for id in [here, there] {
        world.send(&ada, id, "Hi").await;
        world.send(&ada, id, "And").await;
    }
    eventually(|| world.model.in_flight() == 2).await;
    let _time = world.time_passes();
    let command = world
        .beside(AgentSettings {
            takes_over: false,
            lease: Duration::ZERO,
            ..AgentSettings::default()
        })
        .await;
    world.model.always(|_| ModelReply::text(["ok"]));
    let events = command.turn(&ada, here, "Are you there?").await;
    assert_eq!(
        events.last().expect("an end")["stop_reason"],
        "end_turn",
        "{events:?}"
    );
    let shown = lines(&command.idle(&ada, here).await);
    assert_eq!(
        shown,
        [
            "user: Hi",
            "note: Interrupted interrupted",
            "user: And",
            "text: ok",
            "user: Are you there?",
            "text: ok"
        ]
    );
    assert_eq!(
        command.transcript(&ada, there).await.state,
        SessionState::Running
    );
}

#[tokio::test]
async fn an_orderly_end_says_so_and_refuses_what_comes_after() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(ModelReply::text(["Well"]).pause());
    world.send(&ada, id, "Hi").await;
    eventually(|| world.model.in_flight() == 1).await;
    world.agent.close().await;
    assert_eq!(
        lines(&world.transcript(&ada, id).await)
            .last()
            .map(String::as_str),
        Some("note: Interrupted interrupted")
    );
    let late = world
        .agent
        .send(&ada, id, "More".to_owned())
        .await
        .expect_err("closing");
    assert_eq!(late.code(), "stopping");
}

#[tokio::test]
async fn what_had_only_waited_runs_after_the_restart() {
    let world = World::with(AgentSettings {
        max_running: 1,
        ..AgentSettings::default()
    })
    .await;
    let ada = world.person("Ada").await;
    let (runs, waits) = (world.session(&ada).await, world.session(&ada).await);
    world.model.then(ModelReply::hang());
    world.send(&ada, runs, "one").await;
    eventually(|| world.model.in_flight() == 1).await;
    world.send(&ada, runs, "behind it").await;
    world.send(&ada, waits, "two").await;
    world.agent.close().await;
    world.model.always(|_| ModelReply::text(["ok"]));
    let next = world.beside(only_server()).await;
    assert_eq!(
        lines(&next.idle(&ada, waits).await),
        ["user: two", "text: ok"]
    );
    eventually_async(|| async {
        let shown = lines(&next.transcript(&ada, runs).await);
        let all = [
            "user: one",
            "note: Interrupted interrupted",
            "user: behind it",
            "text: ok",
        ];
        (shown == all).then_some(())
    })
    .await;
}

#[tokio::test]
async fn frozen_tools_survive_a_restart() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let before = world.agent.session(&ada, id).await.expect("a session");
    server.set_tools([tieline_testkit::FakeTool::echo("other")]);
    world.hub.refresh_connector(&slug).await.expect("asked");
    eventually(|| {
        world
            .hub
            .catalog()
            .by_agent_name("mcp__acme__other")
            .is_some()
    })
    .await;
    world.kill();
    let next = world.beside(only_server()).await;
    let tools = next.agent.tools(&ada, id).await.expect("tools");
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].name, "mcp__acme__search");
    let after = next.agent.session(&ada, id).await.expect("a session");
    assert_eq!(after.catalog_revision, before.catalog_revision);
    assert_eq!(after.tokens, before.tokens);
    assert_eq!(
        after.changes.notes,
        ["Acme has 1 new tool and no longer offers 1 tool."]
    );
}
