//! A tool that an admin set to Ask: nothing goes out before its person has seen the arguments and agreed.

use std::time::Duration;

use tieline_agent::{AgentSettings, Decision, Follow, SessionState};
use tieline_domain::{Actor, ToolPolicy};
use tieline_testkit::{FakeMcp, ModelReply, eventually_async};

use crate::world::{World, calls, last_results, lines, one, tools, types};

struct Asking {
    world: World,
    server: FakeMcp,
    ada: tieline_hub::Caller,
    id: tieline_domain::SessionId,
}

async fn asking(settings: AgentSettings) -> Asking {
    let world = World::with(settings).await;
    let server = FakeMcp::dual().tools(["read", "delete"]).start().await;
    let slug = world.connect("Acme", &server).await;
    world
        .hub
        .set_tool_policy(&Actor::CommandLine, &slug, "delete", ToolPolicy::Ask)
        .await
        .expect("set");
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([
            ("mcp__acme__read", "{}"),
            ("mcp__acme__delete", r#"{"text":"order 7",  "n":1.0}"#),
        ]))
        .then(ModelReply::text(["ok"]));
    Asking {
        world,
        server,
        ada,
        id,
    }
}

#[tokio::test]
async fn an_approved_call_goes_out_with_exactly_what_was_shown() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings::default()).await;
    let sent = world
        .agent
        .send(&ada, id, "Clean up".to_owned())
        .await
        .expect("sent");
    let call = world.waiting_call(&ada, id).await;
    assert_eq!(call.arguments.get(), r#"{"text":"order 7",  "n":1.0}"#);
    eventually_async(|| async {
        let state = world.transcript(&ada, id).await.state;
        (state == SessionState::AwaitingApproval).then_some(())
    })
    .await;
    assert_eq!(
        server.requests_for("tools/call").len(),
        1,
        "the other call does not wait"
    );
    // Nobody else decides, and nobody decides about something else.
    let bob = world.person("Bob").await;
    let approve = Decision::Approve;
    let refused = world
        .agent
        .decide(&bob, id, call.call_id, approve)
        .await
        .expect_err("404");
    assert_eq!(refused.code(), "session_not_found");
    let read = tools(&world.transcript(&ada, id).await)[0].call_id;
    let refused = world
        .agent
        .decide(&ada, id, read, approve)
        .await
        .expect_err("not waiting");
    assert_eq!(refused.code(), "call_not_waiting");

    world
        .agent
        .decide(&ada, id, call.call_id, approve)
        .await
        .expect("approved");
    let again = world
        .agent
        .decide(&ada, id, call.call_id, Decision::Refuse)
        .await;
    assert_eq!(
        again.expect_err("decided already").code(),
        "call_not_waiting"
    );
    let events = world
        .events(&ada, id, sent.after, Follow::Turn(sent.turn))
        .await;
    assert_eq!(
        one(&events, "tool.approval")["arguments"]["text"],
        "order 7"
    );
    assert_eq!(one(&events, "tool.decided")["decision"], "approve");
    let calls = server.requests_for("tools/call");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].json()["params"]["arguments"]["text"], "order 7");
    assert_eq!(
        lines(&world.transcript(&ada, id).await),
        [
            "user: Clean up",
            "tool: read ok",
            "tool: delete ok",
            "text: ok"
        ]
    );
}

#[tokio::test]
async fn a_refused_call_is_an_error_for_the_model() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings::default()).await;
    world.send(&ada, id, "Clean up").await;
    let call = world.waiting_call(&ada, id).await;
    world
        .agent
        .decide(&ada, id, call.call_id, Decision::Refuse)
        .await
        .expect("refused");
    let shown = world.idle(&ada, id).await;
    assert_eq!(lines(&shown)[2], "tool: delete refused");
    assert_eq!(server.count("tools/call"), 1);
    let results = last_results(&world.asked()[1]);
    assert_eq!(results[1]["is_error"], true);
    assert!(
        results[1]
            .to_string()
            .contains("The user refused this call."),
        "{}",
        results[1]
    );
}

#[tokio::test]
async fn who_waits_for_a_person_leaves_the_place_to_others() {
    let Asking { world, ada, id, .. } = asking(AgentSettings {
        max_running: 1,
        ..AgentSettings::default()
    })
    .await;
    world.send(&ada, id, "Clean up").await;
    let call = world.waiting_call(&ada, id).await;
    let bob = world.person("Bob").await;
    let his = world.session(&bob).await;
    let events = world.turn(&bob, his, "Hi").await;
    assert_eq!(types(&events).last(), Some(&"turn.finished"));
    world.model.then(ModelReply::text(["done"]));
    world
        .agent
        .decide(&ada, id, call.call_id, Decision::Approve)
        .await
        .expect("approved");
    assert_eq!(
        lines(&world.idle(&ada, id).await)
            .last()
            .map(String::as_str),
        Some("text: done")
    );
}

#[tokio::test]
async fn stop_ends_the_waiting_and_nothing_goes_out() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings::default()).await;
    world.send(&ada, id, "Clean up").await;
    let call = world.waiting_call(&ada, id).await;
    world.agent.stop(&ada, id).await.expect("stopped");
    let shown = world.idle(&ada, id).await;
    assert_eq!(
        lines(&shown),
        [
            "user: Clean up",
            "tool: read ok",
            "tool: delete refused",
            "note: Stopped -"
        ]
    );
    let late = world
        .agent
        .decide(&ada, id, call.call_id, Decision::Approve)
        .await;
    assert_eq!(late.expect_err("over").code(), "call_not_waiting");
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn nobody_decides_for_ever() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings {
        approval_wait: Duration::from_millis(50),
        ..AgentSettings::default()
    })
    .await;
    let events = world.turn(&ada, id, "Clean up").await;
    assert_eq!(one(&events, "tool.decided")["decision"], "refuse");
    assert_eq!(server.count("tools/call"), 1);
}

#[tokio::test]
async fn the_policy_of_the_moment_counts() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings::default()).await;
    let slug = tieline_domain::Slug::parse("acme").expect("a slug");
    let set = async |tool: &str, policy| {
        let set = world
            .hub
            .set_tool_policy(&Actor::CommandLine, &slug, tool, policy)
            .await;
        set.expect("set");
    };
    set("delete", ToolPolicy::Off).await;
    set("read", ToolPolicy::Allow).await;
    let events = world.turn(&ada, id, "Clean up").await;
    assert!(!types(&events).contains(&"tool.approval"));
    let outcomes: Vec<_> = tools(&world.transcript(&ada, id).await)
        .into_iter()
        .map(|tool| (tool.outcome.expect("over"), tool.code))
        .collect();
    assert_eq!(outcomes[0], ("ok".to_owned(), None));
    assert_eq!(
        outcomes[1],
        ("refused".to_owned(), Some("tool_unavailable".to_owned()))
    );
    assert_eq!(server.count("tools/call"), 1);
    let policies: Vec<_> = world
        .agent
        .tools(&ada, id)
        .await
        .expect("tools")
        .iter()
        .map(|t| t.policy)
        .collect();
    assert_eq!(policies, [ToolPolicy::Allow, ToolPolicy::Off]);
}

#[tokio::test]
async fn another_process_passes_the_decision_on() {
    let Asking {
        world,
        server,
        ada,
        id,
    } = asking(AgentSettings::default()).await;
    world.send(&ada, id, "Clean up").await;
    let call = world.waiting_call(&ada, id).await;
    let other = world.beside(AgentSettings::default()).await;
    // It hears of the question as soon as that is stored.
    let asks = async || {
        let tools = tools(&other.transcript(&ada, id).await);
        tools.get(1).filter(|tool| tool.awaiting_approval).map(drop)
    };
    eventually_async(asks).await;
    other
        .agent
        .decide(&ada, id, call.call_id, Decision::Approve)
        .await
        .expect("approved");
    world.idle(&ada, id).await;
    assert_eq!(server.count("tools/call"), 2);
}
