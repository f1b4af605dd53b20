//! A client with short waits, and what the tests ask again and again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::value::RawValue;
use tieline_agent::model::{
    AssistantPart, Message, ModelClient, ModelEndpoint, ModelError, ModelEvent, ModelLimits,
    ModelRequest, StopReason, ToolDefinition, Usage, UserPart,
};
use tieline_domain::{AccessToken, ModelKind, ModelUrl};
use tieline_mcp::{ClientInfo, DialPolicy, Limits, McpClient};
use tieline_testkit::{FixedClock, ScriptedModel, SeededEntropy};

pub(crate) const BOTH: [ModelKind; 2] = ModelKind::ALL;
pub(crate) const KEY: &str = "sk-very-secret-0123456789";

/// Patient where a test does not wait for the limit, quick between retries.
pub(crate) fn limits() -> ModelLimits {
    ModelLimits {
        first_token: Duration::from_secs(20),
        idle: Duration::from_secs(20),
        backoff: Duration::from_millis(1),
        ..ModelLimits::default()
    }
}

pub(crate) fn client(limits: ModelLimits) -> ModelClient {
    let clock = Arc::new(FixedClock::default());
    let policy = DialPolicy {
        allow_loopback: true,
        ..DialPolicy::default()
    };
    client_under(policy, limits, clock)
}

/// A client under these rules of the network.
pub(crate) fn client_under(
    policy: DialPolicy,
    limits: ModelLimits,
    clock: Arc<FixedClock>,
) -> ModelClient {
    let info = ClientInfo {
        name: "Tieline".to_owned(),
        version: "0.0.0".to_owned(),
    };
    let mcp = McpClient::new(policy, Limits::default(), info).expect("this machine's certificates");
    let entropy = Arc::new(SeededEntropy::new(7));
    ModelClient::new(limits, Arc::new(mcp.outbound()), clock, entropy)
}

pub(crate) fn endpoint(server: &ScriptedModel, kind: ModelKind) -> ModelEndpoint {
    endpoint_at(&server.url(kind), kind)
}

pub(crate) fn endpoint_at(url: &str, kind: ModelKind) -> ModelEndpoint {
    ModelEndpoint {
        name: "Main".to_owned(),
        kind,
        base_url: ModelUrl::parse(url).expect("the test's own URL"),
        model: "some-model".to_owned(),
        key: AccessToken::parse(KEY).expect("the test's own key"),
        fallback: None,
    }
}

pub(crate) fn tool(name: &str) -> ToolDefinition {
    let schema = r#"{"type":"object","properties":{"q":{"type":"string"}}}"#;
    ToolDefinition {
        name: name.to_owned(),
        description: "Looks something up.".to_owned(),
        input_schema: RawValue::from_string(schema.to_owned()).expect("the test's own schema"),
    }
}

pub(crate) fn request() -> ModelRequest {
    ModelRequest {
        model: "some-model".to_owned(),
        system: "Be brief.".to_owned(),
        tools: Arc::new([tool("mcp__a__one"), tool("mcp__a__two")]),
        messages: vec![said("Hello?")],
        max_tokens: 1000,
    }
}

pub(crate) fn said(text: &str) -> Message {
    Message::User(vec![UserPart::Text(text.to_owned())])
}

/// A whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) text: String,
    pub(crate) thinking: String,
    pub(crate) started: Vec<String>,
    pub(crate) retries: Vec<String>,
    pub(crate) parts: Vec<AssistantPart>,
    pub(crate) stop: StopReason,
    pub(crate) usage: Usage,
}

/// Asks with a patient client and reads to the end.
pub(crate) async fn ask(
    endpoint: ModelEndpoint,
    request: ModelRequest,
) -> Result<Whole, ModelError> {
    ask_with(limits(), endpoint, request).await
}

pub(crate) async fn ask_with(
    limits: ModelLimits,
    endpoint: ModelEndpoint,
    request: ModelRequest,
) -> Result<Whole, ModelError> {
    ask_through(&client(limits), endpoint, request).await
}

/// The same with a client that is used many times.
pub(crate) async fn ask_through(
    client: &ModelClient,
    endpoint: ModelEndpoint,
    request: ModelRequest,
) -> Result<Whole, ModelError> {
    let (mut text, mut thinking) = (String::new(), String::new());
    let (mut started, mut retries) = (Vec::new(), Vec::new());
    let mut finished = None;
    let mut events = client.connect(endpoint).stream(request);
    while let Some(event) = events.next().await {
        assert!(finished.is_none(), "nothing follows the end");
        match event? {
            ModelEvent::Retrying { reason, .. } => retries.push(reason),
            ModelEvent::TextDelta(more) => text.push_str(&more),
            ModelEvent::ThinkingDelta(more) => thinking.push_str(&more),
            ModelEvent::ToolUseStarted { name, .. } => started.push(name),
            ModelEvent::Finished { parts, stop, usage } => finished = Some((parts, stop, usage)),
        }
    }
    let (parts, stop, usage) = finished.expect("a stream ends with its end or an error");
    Ok(Whole {
        text,
        thinking,
        started,
        retries,
        parts,
        stop,
        usage,
    })
}

/// The error, which must not show the key, however it is printed.
pub(crate) fn failed(outcome: Result<Whole, ModelError>) -> ModelError {
    let error = outcome.expect_err("this answer must fail");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(KEY), "the key is in: {text}");
        assert!(text.len() < 1000, "too long: {text}");
        assert!(
            !text.chars().any(char::is_control),
            "control characters: {text}"
        );
    }
    error
}

pub(crate) fn text_part(text: &str) -> AssistantPart {
    AssistantPart::Text(text.to_owned())
}

pub(crate) fn tool_use(id: &str, name: &str, arguments: &str) -> AssistantPart {
    AssistantPart::ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}
