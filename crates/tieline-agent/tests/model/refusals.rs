//! Answers that are none: refused keys, limits, overload, bad definitions, and what is asked instead.

use std::time::Duration;

use futures_util::StreamExt as _;
use tieline_agent::model::{ModelEndpoint, ModelError, ModelEvent, ModelLimits};
use tieline_domain::ModelKind;
use tieline_testkit::{ModelReply, ScriptedModel, free_port};

use crate::support::{
    BOTH, KEY, ask, ask_with, client, endpoint, endpoint_at, failed, limits, request,
};

fn short(limits: ModelLimits) -> ModelLimits {
    ModelLimits {
        first_token: Duration::from_millis(150),
        ..limits
    }
}

#[tokio::test]
async fn a_refused_key_is_said_once_and_never_shown() {
    for kind in BOTH {
        for status in [401, 403] {
            let server = ScriptedModel::start().await;
            server.then(ModelReply::error(
                status,
                "authentication_error",
                &format!("Incorrect API key provided: {KEY}."),
            ));
            let error = failed(ask(endpoint(&server, kind), request()).await);
            assert_eq!(error.code(), "model_key_rejected");
            assert!(
                error.to_string().contains(&format!("HTTP {status}")),
                "{error}"
            );
            assert_eq!(
                server.calls().len(),
                1,
                "nobody asks again with a refused key"
            );
        }
    }
}

#[tokio::test]
async fn limits_and_overload_are_waited_for() {
    for kind in BOTH {
        for (status, word) in [
            (429, "takes no more requests"),
            (529, "is overloaded"),
            (503, "is overloaded"),
            (500, "failed (HTTP 500)"),
        ] {
            let server = ScriptedModel::start().await;
            let refusal = ModelReply::error(status, "api_error", "Not now.");
            server
                .then(refusal.clone())
                .then(refusal)
                .then(ModelReply::text(["Hi"]));
            let whole = ask(endpoint(&server, kind), request()).await.unwrap();
            assert_eq!(whole.text, "Hi");
            assert_eq!(whole.retries.len(), 2);
            assert!(whole.retries[0].contains(word), "{:?}", whole.retries);
            assert_eq!(server.calls().len(), 3);
        }
    }
}

#[tokio::test]
async fn after_three_retries_it_is_over() {
    for kind in BOTH {
        for (status, code) in [
            (429, "model_rate_limited"),
            (529, "model_overloaded"),
            (500, "model_failed"),
        ] {
            let server = ScriptedModel::start().await;
            server.always(move |_| {
                ModelReply::error(status, "x", "Tokens per day: <b>0</b>\u{202e}")
            });
            let error = failed(ask(endpoint(&server, kind), request()).await);
            assert_eq!(error.code(), code);
            assert!(
                error.to_string().contains("Tokens per day: <b>0</b>"),
                "{error}"
            );
            assert!(!error.to_string().contains('\u{202e}'));
            assert_eq!(server.calls().len(), 4);
        }
    }
}

#[tokio::test]
async fn retry_after_is_kept_to() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server
            .then(
                ModelReply::error(429, "rate_limit_error", "Slow down.").header("retry-after", "1"),
            )
            .then(ModelReply::text(["Hi"]));
        let begun = std::time::Instant::now();
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.text, "Hi");
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_pause_that_is_too_long_ends_it_with_its_message() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.then(
            ModelReply::error(429, "rate_limit_error", "Slow down.").header("retry-after", "3600"),
        );
        let error = failed(ask(endpoint(&server, kind), request()).await);
        let expected = "The model API Main takes no more requests for now: Slow down. Try again in 60 minutes.";
        assert_eq!(error.to_string(), expected);
        assert_eq!(server.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_used_up_quota_does_not_come_back_in_a_second() {
    let server = ScriptedModel::start().await;
    server.then(ModelReply::error(
        429,
        "insufficient_quota",
        "You exceeded your current quota.",
    ));
    let error = failed(ask(endpoint(&server, ModelKind::OpenAi), request()).await);
    assert_eq!(error.code(), "model_rate_limited");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_refused_tool_is_named() {
    let shapes = [
        (
            ModelKind::Anthropic,
            "tools.1.custom.input_schema: JSON schema is invalid.",
            Some("mcp__a__two"),
        ),
        (
            ModelKind::OpenAi,
            "Invalid schema for function 'mcp__a__one': In context=(), object schema missing properties.",
            Some("mcp__a__one"),
        ),
        (
            ModelKind::OpenAi,
            "Invalid 'tools[1].function.description': string too long.",
            Some("mcp__a__two"),
        ),
        (
            ModelKind::OpenAi,
            "GenerateContentRequest.tools[0].function_declarations[1].parameters: unknown field",
            Some("mcp__a__two"),
        ),
        (
            ModelKind::OpenAi,
            "Invalid schema for function 'mcp__a__one_more'",
            None,
        ),
        (
            ModelKind::Anthropic,
            "messages.1.content.0.tool_use.name: mcp__a__one is odd",
            None,
        ),
        (ModelKind::Anthropic, "tools: Too many tools.", None),
        (ModelKind::Anthropic, "tools.9.custom.name: no", None),
    ];
    let server = ScriptedModel::start().await;
    for (kind, message, tool) in shapes {
        server.then(ModelReply::error(400, "invalid_request_error", message));
        let error = failed(ask(endpoint(&server, kind), request()).await);
        match tool {
            Some(expected) => {
                assert!(
                    matches!(&error, ModelError::RefusedTool { tool, .. } if tool == expected),
                    "{message}: {error:?}"
                );
                assert_eq!(error.code(), "model_refused_tool");
            }
            None => assert_eq!(error.code(), "model_refused_request", "{message}"),
        }
    }
}

#[tokio::test]
async fn other_refusals_are_repeated_in_the_apis_words() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        for (status, body) in [
            (404, r#"{"error":{"message":"model: gpt-99 not found"}}"#),
            (404, r#"{"error":"model: gpt-99 not found"}"#),
            (400, r#"{"detail":"model: gpt-99 not found"}"#),
            (402, r#"{"message":"model: gpt-99 not found"}"#),
        ] {
            server.then(ModelReply::status(status).body(body));
            let error = failed(ask(endpoint(&server, kind), request()).await);
            assert_eq!(error.code(), "model_refused_request");
            assert!(
                error.to_string().contains("model: gpt-99 not found"),
                "{error}"
            );
        }
        server.then(ModelReply::status(418).body("<html>\0teapot"));
        let error = failed(ask(endpoint(&server, kind), request()).await);
        assert!(error.to_string().contains("HTTP 418"), "{error}");
    }
}

#[tokio::test]
async fn the_fallback_is_asked_when_the_first_is_exhausted_or_gone() {
    for kind in BOTH {
        let (first, second) = (ScriptedModel::start().await, ScriptedModel::start().await);
        second.always(|_| ModelReply::text(["from the second"]));
        let other = BOTH.into_iter().find(|other| *other != kind).unwrap();
        let fallback = ModelEndpoint {
            name: "Spare".to_owned(),
            model: "spare-model".to_owned(),
            ..endpoint(&second, other)
        };
        let fallback = Some(Box::new(fallback));

        first.always(|_| ModelReply::error(529, "overloaded_error", "Overloaded"));
        let exhausted = ModelEndpoint {
            fallback: fallback.clone(),
            ..endpoint(&first, kind)
        };
        let whole = ask(exhausted.clone(), request()).await.unwrap();
        assert_eq!(whole.text, "from the second");
        assert_eq!(first.calls().len(), 4);
        assert_eq!(whole.retries.len(), 4);
        assert_eq!(
            whole.retries[3],
            "Main is overloaded. Spare is asked instead."
        );
        assert_eq!(second.calls()[0].json()["model"], "spare-model");
        assert_eq!(second.calls()[0].kind, other);

        let gone = ModelEndpoint {
            fallback,
            ..endpoint_at(&format!("http://127.0.0.1:{}", free_port()), kind)
        };
        assert_eq!(ask(gone, request()).await.unwrap().text, "from the second");

        first.always(|_| ModelReply::hang());
        let hanging = ask_with(short(limits()), exhausted.clone(), request()).await;
        assert_eq!(hanging.unwrap().text, "from the second");

        // A fault of ours is not mended by asking somebody else.
        let before = second.calls().len();
        first.always(|_| ModelReply::error(401, "authentication_error", "no"));
        failed(ask(exhausted, request()).await);
        assert_eq!(second.calls().len(), before);
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_reason() {
    for kind in BOTH {
        let url = format!("http://127.0.0.1:{}", free_port());
        let error = failed(ask(endpoint_at(&url, kind), request()).await);
        assert_eq!(error.code(), "model_unreachable");
        assert!(error.to_string().contains("nothing listens"), "{error}");
        let error = failed(ask(endpoint_at("http://no-such-host.invalid", kind), request()).await);
        assert_eq!(error.code(), "model_unreachable");
        assert!(
            error
                .to_string()
                .contains("no-such-host.invalid was not found"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn redirects_and_web_pages_are_no_answers() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        let target = ScriptedModel::start().await;
        let moved = ModelReply::status(307)
            .header("location", &format!("{}/v1/messages", target.url(kind)));
        server.then(moved);
        let error = failed(ask(endpoint(&server, kind), request()).await);
        assert_eq!(error.code(), "model_bad_answer");
        assert!(
            target.calls().is_empty(),
            "the key must not follow a redirect"
        );
        server.then(
            ModelReply::status(200)
                .header("content-type", "text/html")
                .body("<html>"),
        );
        let error = failed(ask(endpoint(&server, kind), request()).await);
        assert!(error.to_string().contains("it is text/html"), "{error}");
        server
            .then(ModelReply::error(200, "overloaded_error", "Later."))
            .then(ModelReply::text(["Hi"]));
        let whole = ask(endpoint(&server, kind), request()).await.unwrap();
        assert_eq!(whole.retries, ["Main is overloaded."]);
    }
}

#[tokio::test]
async fn checking_asks_once_and_little() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        let client = client(limits());
        server.then(ModelReply::text(["ok"]));
        client.check(&endpoint(&server, kind)).await.unwrap();
        let body = server.calls()[0].json();
        assert_eq!(body["model"], "some-model");
        assert_eq!(body["max_tokens"], 16);
        assert_eq!(body.get("tools"), None);
        for (status, code) in [
            (401, "model_key_rejected"),
            (404, "model_refused_request"),
            (529, "model_overloaded"),
        ] {
            let before = server.calls().len();
            server.then(ModelReply::error(status, "x", "no"));
            let error = client.check(&endpoint(&server, kind)).await.unwrap_err();
            assert_eq!(error.code(), code);
            assert_eq!(server.calls().len(), before + 1);
        }
    }
}

#[tokio::test]
async fn parameters_that_a_server_does_not_know_are_left_out() {
    let server = ScriptedModel::start().await;
    let strict = r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}"#;
    server
        .then(ModelReply::status(422).body(strict))
        .then(ModelReply::error(
            400,
            "invalid_request_error",
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        ))
        .then(ModelReply::text(["Hi"]))
        .then(ModelReply::text(["Hi again"]));
    let api = client(limits()).connect(endpoint(&server, ModelKind::OpenAi));
    for _ in 0..2 {
        let mut events = api.stream(request());
        while let Some(event) = events.next().await {
            assert!(!matches!(event.unwrap(), ModelEvent::Retrying { .. }));
        }
    }
    let calls = server.calls();
    assert_eq!(calls.len(), 4, "what was learned once is kept");
    for call in &calls[2..] {
        let body = call.json();
        assert_eq!(body.get("stream_options"), None);
        assert_eq!(body.get("max_tokens"), None);
        assert_eq!(body["max_completion_tokens"], 1000);
    }
    // A server that refuses both names is not asked for ever.
    server.always(|_| ModelReply::error(400, "x", "max_completion_tokens, max_tokens: no"));
    let error = failed(ask(endpoint(&server, ModelKind::OpenAi), request()).await);
    assert_eq!(error.code(), "model_refused_request");
    assert_eq!(server.calls().len(), 7);
}
