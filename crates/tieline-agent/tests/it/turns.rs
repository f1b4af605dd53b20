//! A turn: the model, its calls, their results, and the model again.

use std::time::Duration;

use serde_json::json;
use tieline_agent::{AgentError, AgentSettings, SessionState};
use tieline_domain::Actor;
use tieline_testkit::{FakeMcp, FakeTool, ModelReply};

use crate::world::{World, assert_growing, calls, last_results, lines, one, text, tools, types};

#[tokio::test]
async fn a_model_answers_in_words() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(ModelReply::text(["Hel", "lo."]).usage(10, 2, 0, 0));
    let events = world.turn(&ada, id, "Hi\nthere").await;
    assert_eq!(
        types(&events),
        ["turn.started", "text.delta", "text.delta", "turn.finished"]
    );
    assert_growing(&events);
    assert_eq!(text(&events), "Hello.");
    let end = one(&events, "turn.finished");
    assert_eq!(end["stop_reason"], "end_turn");
    assert_eq!(end["usage"]["input_tokens"], 10);
    assert_eq!(end["usage"]["output_tokens"], 2);

    let asked = &world.asked()[0];
    assert_eq!(asked["model"], "scripted-1");
    assert_eq!(asked["messages"][0]["content"][0]["text"], "Hi\nthere");
    let session = world.agent.session(&ada, id).await.expect("a session");
    assert_eq!(
        (session.title.as_str(), session.state),
        ("Hi", SessionState::Idle)
    );

    world.model.then(ModelReply::text(["Again."]));
    world.turn(&ada, id, "Go on").await;
    let asked = &world.asked()[1];
    let roles: Vec<_> = asked["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(
        lines(&world.transcript(&ada, id).await),
        [
            "user: Hi\nthere",
            "text: Hello.",
            "user: Go on",
            "text: Again."
        ]
    );
}

#[tokio::test]
async fn calls_go_out_together_and_each_result_comes_back() {
    let world = World::start().await;
    let server =
        FakeMcp::dual()
            .tools(["search"])
            .tool(
                FakeTool::echo("slow")
                    .after(Duration::from_millis(300))
                    .saying("slow done"),
            )
            .tool(FakeTool::echo("broken").answering(
                r#"{"content":[{"type":"text","text":"no such order"}],"isError":true}"#,
            ))
            .tool(FakeTool::echo("odd").failing(-32000, "try later"))
            .start()
            .await;
    world.connect("Acme MCP", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(
            ModelReply::text(["Let me look."])
                .tool("a", "mcp__acme_mcp__slow", [r#"{"text":"1"}"#])
                .tool("b", "mcp__acme_mcp__broken", ["{}"])
                .tool("c", "mcp__acme_mcp__search", [r#"{"te"#, r#"xt":1.0}"#])
                .tool("d", "mcp__acme_mcp__odd", [""]),
        )
        .then(ModelReply::text(["Done."]));
    let events = world.turn(&ada, id, "Look").await;
    let started = events
        .iter()
        .filter(|e| e["type"] == "tool.started")
        .count();
    assert_eq!(started, 4);
    let last_start = events.iter().rposition(|e| e["type"] == "tool.started");
    let first_end = events.iter().position(|e| e["type"] == "tool.finished");
    assert!(last_start < first_end, "all go out before one is over");
    let outcomes: Vec<_> = tools(&world.transcript(&ada, id).await)
        .into_iter()
        .map(|t| (t.tool, t.outcome.expect("over"), t.connector_name))
        .collect();
    let acme = || "Acme MCP".to_owned();
    assert_eq!(
        outcomes,
        [
            ("slow".to_owned(), "ok".to_owned(), acme()),
            ("broken".to_owned(), "tool_error".to_owned(), acme()),
            ("search".to_owned(), "ok".to_owned(), acme()),
            ("odd".to_owned(), "upstream_failure".to_owned(), acme()),
        ]
    );
    // The arguments went as the model wrote them.
    let sent = server.requests_for("tools/call");
    let search = sent
        .iter()
        .map(tieline_testkit::RecordedRequest::json)
        .find(|r| r["params"]["name"] == "search");
    assert_eq!(
        search.expect("called")["params"]["arguments"],
        json!({"text": 1.0})
    );
    // Every call has its result, in the order of the calls.
    let results = last_results(&world.asked()[1]);
    let ids: Vec<_> = results
        .iter()
        .map(|r| r["tool_use_id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    let errors: Vec<_> = results.iter().map(|r| r["is_error"] == true).collect();
    assert_eq!(errors, [false, true, false, true]);
    assert_eq!(text(&events), "Let me look.Done.");
}

#[tokio::test]
async fn what_cannot_be_called_comes_back_as_an_error_that_the_model_can_mend() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search_orders"]).start().await;
    world.connect("Acme MCP", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([
            ("mcp__acme_mcp__search_order\u{202e}s\u{7}", "{}"),
            ("mcp__acme_mcp__search_orders", "[1]"),
            ("mcp__acme_mcp__search_orders", "{\"text\": 1} trailing"),
            ("search_tools", r#"{"query":"x"}"#),
        ]))
        .then(ModelReply::text(["Sorry."]));
    let events = world.turn(&ada, id, "Look").await;
    assert_eq!(server.count("tools/call"), 0);
    let results = last_results(&world.asked()[1]);
    assert_eq!(results.len(), 4);
    assert!(
        results.iter().all(|result| result["is_error"] == true),
        "{results:?}"
    );
    let shown = results[0].to_string();
    assert!(
        shown.contains("no tool named") && shown.contains("mcp__acme_mcp__search_orders"),
        "{shown}"
    );
    assert!(!shown.contains('\u{202e}'), "{shown}");
    assert!(
        results[1].to_string().contains("not a JSON object"),
        "{}",
        results[1]
    );
    let refused = events.iter().filter(|e| e["outcome"] == "refused").count();
    assert_eq!(refused, 4);
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "end_turn");
}

#[tokio::test]
async fn a_large_result_is_cut_for_the_model_and_whole_for_the_person() {
    let world = World::start().await;
    let large = "x".repeat(300 * 1024);
    let server = FakeMcp::dual()
        .tool(FakeTool::echo("export").saying(&large))
        .start()
        .await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([("mcp__acme__export", "{}")]))
        .then(ModelReply::text(["Long."]));
    let events = world.turn(&ada, id, "Export").await;
    let content = &one(&events, "tool.finished")["content"][0]["text"];
    assert_eq!(content.as_str().expect("text").len(), large.len());
    let results = last_results(&world.asked()[1]);
    let given = results[0].to_string();
    assert!(given.len() < 257 * 1024, "{}", given.len());
    assert!(given.contains("Tieline cut this result"), "the marker");
    let shown = tools(&world.transcript(&ada, id).await);
    assert!(
        shown[0]
            .content
            .as_ref()
            .expect("content")
            .get()
            .contains(&large)
    );
}

#[tokio::test]
async fn what_a_tool_says_is_text_whatever_is_in_it() {
    let world = World::start().await;
    let nasty = "<script>alert(1)</script>\u{202e}\u{0}\u{7}<img src=x onerror=y>";
    let server = FakeMcp::dual()
        .tool(FakeTool::echo("read").saying(nasty))
        .start()
        .await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([("mcp__acme__read", "{}")]))
        .then(ModelReply::text([nasty]));
    let events = world.turn(&ada, id, nasty).await;
    assert_eq!(one(&events, "tool.finished")["content"][0]["text"], nasty);
    assert_eq!(text(&events), nasty);
    // It survives the database, too.
    let shown = world.transcript(&ada, id).await;
    let stored: serde_json::Value =
        serde_json::from_str(tools(&shown)[0].content.as_ref().expect("content").get())
            .expect("JSON");
    assert_eq!(stored[0]["text"], nasty);
    assert_eq!(lines(&shown)[0], format!("user: {nasty}"));
}

#[tokio::test]
async fn a_turn_has_a_limit_of_steps() {
    let world = World::with(AgentSettings {
        step_limit: 3,
        ..AgentSettings::default()
    })
    .await;
    let server = FakeMcp::dual().tools(["again"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.always(|_| calls([("mcp__acme__again", "{}")]));
    let events = world.turn(&ada, id, "Loop").await;
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "step_limit");
    assert_eq!(server.count("tools/call"), 3);
    world.model.always(|_| ModelReply::text(["ok"]));
    let events = world.turn(&ada, id, "Go on").await;
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "end_turn");
}

#[tokio::test]
async fn half_an_answer_calls_nothing() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["delete"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.then(
        ModelReply::text(["I will"])
            .tool("a", "mcp__acme__delete", [r#"{"text":"a"}"#])
            .stop("max_tokens"),
    );
    let events = world.turn(&ada, id, "Delete").await;
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "max_tokens");
    assert_eq!(server.count("tools/call"), 0);
    // The conversation goes on without the half call.
    world.model.then(ModelReply::text(["ok"]));
    world.turn(&ada, id, "Go on").await;
    let asked = world.asked().pop().expect("asked");
    assert!(!asked.to_string().contains("tool_use"), "{asked}");
}

#[tokio::test]
async fn tools_are_those_of_the_start_and_a_removed_connector_says_so() {
    let world = World::start().await;
    let first = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &first).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let second = FakeMcp::dual().tools(["read"]).start().await;
    world.connect("Docs", &second).await;
    world.model.then(ModelReply::text(["ok"]));
    world.turn(&ada, id, "Hi").await;
    let names = |request: &serde_json::Value| -> Vec<String> {
        let tools = request["tools"].as_array().expect("tools").iter();
        tools
            .map(|t| t["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&world.asked()[0]), ["mcp__acme_mcp__search"]);
    let changes = world
        .agent
        .session(&ada, id)
        .await
        .expect("a session")
        .changes;
    assert_eq!(
        (changes.waiting, changes.notes),
        (1, vec!["Docs is new and has 1 tool.".to_owned()])
    );

    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .expect("removed");
    world
        .model
        .then(calls([("mcp__acme_mcp__search", "{}")]))
        .then(ModelReply::text(["It is gone."]));
    let events = world.turn(&ada, id, "Search").await;
    let end = one(&events, "tool.finished");
    assert_eq!(
        (&end["outcome"], &end["code"]),
        (&json!("refused"), &json!("connector_removed"))
    );
    assert!(
        end["content"][0]["text"]
            .as_str()
            .expect("text")
            .contains("was removed"),
        "{end}"
    );
    assert_eq!(first.count("tools/call"), 0);
    let session = world.agent.session(&ada, id).await.expect("a session");
    assert!(
        session
            .changes
            .notes
            .contains(&"Acme MCP was removed. Its tools no longer work here.".to_owned())
    );
    assert!(session.connectors[0].gone);

    let next = world
        .agent
        .create_session(&ada, None)
        .await
        .expect("a session");
    assert_eq!(
        next.changes.since_last,
        ["+1 tool from Docs", "Acme MCP is gone"]
    );
}

#[tokio::test]
async fn a_tool_that_the_model_api_refuses_is_left_out_once() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["good", "bad"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.model.always(|call| {
        let tools = call.json()["tools"].clone();
        let at = tools
            .as_array()
            .and_then(|t| t.iter().position(|t| t["name"] == "mcp__acme__bad"));
        match at {
            Some(at) => ModelReply::error(
                400,
                "invalid_request_error",
                &format!("tools.{at}.custom.input_schema: JSON schema is invalid"),
            ),
            None => ModelReply::text(["ok"]),
        }
    });
    let events = world.turn(&ada, id, "Hi").await;
    let left = one(&events, "tool.left_out");
    assert_eq!(left["tool"], "mcp__acme__bad");
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "end_turn");
    let events = world.turn(&ada, id, "Hi again").await;
    assert!(
        !types(&events).contains(&"tool.left_out"),
        "once for a session"
    );
    let session = world.agent.session(&ada, id).await.expect("a session");
    assert_eq!(session.left_out[0].tool, "mcp__acme__bad");
}

#[tokio::test]
async fn without_a_model_the_person_hears_whom_to_ask() {
    let world = World::without_model(AgentSettings::default()).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let refused = world
        .agent
        .send(&ada, id, "Hi".to_owned())
        .await
        .expect_err("no model");
    assert_eq!(refused.code(), "model_not_configured");
    assert!(
        world.transcript(&ada, id).await.items.is_empty(),
        "nothing was stored"
    );
}

#[tokio::test]
async fn a_model_api_that_another_process_added_answers_at_once() {
    let world = World::without_model(AgentSettings::default()).await;
    let other = world.beside(AgentSettings::default()).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world.stop_listening();
    other.add_model_called("Scripted", "scripted-1").await;
    world.model.then(ModelReply::text(["Hello."]));
    world.turn(&ada, id, "Hi").await;

    other.add_model_called("Second", "second-1").await;
    let named = world
        .agent
        .create_session(&ada, Some("Second".to_owned()))
        .await;
    world.model.then(ModelReply::text(["Hello."]));
    world.turn(&ada, named.expect("a session").id, "Hi").await;
    let calls = world.model.calls();
    let asked: Vec<_> = calls
        .iter()
        .map(|call| call.json()["model"].clone())
        .collect();
    assert_eq!(asked, ["scripted-1", "second-1"]);
}

#[tokio::test]
async fn what_is_not_ones_own_is_not_there() {
    let world = World::start().await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let id = world.session(&ada).await;
    let agent = &world.agent;
    let codes = [
        agent.session(&bob, id).await.expect_err("404").code(),
        agent.transcript(&bob, id).await.expect_err("404").code(),
        agent.tools(&bob, id).await.expect_err("404").code(),
        agent
            .send(&bob, id, "Hi".to_owned())
            .await
            .expect_err("404")
            .code(),
        agent.stop(&bob, id).await.expect_err("404").code(),
        agent
            .rename(&bob, id, "Mine")
            .await
            .expect_err("404")
            .code(),
        agent.delete(&bob, id).await.expect_err("404").code(),
    ];
    assert_eq!(codes, ["session_not_found"; 7]);
    let events = agent
        .events(&bob, id, 0, tieline_agent::Follow::Always)
        .await;
    assert!(matches!(events.err(), Some(AgentError::SessionNotFound)));
    assert!(agent.sessions(&bob).await.expect("a list").is_empty());
    assert_eq!(agent.sessions(&ada).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    let agent = &world.agent;
    let too_long = "x".repeat(256 * 1024 + 1);
    for (text, code) in [(" \n", "text_empty"), (too_long.as_str(), "text_too_long")] {
        let refused = agent
            .send(&ada, id, text.to_owned())
            .await
            .expect_err("refused");
        assert_eq!(refused.code(), code);
    }
    for title in ["", " ", "a\nb", &"x".repeat(121)] {
        let refused = agent.rename(&ada, id, title).await.expect_err("refused");
        assert_eq!(refused.code(), "title_invalid", "{title:?}");
    }
    agent.rename(&ada, id, " Orders ").await.expect("renamed");
    assert_eq!(
        agent.session(&ada, id).await.expect("a session").title,
        "Orders"
    );
    let refused = agent
        .create_session(&ada, Some("a\u{7}".to_owned()))
        .await
        .expect_err("refused");
    assert_eq!(refused.code(), "model_name_invalid");
}

#[tokio::test]
async fn deleting_takes_everything_along_and_ends_what_runs() {
    let world = World::start().await;
    let server = FakeMcp::legacy()
        .with_sessions()
        .tools(["search"])
        .start()
        .await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(calls([("mcp__acme__search", "{}")]))
        .then(ModelReply::text(["ok"]));
    world.turn(&ada, id, "Hi").await;
    let before = server.sessions().len();
    world.model.then(ModelReply::hang());
    world.send(&ada, id, "More").await;
    world.agent.delete(&ada, id).await.expect("deleted");
    assert_eq!(
        world.agent.session(&ada, id).await.expect_err("404").code(),
        "session_not_found"
    );
    assert!(
        world
            .store
            .agent_events(id, 0, 10)
            .await
            .expect("read")
            .is_empty()
    );
    assert!(
        world
            .store
            .agent_messages(id)
            .await
            .expect("read")
            .is_empty()
    );
    tieline_testkit::eventually(|| server.sessions().len() < before).await;
    // The next session stores the catalogue again.
    let next = world.session(&ada).await;
    assert_eq!(world.agent.tools(&ada, next).await.expect("tools").len(), 1);
}
