//! What goes over the wire: headers, tools, results, thinking, the marks for the cache.

use serde_json::{Value, json};
use tieline_agent::model::{
    AssistantPart, Message, ModelRequest, Replay, ResultPart, Thinking, UserPart,
};
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel};

use crate::support::{BOTH, KEY, ask, endpoint, request, said, text_part, tool_use};

fn text_result(text: &str) -> Vec<ResultPart> {
    vec![ResultPart::Text(text.to_owned())]
}

fn result(call_id: &str, is_error: bool, parts: Vec<ResultPart>) -> UserPart {
    UserPart::ToolResult {
        call_id: call_id.to_owned(),
        is_error,
        parts,
    }
}

fn picture(media_type: &str) -> ResultPart {
    ResultPart::Image {
        media_type: media_type.to_owned(),
        data: "aGk=".to_owned(),
    }
}

fn thinking(text: &str, replay: Replay) -> AssistantPart {
    let text = text.to_owned();
    AssistantPart::Thinking(Thinking { text, replay })
}

/// The body of the request for these messages.
async fn sent(kind: ModelKind, messages: Vec<Message>) -> Value {
    let server = ScriptedModel::start().await;
    server.then(ModelReply::text(["ok"]));
    let request = ModelRequest {
        messages,
        ..request()
    };
    ask(endpoint(&server, kind), request)
        .await
        .expect("an answer");
    server.calls()[0].json()
}

#[tokio::test]
async fn the_key_and_any_model_name_are_passed_on() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["ok"]));
        let request = ModelRequest {
            model: "vendor/model-of-tomorrow:free".to_owned(),
            ..request()
        };
        ask(endpoint(&server, kind), request).await.unwrap();
        let call = &server.calls()[0];
        match kind {
            ModelKind::Anthropic => {
                assert_eq!(call.header("x-api-key"), KEY);
                assert_eq!(call.header("anthropic-version"), "2023-06-01");
                assert_eq!(call.header("authorization"), "");
            }
            ModelKind::OpenAi => assert_eq!(call.header("authorization"), format!("Bearer {KEY}")),
        }
        let body = call.json();
        assert_eq!(body["model"], "vendor/model-of-tomorrow:free");
        assert_eq!(body["max_tokens"], 1000);
        assert_eq!(body["stream"], true);
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_in_its_place() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["ok"]));
        let mut endpoint = endpoint(&server, kind);
        endpoint.key = None;
        ask(endpoint, request()).await.unwrap();
        let call = &server.calls()[0];
        assert!(!call.headers.contains_key("x-api-key"));
        assert!(!call.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn the_cache_is_marked_where_the_next_request_begins_alike() {
    let mark = json!({"type": "ephemeral"});
    let messages = vec![
        said("One?"),
        Message::Assistant(vec![text_part("One.")]),
        said("Two?"),
        Message::Assistant(vec![tool_use("c", "mcp__a__one", "{}")]),
        Message::User(vec![
            result("c", false, text_result("2")),
            result("d", false, text_result("3")),
        ]),
    ];
    let body = sent(ModelKind::Anthropic, messages).await;
    assert_eq!(body["tools"][0].get("cache_control"), None);
    assert_eq!(body["tools"][1]["cache_control"], mark);
    assert_eq!(body["system"][0]["cache_control"], mark);
    assert_eq!(body["messages"][0]["content"][0].get("cache_control"), None);
    assert_eq!(body["messages"][2]["content"][0]["cache_control"], mark);
    assert_eq!(body["messages"][4]["content"][0].get("cache_control"), None);
    assert_eq!(body["messages"][4]["content"][1]["cache_control"], mark);
    // The API accepts four.
    assert_eq!(body.to_string().matches("cache_control").count(), 4);
}

#[tokio::test]
async fn chat_completions_begin_alike_for_the_whole_session() {
    let server = ScriptedModel::start().await;
    server.always(|_| ModelReply::text(["ok"]));
    let mut asked = request();
    ask(endpoint(&server, ModelKind::OpenAi), asked.clone())
        .await
        .unwrap();
    asked
        .messages
        .push(Message::Assistant(vec![text_part("ok")]));
    asked.messages.push(said("And?"));
    ask(endpoint(&server, ModelKind::OpenAi), asked)
        .await
        .unwrap();
    let calls = server.calls();
    let first = calls[0].body.strip_suffix(b"]}").unwrap();
    assert!(calls[1].body.starts_with(first));
    assert_eq!(calls[0].json()["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn failed_results_and_pictures_reach_anthropic_as_such() {
    let messages = vec![
        said("Look."),
        Message::Assistant(vec![
            tool_use("c1", "mcp__a__one", r#"{"q": 1.50}"#),
            tool_use("c2", "mcp__a__two", "{}"),
        ]),
        Message::User(vec![
            UserPart::Text("And hurry.".to_owned()),
            result("c1", true, vec![]),
            result(
                "c2",
                false,
                vec![
                    ResultPart::Text("See:".to_owned()),
                    picture("image/png"),
                    picture("image/tiff"),
                ],
            ),
        ]),
    ];
    let body = sent(ModelKind::Anthropic, messages).await;
    let content = &body["messages"][2]["content"];
    let expected = json!([
        {"type": "tool_result", "tool_use_id": "c1", "is_error": true,
            "content": [{"type": "text", "text": "(no content)"}]},
        {"type": "tool_result", "tool_use_id": "c2", "content": [
            {"type": "text", "text": "See:"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            {"type": "text", "text": "(a picture of type image/tiff, which can’t be shown to the model)"},
        ]},
        {"type": "text", "text": "And hurry.", "cache_control": {"type": "ephemeral"}},
    ]);
    assert_eq!(*content, expected);
}

#[tokio::test]
async fn failed_results_and_pictures_reach_chat_completions_in_their_own_way() {
    let messages = vec![
        said("Look."),
        Message::Assistant(vec![
            text_part("Yes."),
            tool_use("c1", "mcp__a__one", r#"{"q": 1.50}"#),
            tool_use("c2", "mcp__a__two", ""),
        ]),
        Message::User(vec![
            result("c1", true, text_result("no such file")),
            result("c2", false, vec![picture("image/png")]),
            UserPart::Text("And hurry.".to_owned()),
        ]),
    ];
    let body = sent(ModelKind::OpenAi, messages).await;
    let expected = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": "Yes.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "mcp__a__one", "arguments": "{\"q\": 1.50}"}},
            {"id": "c2", "type": "function", "function": {"name": "mcp__a__two", "arguments": "{}"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "The call failed:\nno such file"},
        {"role": "tool", "tool_call_id": "c2", "content": "(a picture, shown in the next message)"},
        {"role": "user", "content": [
            {"type": "text", "text": "A picture from the result of c2:"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
            {"type": "text", "text": "And hurry."},
        ]},
    ]);
    assert_eq!(body["messages"], expected);
}

#[tokio::test]
async fn thinking_goes_back_to_the_api_that_wrote_it() {
    let thoughts = vec![
        thinking("Hm.", Replay::Signed("sig".to_owned())),
        thinking("", Replay::Redacted("zzz".to_owned())),
        thinking("Aha.", Replay::Field("reasoning_content".to_owned())),
    ];
    let mut answer = thoughts.clone();
    answer.push(tool_use("c", "mcp__a__one", "{}"));
    let messages = vec![
        said("One?"),
        Message::Assistant([thoughts, vec![text_part("One.")]].concat()),
        said("Two?"),
        Message::Assistant(answer),
        Message::User(vec![result("c", false, text_result("2"))]),
    ];
    let body = sent(ModelKind::Anthropic, messages.clone()).await;
    let thoughts = [
        json!({"type": "thinking", "thinking": "Hm.", "signature": "sig"}),
        json!({"type": "redacted_thinking", "data": "zzz"}),
    ];
    for at in [1, 3] {
        let content = body["messages"][at]["content"].as_array().unwrap();
        assert_eq!(content[..2], thoughts);
        assert_eq!(content.len(), 3);
    }
    let body = sent(ModelKind::OpenAi, messages).await;
    let messages = body["messages"].as_array().unwrap();
    // Only of the turn that is going on.
    assert_eq!(messages[2].get("reasoning_content"), None);
    assert_eq!(messages[4]["reasoning_content"], "Aha.");
}

#[tokio::test]
async fn what_a_model_made_up_never_spoils_the_conversation() {
    let messages = vec![
        said("Go."),
        Message::Assistant(vec![
            tool_use("functions.x:0", "no such.tool", "{\"q\": oh dear"),
            text_part(" "),
        ]),
        Message::User(vec![result(
            "functions.x:0",
            true,
            text_result("That is no tool."),
        )]),
        Message::Assistant(vec![]),
        Message::User(vec![]),
    ];
    let body = sent(ModelKind::Anthropic, messages.clone()).await;
    let call = json!({"type": "tool_use", "id": "functions_x_0", "name": "no_such_tool",
        "input": {"INVALID_JSON": "{\"q\": oh dear"}});
    assert_eq!(body["messages"][1]["content"], json!([call]));
    assert_eq!(
        body["messages"][2]["content"][0]["tool_use_id"],
        "functions_x_0"
    );
    assert_eq!(body["messages"][3]["role"], "user");
    let body = sent(ModelKind::OpenAi, messages).await;
    let call = &body["messages"][2]["tool_calls"][0];
    assert_eq!(call["id"], "functions_x_0");
    assert_eq!(call["function"]["name"], "no_such_tool");
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"INVALID_JSON": "{\"q\": oh dear"}));
}

#[test]
fn messages_survive_being_stored() {
    let messages = vec![
        Message::User(vec![
            UserPart::Text("Hi".to_owned()),
            result("c", true, vec![picture("image/png")]),
        ]),
        Message::Assistant(vec![
            thinking("Hm.", Replay::Signed("sig".to_owned())),
            thinking("", Replay::Redacted("zzz".to_owned())),
            tool_use("c", "t", "{oh"),
        ]),
    ];
    let stored = serde_json::to_string(&messages).unwrap();
    let read: Vec<Message> = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, messages);
    assert!(stored.starts_with(r#"[{"user":[{"text":"Hi"}"#), "{stored}");
}
