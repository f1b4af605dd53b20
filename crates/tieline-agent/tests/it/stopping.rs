//! Stop, and what was typed meanwhile.

use std::time::Duration;

use tieline_agent::{AgentSettings, Follow, SessionState};
use tieline_domain::Actor;
use tieline_hub::UserChange;
use tieline_testkit::{At, FakeMcp, Fault, ModelReply, eventually, eventually_async};

use crate::world::{World, calls, last_results, lines, one, tools};

#[tokio::test]
async fn stop_ends_the_model_and_keeps_what_it_said() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(ModelReply::text(["Once upon"]).pause());
    let sent = world
        .agent
        .send(&ada, id, "Tell".to_owned())
        .await
        .expect("sent");
    let mut stream = world
        .agent
        .events(&ada, id, sent.after, Follow::Always)
        .await
        .expect("events");
    crate::world::until(&mut stream, "text.delta").await;
    assert!(world.agent.stop(&ada, id).await.expect("stopped"));
    let events = world
        .events(&ada, id, sent.after, Follow::Turn(sent.turn))
        .await;
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "stopped");
    eventually(|| world.model.in_flight() == 0).await;
    assert_eq!(
        lines(&world.idle(&ada, id).await),
        ["user: Tell", "text: Once upon", "note: Stopped -"]
    );
    assert!(!world.agent.stop(&ada, id).await.expect("nothing runs"));
    world.model.then(ModelReply::text(["a time"]));
    world.turn(&ada, id, "Go on").await;
    let asked = world.asked().pop().expect("asked");
    assert_eq!(asked["messages"][1]["content"][0]["text"], "Once upon");
}

#[tokio::test]
async fn stop_cancels_the_calls_and_each_still_has_a_result() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["quick", "slow"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    server.set_fault(At::CallTool, Fault::Hang);
    world.model.then(calls([
        ("mcp__acme__quick", "{}"),
        ("mcp__acme__slow", "{}"),
    ]));
    world.send(&ada, id, "Go").await;
    eventually(|| server.count("tools/call") == 2).await;
    let began = std::time::Instant::now();
    world.agent.stop(&ada, id).await.expect("stopped");
    let shown = world.idle(&ada, id).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(
        lines(&shown),
        [
            "user: Go",
            "tool: quick upstream_failure",
            "tool: slow upstream_failure",
            "note: Stopped -"
        ]
    );
    assert_eq!(tools(&shown)[0].code.as_deref(), Some("cancelled"));
    server.clear_faults();
    world.model.then(ModelReply::text(["ok"]));
    world.turn(&ada, id, "And now?").await;
    let asked = world.asked().pop().expect("asked");
    assert_eq!(last_results(&asked).len(), 2, "{asked}");
    assert_eq!(server.count("tools/call"), 2, "nothing is called again");
}

#[tokio::test]
async fn text_typed_meanwhile_waits_and_comes_next() {
    let world = World::with(AgentSettings {
        queued_texts: 2,
        ..AgentSettings::default()
    })
    .await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(ModelReply::hang())
        .then(ModelReply::text(["two"]))
        .then(ModelReply::text(["three"]));
    world.send(&ada, id, "one").await;
    let second = world
        .agent
        .send(&ada, id, "second".to_owned())
        .await
        .expect("queued");
    assert!(second.queued);
    world.send(&ada, id, "third").await;
    let full = world
        .agent
        .send(&ada, id, "fourth".to_owned())
        .await
        .expect_err("full");
    assert_eq!(full.code(), "queue_full");
    let shown = world.transcript(&ada, id).await;
    assert_eq!(shown.state, SessionState::Running);
    let texts: Vec<_> = shown.queued_texts.iter().map(|q| q.text.as_str()).collect();
    assert_eq!(texts, ["second", "third"]);
    let events = world.events(&ada, id, 0, Follow::Always);
    drop(events);
    world.agent.stop(&ada, id).await.expect("stopped");
    assert_eq!(
        lines(&world.idle(&ada, id).await),
        [
            "user: one",
            "note: Stopped -",
            "user: second",
            "text: two",
            "user: third",
            "text: three"
        ]
    );
    let events = world
        .events(&ada, id, second.after, Follow::Turn(second.turn))
        .await;
    assert!(
        events
            .iter()
            .any(|e| e["type"] == "message.queued" && e["text"] == "third")
    );
}

#[tokio::test]
async fn a_full_pool_shows_the_place_and_goes_round_the_people() {
    let world = World::with(AgentSettings {
        max_running: 1,
        ..AgentSettings::default()
    })
    .await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    world.model.then(ModelReply::hang());
    world.model.always(|_| ModelReply::text(["ok"]));
    let mut sessions = Vec::new();
    for number in 0..3 {
        let id = world.session(&ada).await;
        world.send(&ada, id, &format!("{number}")).await;
        sessions.push(id);
        // Each has its place before the next one comes.
        eventually_async(|| async {
            let state = world.transcript(&ada, id).await.state;
            let expected = match number {
                0 => SessionState::Running,
                place => SessionState::Queued { place },
            };
            (state == expected).then_some(())
        })
        .await;
    }
    let his = world.session(&bob).await;
    world.send(&bob, his, "b").await;
    eventually_async(|| async {
        let state = world.transcript(&bob, his).await.state;
        (state == SessionState::Queued { place: 2 }).then_some(())
    })
    .await;
    assert_eq!(world.transcript(&bob, his).await.queued_texts[0].text, "b");
    // A turn that waits can be stopped, and what was said stays.
    world.agent.stop(&ada, sessions[2]).await.expect("stopped");
    assert_eq!(
        lines(&world.idle(&ada, sessions[2]).await),
        ["user: 2", "note: Stopped -"]
    );
    world.agent.stop(&ada, sessions[0]).await.expect("stopped");
    world.idle(&ada, sessions[1]).await;
    world.idle(&bob, his).await;
    let order: Vec<_> = world
        .asked()
        .iter()
        .map(|r| r["messages"][0]["content"][0]["text"].clone())
        .collect();
    assert_eq!(order, ["0", "1", "b"]);
}

#[tokio::test]
async fn a_suspended_person_has_no_turn_any_more_within_a_second() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(ModelReply::hang())
        .then(ModelReply::text(["never"]));
    world.send(&ada, id, "one").await;
    world.send(&ada, id, "two").await;
    eventually(|| world.model.in_flight() == 1).await;
    let began = std::time::Instant::now();
    let change = UserChange {
        name: None,
        role: None,
        disabled: Some(true),
    };
    world
        .hub
        .update_user(&Actor::CommandLine, ada.user, change)
        .await
        .expect("suspended");
    eventually(|| world.model.in_flight() == 0).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    let shown = world.idle(&ada, id).await;
    assert_eq!(
        lines(&shown),
        [
            "user: one",
            "note: Failed user_suspended",
            "user: two",
            "note: Failed user_suspended"
        ]
    );
    assert_eq!(world.model.calls().len(), 1);
}
