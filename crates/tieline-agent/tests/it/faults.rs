//! Model APIs that fail in every way: each ends the turn with a clear reason, and the session goes on.

use tieline_testkit::{FakeMcp, ModelReply};

use crate::world::{World, lines, one, types};

async fn fails_with(replies: Vec<ModelReply>, code: &str) {
    let world = match code {
        "model_timeout" => World::impatient().await,
        _ => World::start().await,
    };
    let server = FakeMcp::dual().tools(["delete"]).start().await;
    world.connect("Acme", &server).await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    for reply in replies {
        world.model.then(reply);
    }
    let events = world.turn(&ada, id, "Hi").await;
    let failed = one(&events, "turn.failed");
    assert_eq!(failed["code"], code, "{failed}");
    assert!(
        failed["message"].as_str().expect("words").len() > 20,
        "{failed}"
    );
    assert_eq!(types(&events).last(), Some(&"turn.failed"));
    assert_eq!(server.count("tools/call"), 0, "no half call goes out");
    world.model.always(|_| ModelReply::text(["Here I am."]));
    let events = world.turn(&ada, id, "And now?").await;
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "end_turn");
    let shown = lines(&world.transcript(&ada, id).await);
    assert_eq!(
        shown.last().map(String::as_str),
        Some("text: Here I am."),
        "{shown:?}"
    );
    // What was not answered was still said.
    let asked = world.asked().pop().expect("asked").to_string();
    assert!(
        asked.contains("Hi") && asked.contains("And now?"),
        "{asked}"
    );
}

fn four(reply: impl Fn() -> ModelReply) -> Vec<ModelReply> {
    (0..4).map(|_| reply()).collect()
}

#[tokio::test]
async fn a_wrong_key() {
    let reply = ModelReply::error(401, "authentication_error", "invalid x-api-key");
    fails_with(vec![reply], "model_key_rejected").await;
}

#[tokio::test]
async fn too_many_requests() {
    let reply =
        || ModelReply::error(429, "rate_limit_error", "slow down").header("retry-after", "0");
    fails_with(four(reply), "model_rate_limited").await;
}

#[tokio::test]
async fn overload() {
    let reply = || ModelReply::error(529, "overloaded_error", "Overloaded");
    fails_with(four(reply), "model_overloaded").await;
}

#[tokio::test]
async fn a_failure_of_its_own() {
    let reply = || ModelReply::error(500, "api_error", "oops");
    fails_with(four(reply), "model_failed").await;
}

#[tokio::test]
async fn silence() {
    fails_with(vec![ModelReply::hang()], "model_timeout").await;
}

#[tokio::test]
async fn silence_in_the_middle() {
    let reply = ModelReply::text(["Well"]).pause().and_text(["never"]);
    fails_with(vec![reply], "model_timeout").await;
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_call() {
    let whole =
        ModelReply::text(["I will"]).tool("a", "mcp__acme__delete", [r#"{"text":"#, r#""all"}"#]);
    let bytes = whole.bytes(tieline_domain::ModelKind::Anthropic);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = text.find("partial_json").expect("the arguments") + 30;
    fails_with(vec![whole.cut_after(at)], "model_cut").await;
}

#[tokio::test]
async fn a_retry_shows_and_the_turn_goes_on() {
    let world = World::start().await;
    let ada = world.person("Ada").await;
    let id = world.session(&ada).await;
    world
        .model
        .then(ModelReply::error(529, "overloaded_error", "Overloaded"))
        .then(ModelReply::text(["Hello"]));
    let events = world.turn(&ada, id, "Hi").await;
    assert_eq!(
        types(&events),
        [
            "turn.started",
            "model.retrying",
            "text.delta",
            "turn.finished"
        ]
    );
    assert_eq!(
        lines(&world.transcript(&ada, id).await),
        ["user: Hi", "text: Hello"]
    );
}
