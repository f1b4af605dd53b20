//! Answers that arrive: text, thinking, tool calls, however the bytes are cut.

use std::time::Duration;

use futures_util::StreamExt as _;
use tieline_agent::model::{
    AssistantPart, ModelEvent, ModelRequest, Replay, StopReason, Thinking, Usage,
};
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel, eventually, raw_server};

use crate::support::{
    BOTH, ask, ask_through, client, endpoint, endpoint_at, limits, request, text_part, tool_use,
};

fn rich() -> ModelReply {
    ModelReply::new()
        .thinking(["Let me ", "see…"], "sig-1")
        .and_text(["Hé", "llo \u{1F600} wor", "ld"])
        .tool("call_1", "mcp__a__one", ["{\"q\":", " \"x\\u00e9\"", "}"])
        .tool("call_2", "mcp__a__two", [])
        .usage(7, 42, 100, 20)
}

fn rich_parts(kind: ModelKind) -> Vec<AssistantPart> {
    let replay = match kind {
        ModelKind::Anthropic => Replay::Signed("sig-1".to_owned()),
        ModelKind::OpenAi => Replay::Field("reasoning_content".to_owned()),
    };
    let text = "Let me see…".to_owned();
    vec![
        AssistantPart::Thinking(Thinking { text, replay }),
        text_part("Héllo \u{1F600} world"),
        tool_use("call_1", "mcp__a__one", r#"{"q": "x\u00e9"}"#),
        tool_use("call_2", "mcp__a__two", "{}"),
    ]
}

#[tokio::test]
async fn text_thinking_and_parallel_calls_arrive_whole() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(rich());
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.text, "Héllo \u{1F600} world");
        assert_eq!(whole.thinking, "Let me see…");
        assert_eq!(whole.started, ["mcp__a__one", "mcp__a__two"]);
        assert_eq!(whole.parts, rich_parts(kind));
        assert_eq!(whole.stop, StopReason::ToolUse);
        let expected = Usage {
            input_tokens: 7,
            output_tokens: 42,
            cache_read_tokens: 100,
            cache_write_tokens: 20,
        };
        assert_eq!(whole.usage, expected);
        assert!(whole.retries.is_empty());
    }
}

#[tokio::test]
async fn however_the_bytes_are_cut_the_answer_is_the_same() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(rich().in_pieces_of(1));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.parts, rich_parts(kind));
        let client = client(limits());
        let length = rich().bytes(kind).len();
        for at in 1..length {
            server.then(rich().split_at(at));
            let whole = ask_through(&client, endpoint(&server, kind), request())
                .await
                .unwrap();
            assert_eq!(whole.parts, rich_parts(kind), "{kind} cut at {at}");
        }
    }
}

#[tokio::test]
async fn interleaved_calls_keep_their_own_arguments() {
    let server = ScriptedModel::start().await;
    let reply = ModelReply::new()
        .tool("call_1", "mcp__a__one", ["{\"q\":", "\"first\"", "}"])
        .tool("call_2", "mcp__a__two", ["{\"q\"", ":\"second\"}"])
        .interleaved();
    server.then(reply);
    let whole = ask(endpoint(&server, ModelKind::OpenAi), request())
        .await
        .unwrap();
    let expected = [
        tool_use("call_1", "mcp__a__one", r#"{"q":"first"}"#),
        tool_use("call_2", "mcp__a__two", r#"{"q":"second"}"#),
    ];
    assert_eq!(whole.parts, expected);
}

#[tokio::test]
async fn arguments_that_are_not_json_arrive_as_they_were_written() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::new().tool("call_1", "no_such_tool", ["{\"q\": oh", " dear"]));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(
            whole.parts,
            [tool_use("call_1", "no_such_tool", "{\"q\": oh dear")]
        );
        assert_eq!(whole.stop, StopReason::ToolUse);
    }
}

#[tokio::test]
async fn a_call_that_the_limit_cut_off_is_no_call() {
    for (kind, reason) in BOTH.into_iter().zip(["max_tokens", "length"]) {
        let server = ScriptedModel::start().await;
        let reply = ModelReply::text(["Wait. "])
            .tool("call_1", "mcp__a__one", ["{\"q\":\"whole\"}"])
            .tool("call_2", "mcp__a__two", ["{\"q\":\"ha"])
            .stop(reason);
        server.then(reply);
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.stop, StopReason::MaxTokens);
        let expected = [
            text_part("Wait. "),
            tool_use("call_1", "mcp__a__one", r#"{"q":"whole"}"#),
        ];
        assert_eq!(whole.parts, expected);
    }
}

#[tokio::test]
async fn the_reasons_of_an_end_are_told_apart() {
    let reasons = [
        (ModelKind::Anthropic, "end_turn", StopReason::EndTurn),
        (ModelKind::Anthropic, "stop_sequence", StopReason::EndTurn),
        (ModelKind::Anthropic, "refusal", StopReason::Refusal),
        (ModelKind::OpenAi, "stop", StopReason::EndTurn),
        (ModelKind::OpenAi, "content_filter", StopReason::Refusal),
        (
            ModelKind::OpenAi,
            "new\u{7}reason",
            StopReason::Other("new reason".to_owned()),
        ),
        (
            ModelKind::Anthropic,
            "pause_turn",
            StopReason::Other("pause_turn".to_owned()),
        ),
    ];
    let server = ScriptedModel::start().await;
    for (kind, reason, expected) in reasons {
        server.then(ModelReply::text(["Hm."]).stop(reason));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.stop, expected, "{reason}");
    }
}

#[tokio::test]
async fn redacted_thinking_is_kept() {
    let server = ScriptedModel::start().await;
    server.then(ModelReply::new().redacted("c2VjcmV0").and_text(["Done."]));
    let whole = ask(endpoint(&server, ModelKind::Anthropic), request())
        .await
        .unwrap();
    let thinking = Thinking {
        text: String::new(),
        replay: Replay::Redacted("c2VjcmV0".to_owned()),
    };
    assert_eq!(whole.parts[0], AssistantPart::Thinking(thinking));
}

#[tokio::test]
async fn a_word_is_passed_on_before_the_next_one_is_written() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["one"]).pause().and_text(["two"]));
        let api = client(limits()).connect(endpoint(&server, kind));
        let mut events = api.stream(request());
        let first = events.next().await.unwrap().unwrap();
        assert_eq!(first, ModelEvent::TextDelta("one".to_owned()));
        server.release(1);
        let second = events.next().await.unwrap().unwrap();
        assert_eq!(second, ModelEvent::TextDelta("two".to_owned()));
    }
}

#[tokio::test]
async fn dropping_the_stream_ends_the_request() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["one"]).pause());
        let api = client(limits()).connect(endpoint(&server, kind));
        let mut events = api.stream(request());
        events.next().await.unwrap().unwrap();
        assert_eq!(server.in_flight(), 1);
        drop(events);
        eventually(|| server.in_flight() == 0).await;

        server.then(ModelReply::hang());
        let hanging = api.stream(request());
        let waited = tokio::time::timeout(Duration::from_millis(50), hanging.into_future()).await;
        assert!(waited.is_err(), "it hangs until it is dropped");
        eventually(|| server.in_flight() == 0).await;
    }
}

/// Shapes of other servers that speak chat completions in their own accent.
#[tokio::test]
async fn accents_of_chat_completions_are_understood() {
    let whole = |body: &'static str| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n";
        let server = raw_server(format!("{head}{body}")).await;
        let url = format!("http://{}/v1", server.address());
        let request = ModelRequest {
            system: String::new(),
            ..request()
        };
        ask(endpoint_at(&url, ModelKind::OpenAi), request)
            .await
            .unwrap()
    };
    // Whole calls without ids or places, `stop` although they wait, no usage and no [DONE].
    let ollama = whole(concat!(
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}},",
        "{\"function\":{\"name\":\"b\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
    ))
    .await;
    assert_eq!(ollama.stop, StopReason::ToolUse);
    let [
        AssistantPart::ToolUse {
            id: first, name, ..
        },
        AssistantPart::ToolUse {
            id: second,
            arguments,
            ..
        },
    ] = &ollama.parts[..]
    else {
        panic!("two calls: {:?}", ollama.parts);
    };
    assert!(first != second && first.starts_with("call_"));
    assert_eq!((name.as_str(), arguments.as_str()), ("a", "{}"));
    // Two calls with one place, told apart by their ids; comments in between; parts instead of text.
    let gateway = whole(concat!(
        ": PROCESSING\n\n",
        "data: {\"choices\":[{\"delta\":{\"reasoning\":\"Hm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"H\",\"index\":0}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"reasoning\":\".\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"m.\",\"signature\":\"s\",\"index\":0}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"y\",\"function\":{\"name\":\"a\",\"arguments\":\"{\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
    ))
    .await;
    assert_eq!(
        (gateway.text.as_str(), gateway.thinking.as_str()),
        ("Hi", "Hm.")
    );
    assert_eq!(
        gateway.parts[2..],
        [tool_use("x", "a", "{}"), tool_use("y", "a", "{}")]
    );
    let AssistantPart::Thinking(Thinking {
        replay: Replay::Details(details),
        ..
    }) = &gateway.parts[0]
    else {
        panic!("details first: {:?}", gateway.parts);
    };
    let details: serde_json::Value = serde_json::from_str(details).unwrap();
    let expected = serde_json::json!([{"type": "reasoning.text", "text": "Hm.", "signature": "s", "index": 0}]);
    assert_eq!(details, expected);
}
