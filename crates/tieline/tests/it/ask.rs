//! `tieline ask`: one turn of the agent on the terminal, against a model API that follows a script.

use serde_json::json;
use tieline_domain::ModelKind;
use tieline_testkit::{At, FakeMcp, ModelReply, ScriptedModel, eventually, eventually_async};

use crate::place::{EMAIL, Place, Ran, Server};

/// A place with an admin and a model, and a connector with the tool `search`.
struct Desk {
    place: Place,
    model: ScriptedModel,
    shop: FakeMcp,
}

impl Desk {
    async fn new() -> Self {
        let place = Place::with_admin().await;
        let model = ScriptedModel::start().await;
        let url = model.url(ModelKind::Anthropic);
        let add = [
            "model",
            "add",
            "--kind",
            "anthropic",
            "--name",
            "Scripted",
            "--base-url",
            &url,
            "--model",
            "scripted",
            "--key-stdin",
            "--skip-test",
        ];
        place.run_with(&add, "sk-test-0123456789").await.succeeded();
        let shop = FakeMcp::dual().tools(["search"]).start().await;
        let add = ["connector", "add", "Acme MCP", &shop.url()];
        place.run(&add).await.succeeded();
        // The server learns the tools, and goes; the command works without it.
        let key = place.key().await;
        let mut server = place.serve().await;
        let client = server.client(&key);
        eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
        server.stop().await;
        Self { place, model, shop }
    }

    async fn ask(&self, words: &[&str]) -> Ran {
        self.place.run(&[&["ask"], words].concat()).await
    }

    /// The model calls the tool, then sums up.
    fn one_call(&self) {
        let call = ModelReply::text(["Let me ", "look."]);
        self.model
            .then(call.tool(
                "toolu_1",
                "mcp__acme_mcp__search",
                [r#"{"query":"#, r#""blue"}"#],
            ))
            .then(ModelReply::text(["Three orders."]));
    }

    /// The last request to the model.
    fn last_request(&self) -> String {
        let calls = self.model.calls();
        String::from_utf8_lossy(&calls.last().expect("a request").body).into_owned()
    }
}

#[track_caller]
fn session_of(ran: &Ran) -> String {
    let (_, rest) = ran
        .err
        .split_once("tieline ask --session ")
        .expect("how to go on");
    rest.split(' ').next().expect("an id").to_owned()
}

#[tokio::test]
async fn the_answer_is_on_standard_output_and_the_calls_beside_it() {
    let desk = Desk::new().await;
    desk.one_call();
    let ran = desk.ask(&["Which orders are blue?"]).await;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Let me look.\nThree orders.\n"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("● Acme MCP · search … "), "{}", ran.err);
    assert!(
        !ran.err.contains('\x1b'),
        "no colours where there is no terminal: {}",
        ran.err
    );
    assert_eq!(desk.shop.count("tools/call"), 1);

    desk.model.then(ModelReply::text(["You are welcome."]));
    let again = desk
        .ask(&["--session", &session_of(&ran), "Thank you"])
        .await;
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "You are welcome.\n"),
        "{}",
        again.err
    );
    let request = desk.last_request();
    for earlier in ["Which orders are blue?", "Three orders.", "Thank you"] {
        assert!(request.contains(earlier), "{earlier}: {request}");
    }
}

#[tokio::test]
async fn it_works_beside_a_server_which_shows_the_session() {
    let desk = Desk::new().await;
    let key = desk.place.key().await;
    let server = desk.place.serve().await;
    desk.one_call();
    let ran = desk.ask(&["Which orders are blue?"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let client = server.client(&key);
    let listed = client.get("/api/v1/sessions").await;
    assert!(listed.body.contains(&session_of(&ran)), "{listed:?}");
    let recorded = eventually_async(|| async {
        let calls = client.get("/api/v1/calls").await;
        calls.body.contains("\"search\"").then_some(())
    });
    recorded.await;
}

#[tokio::test]
async fn without_a_model_it_says_how_to_get_one() {
    let place = Place::with_admin().await;
    let told = place.run(&["ask", "hello"]).await;
    assert_eq!((told.code, told.out.as_str()), (1, ""), "{}", told.err);
    assert!(
        told.err.starts_with("error: The agent has no model yet."),
        "{}",
        told.err
    );
    assert!(told.err.contains("tieline model add"), "{}", told.err);
}

#[tokio::test]
async fn what_cannot_be_asked_is_bad_input() {
    let desk = Desk::new().await;
    let unknown = "0190a0b0-0000-7000-8000-000000000001";
    for words in [
        &["--session", "nonsense", "hello"][..],
        &["--session", unknown, "hello"],
        &[" "],
        &["--email", "nobody@example.com", "hello"],
        &["--email", "nonsense", "hello"],
    ] {
        let ran = desk.ask(words).await;
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{words:?}: {}",
            ran.err
        );
        assert!(ran.err.contains("error: "), "{words:?}: {}", ran.err);
    }
    let add = [
        "user",
        "add",
        "--email",
        "bob@example.com",
        "--role",
        "member",
        "--password-stdin",
    ];
    desk.place
        .run_with(&add, "bob has a long password")
        .await
        .succeeded();
    let ran = desk.ask(&["hello"]).await;
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--email"), "{}", ran.err);
    desk.model.then(ModelReply::text(["Hello."]));
    let ran = desk.ask(&["--email", EMAIL, "hello"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "Hello.\n"), "{}", ran.err);
    // Somebody else's session is not there.
    let other = desk
        .ask(&[
            "--email",
            "bob@example.com",
            "--session",
            &session_of(&ran),
            "hello",
        ])
        .await;
    assert_eq!(other.code, 2, "{}", other.err);
}

#[tokio::test]
async fn a_tool_that_asks_runs_only_when_it_is_approved() {
    let desk = Desk::new().await;
    let key = desk.place.key().await;
    let mut server = desk.place.serve().await;
    let client = server.client(&key);
    let ask = client
        .json(
            http::Method::PATCH,
            "/api/v1/connectors/acme_mcp/tools/search",
            &json!({ "policy": "ask" }),
        )
        .await;
    assert_eq!(ask.status, 200, "{ask:?}");
    server.stop().await;

    desk.one_call();
    let refused = desk.ask(&["Which orders are blue?"]).await;
    assert_eq!(refused.code, 0, "{}", refused.err);
    assert!(
        refused.err.contains("  {\"query\":\"blue\"}\n"),
        "exactly what would be sent: {}",
        refused.err
    );
    assert!(
        refused.err.contains("--approve lets such calls run"),
        "{}",
        refused.err
    );
    assert_eq!(desk.shop.count("tools/call"), 0);

    desk.one_call();
    let approved = desk.ask(&["--approve", "Which orders are blue?"]).await;
    assert_eq!(approved.code, 0, "{}", approved.err);
    assert_eq!(desk.shop.count("tools/call"), 1, "{}", approved.err);
}

#[tokio::test]
async fn nothing_that_a_model_or_a_server_says_controls_the_terminal() {
    let desk = Desk::new().await;
    let reply = ModelReply::text(["\u{1b}[2J\u{1b}]0;title\u{7}", "safe\r\n"]);
    desk.model
        .then(reply.tool("toolu_1", "mcp__acme_mcp__\u{1b}[31msearch", ["{}"]));
    desk.model.then(ModelReply::text(["\u{202e}end"]));
    let ran = desk.ask(&["hello"]).await;
    let said = format!("{}{}", ran.out, ran.err);
    assert!(
        !said.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']),
        "{said:?}"
    );
    assert!(ran.out.contains("safe\n"), "{said:?}");
}

#[tokio::test]
async fn a_turn_that_fails_says_why() {
    let desk = Desk::new().await;
    desk.model.then(ModelReply::error(
        401,
        "authentication_error",
        "invalid x-api-key",
    ));
    let ran = desk.ask(&["hello"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert!(ran.err.contains("error: "), "{}", ran.err);
    assert!(!ran.err.contains("sk-test"), "{}", ran.err);
    // The session can go on.
    desk.model.then(ModelReply::text(["Hello."]));
    let again = desk
        .ask(&["--session", &session_of(&ran), "hello again"])
        .await;
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "Hello.\n"),
        "{}",
        again.err
    );
}

#[tokio::test]
async fn ctrl_c_stops_the_turn_and_its_calls() {
    let desk = Desk::new().await;
    let _held = desk.shop.hold(At::CallTool);
    desk.one_call();
    let mut command = desk.place.command();
    command.args(["ask", "Which orders are blue?"]);
    let mut asking = Server::launch(command);
    eventually(|| desk.shop.count("tools/call") == 1).await;
    assert_eq!(asking.signal("INT").await, Some(1), "{}", asking.err());
    assert!(asking.err().contains("Stopped by you."), "{}", asking.err());
    assert_eq!(asking.out(), "Let me look.\n");
    assert_eq!(desk.model.calls().len(), 1, "nothing goes on behind it");
}
