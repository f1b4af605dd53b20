//! Answers that break off, stall, break their own rules or never come.

use std::time::Duration;

use tieline_agent::model::{ModelLimits, Phase, StopReason};
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel};

use crate::support::{
    BOTH, ask, ask_through, ask_with, client, endpoint, failed, limits, request, text_part,
};

fn short() -> ModelLimits {
    ModelLimits {
        first_token: Duration::from_millis(150),
        idle: Duration::from_millis(150),
        ..limits()
    }
}

#[tokio::test]
async fn an_answer_that_never_begins_is_given_up() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::hang());
        let error = failed(ask_with(short(), endpoint(&server, kind), request()).await);
        assert_eq!(error.code(), "model_timeout");
        assert!(
            error.to_string().contains("did not begin to answer"),
            "{error}"
        );
        // A head without a word is no beginning.
        server.then(ModelReply::new().pause());
        let error = failed(ask_with(short(), endpoint(&server, kind), request()).await);
        assert!(
            error.to_string().contains("did not begin to answer"),
            "{error}"
        );
        assert_eq!(server.calls().len(), 2, "nobody waits that long twice");
    }
}

#[tokio::test]
async fn an_answer_that_stalls_is_given_up() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["So"]).pause().and_text(["what"]));
        let error = failed(ask_with(short(), endpoint(&server, kind), request()).await);
        assert_eq!(error.code(), "model_timeout");
        assert!(
            matches!(
                error,
                tieline_agent::model::ModelError::Timeout {
                    phase: Phase::NextPiece,
                    ..
                }
            ),
            "{error:?}"
        );
        tieline_testkit::eventually(|| server.in_flight() == 0).await;
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text(["So"]).pause());
        let limits = ModelLimits {
            whole: Duration::from_millis(150),
            ..limits()
        };
        let error = failed(ask_with(limits, endpoint(&server, kind), request()).await);
        assert!(
            error.to_string().contains("did not come to an end"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn cut_at_any_byte_there_is_a_whole_answer_or_none() {
    let reply = || {
        ModelReply::text(["So"])
            .tool("call_1", "mcp__a__one", ["{\"q\":", "\"x\"}"])
            .tool("call_2", "mcp__a__two", ["{}"])
    };
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        let expected = {
            server.then(reply());
            ask(endpoint(&server, kind), request()).await.unwrap()
        };
        let length = reply().bytes(kind).len();
        let client = client(ModelLimits {
            retries: 0,
            ..limits()
        });
        let mut whole = 0;
        for cut in 0..length {
            server.then(reply().cut_after(cut));
            match ask_through(&client, endpoint(&server, kind), request()).await {
                Ok(answer) => {
                    whole += 1;
                    assert_eq!(answer.parts, expected.parts, "{kind} cut after {cut}");
                    assert_eq!(answer.stop, StopReason::ToolUse);
                }
                Err(error) => {
                    assert_eq!(whole, 0, "{kind} cut after {cut}: {error}");
                    assert_eq!(failed(Err(error)).code(), "model_cut");
                }
            }
        }
        // Only after the last word of the model does a cut do no harm.
        assert!(
            whole > 0 && whole < length / 2,
            "{kind}: {whole} of {length}"
        );
    }
}

#[tokio::test]
async fn a_cut_before_the_first_word_is_tried_again_and_one_after_it_is_not() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server
            .then(ModelReply::text(["So"]).cut_after(20))
            .then(ModelReply::text(["So"]));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!((whole.text.as_str(), whole.retries.len()), ("So", 1));

        let words = ModelReply::text(["So", "what", "and", "more"]);
        let bytes = words.bytes(kind);
        let second = bytes.windows(4).position(|window| window == b"what");
        server.then(words.cut_after(second.unwrap()));
        let before = server.calls().len();
        assert_eq!(
            failed(ask(endpoint(&server, kind), request()).await).code(),
            "model_cut"
        );
        assert_eq!(server.calls().len(), before + 1);
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_is_the_error() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server
            .then(ModelReply::new().then_error("overloaded_error", "Overloaded"))
            .then(ModelReply::text(["Hi"]));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.retries, ["Main is overloaded."]);
        assert_eq!(whole.parts, [text_part("Hi")]);

        let reply = ModelReply::text(["So"]).then_error("overloaded_error", "Overloaded");
        server.then(reply);
        let error = failed(ask(endpoint(&server, kind), request()).await);
        assert_eq!(error.code(), "model_overloaded");
        let reply = ModelReply::text(["So"]).then_error("some_error", "Oh\n\u{200b}dear");
        server.then(reply);
        let error = failed(ask(endpoint(&server, kind), request()).await);
        let expected = "The model API Main failed: Oh dear. Try again; if it stays so, look at its status page.";
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn events_against_the_rules_are_a_bad_answer() {
    let anthropic = [
        "data: {oh dear\n\n",
        "data: \"text\"\n\n",
        "data: {\"type\":\"content_block_delta\",\"index\":3,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\"}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":\"zero\"}\n\n",
    ];
    let openai = [
        "data: {oh dear\n\n",
        "data: 7\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":{}}}]}\n\n",
        "data: {\"choices\":\"none\"}\n\n",
    ];
    let server = ScriptedModel::start().await;
    for (kind, bodies) in [
        (ModelKind::Anthropic, &anthropic[..]),
        (ModelKind::OpenAi, &openai),
    ] {
        for body in bodies {
            let reply = ModelReply::status(200).header("content-type", "text/event-stream");
            server.then(reply.body(body.as_bytes().to_vec()));
            let error = failed(ask(endpoint(&server, kind), request()).await);
            assert_eq!(error.code(), "model_bad_answer", "{body}: {error}");
        }
    }
}

#[tokio::test]
async fn an_answer_stays_within_its_limits() {
    let long = "x".repeat(5000);
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(ModelReply::text([&long]));
        let limits = ModelLimits {
            event_bytes: 4096,
            ..limits()
        };
        let error = failed(ask_with(limits, endpoint(&server, kind), request()).await);
        assert_eq!(error.code(), "model_bad_answer");
        server.then(ModelReply::text([
            &long[..3000],
            &long[..3000],
            &long[..3000],
        ]));
        let limits = ModelLimits {
            answer_bytes: 8192,
            ..limits
        };
        let error = failed(ask_with(limits, endpoint(&server, kind), request()).await);
        assert!(
            error.to_string().contains("the answer is larger"),
            "{error}"
        );
    }
}
