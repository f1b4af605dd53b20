//! The client of `tieline-mcp` as the official conformance suite wants to be visited: `conformance_client URL`.
//!
//! It lists and calls what there is, and answers what it is asked. What is special about a scenario is in its server.
#![expect(
    clippy::disallowed_methods,
    reason = "the suite tells a client about a scenario in its environment"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use tieline_mcp::raw::{RawObject, raw_str};
use tieline_mcp::wire::{ClientCan, OfferKind, Revision};
use tieline_mcp::{
    Address, CallRequest, ClientInfo, Connected, DialPolicy, Era, Limits, McpClient, Named,
    ParamHeaders, Question, Questions, Reply, ReplyBody, Target, Upstream,
};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

type Done<T> = Result<T, Box<dyn Error>>;

/// More rounds than any scenario asks for.
const ROUNDS: usize = 8;

/// What its caller can be asked.
const CAPABILITIES: &str = r#"{"elicitation":{"form":{}}}"#;

/// The server of a scenario.
struct Visit {
    upstream: Upstream,
    target: Target,
    can: ClientCan,
}

#[tokio::main]
async fn main() -> Done<()> {
    let url = std::env::args()
        .next_back()
        .ok_or("the suite names a URL")?;
    let info = ClientInfo {
        name: "Tieline".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let policy = DialPolicy {
        allow_loopback: true,
        ..DialPolicy::default()
    };
    let client = McpClient::new(policy, Limits::default(), info)?;
    let target = Target::new(Arc::new(Address::new(Url::parse(&url)?)), None);
    let declared = RawValue::from_string(CAPABILITIES.to_owned())?;
    let can = ClientCan::read(Revision::R20251125, &declared);
    let connected = client.connect_for(&target, None, can).await?;
    let Connected { upstream, wire, .. } = connected;
    let visit = Visit {
        upstream,
        target,
        can,
    };
    visit.use_tools(wire.era()).await?;
    if wire.era() == Era::Modern {
        visit.use_other_lists().await;
    }
    visit.upstream.close(&visit.target).await;
    Ok(())
}

impl Visit {
    async fn use_tools(&self, era: Era) -> Done<()> {
        let tools = self
            .upstream
            .list(&self.target, OfferKind::Tool)
            .await?
            .items;
        for tool in &tools {
            let headers = ParamHeaders::from_definition(&tool.definition);
            let headers = (era == Era::Modern).then_some(&headers);
            for arguments in arguments(&tool.name, &tool.definition)? {
                let params = RawObject::new()
                    .with("name", raw_str(&tool.name))
                    .with("arguments", to_raw_value(&arguments)?);
                // Some scenarios answer with errors; what they look at is what they were asked.
                let _ = self
                    .ask(
                        "tools/call",
                        Some(named("name", &tool.name)),
                        params,
                        headers,
                    )
                    .await;
            }
        }
        Ok(())
    }

    /// Resources and prompts: each list, and the first of each.
    async fn use_other_lists(&self) {
        for (list, key, get) in [
            ("resources/list", "uri", "resources/read"),
            ("prompts/list", "name", "prompts/get"),
        ] {
            let Ok(listed) = self.ask(list, None, RawObject::new(), None).await else {
                continue;
            };
            let first = listed
                .as_object()
                .and_then(|result| result.values().find_map(Value::as_array))
                .and_then(|items| items.first()?[key].as_str().map(str::to_owned));
            if let Some(name) = first {
                let params = RawObject::new().with(key, raw_str(&name));
                let _ = self.ask(get, Some(named(key, &name)), params, None).await;
            }
        }
    }

    /// One request, and again with answers as long as the server wants some.
    async fn ask(
        &self,
        method: &str,
        named: Option<Named<'_>>,
        mut params: RawObject<'_>,
        headers: Option<&ParamHeaders>,
    ) -> Done<Value> {
        let (to, heard) = mpsc::channel(ROUNDS);
        tokio::spawn(reply_to(heard));
        let (told, mut notified) = mpsc::channel(ROUNDS);
        tokio::spawn(async move { while notified.recv().await.is_some() {} });
        for _ in 0..ROUNDS {
            let deadline = Instant::now() + Duration::from_secs(20);
            let questions = Questions {
                can: self.can,
                to: to.clone(),
                until: deadline,
            };
            let request = CallRequest {
                method,
                named,
                params: &params,
                param_headers: headers,
                deadline,
                notifications: Some(told.clone()),
                capabilities: None,
                questions: Some(questions),
                session: tieline_mcp::SessionIs::OneClients,
                hold: None,
                pass_on: None,
                cancel: CancellationToken::new(),
            };
            let Reply { body, .. } = self.upstream.call(&self.target, request).await?;
            match body {
                ReplyBody::Result(result) => return Ok(serde_json::from_str(result.get())?),
                ReplyBody::Error(error) => return Err(error.message.into()),
                ReplyBody::InputRequired(wanted) => params = answered(params, &wanted)?,
                ReplyBody::Task(_) => return Err("a task, which was not declared".into()),
                ReplyBody::PassedOn(_) => return Err("an answer for somebody else".into()),
            }
        }
        Err("the server never stops asking".into())
    }
}

/// Answers what a legacy server asks while it works on a call, as somebody would who accepts every form as it is.
async fn reply_to(mut heard: mpsc::Receiver<Question>) {
    while let Some(question) = heard.recv().await {
        let params = question.params.as_deref().map_or("null", RawValue::get);
        let asked = json!({ "params": serde_json::from_str::<Value>(params).unwrap_or_default() });
        if let Ok(reply) = to_raw_value(&answer(&asked)) {
            question.answer(Ok(reply));
        }
    }
}

/// The same request with the answers to what the server asked, and its state when it sent one.
fn answered<'a>(params: RawObject<'a>, wanted: &RawValue) -> Done<RawObject<'a>> {
    let wanted: Value = serde_json::from_str(wanted.get())?;
    let answers: Map<_, _> = wanted["inputRequests"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, question)| (key.clone(), answer(question)))
        .collect();
    let params = params
        .without(&["requestState"])
        .with("inputResponses", to_raw_value(&answers)?);
    Ok(match wanted["requestState"].as_str() {
        Some(state) => params.with("requestState", raw_str(state)),
        None => params,
    })
}

fn answer(question: &Value) -> Value {
    let properties = question["params"]["requestedSchema"]["properties"].as_object();
    let content: Map<_, _> = properties
        .into_iter()
        .flatten()
        .map(|(field, schema)| (field.clone(), example(schema)))
        .collect();
    json!({ "action": "accept", "content": content })
}

/// The arguments that the suite names for the tool, or something that fits its schema.
fn arguments(tool: &str, definition: &RawValue) -> Done<Vec<Value>> {
    let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let context: Value = serde_json::from_str(&context).unwrap_or_default();
    let named: Vec<_> = context["toolCalls"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|call| call["name"] == tool)
        .map(|call| call["arguments"].clone())
        .collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let definition: Value = serde_json::from_str(definition.get())?;
    let properties = definition["inputSchema"]["properties"].as_object();
    let fitting: Map<_, _> = properties
        .into_iter()
        .flatten()
        .map(|(field, schema)| (field.clone(), example(schema)))
        .collect();
    Ok(vec![fitting.into()])
}

fn example(schema: &Value) -> Value {
    match (&schema["default"], schema["type"].as_str()) {
        (default, _) if !default.is_null() => default.clone(),
        (_, Some("number" | "integer")) => json!(2),
        (_, Some("boolean")) => json!(true),
        (_, Some("array")) => json!([]),
        (_, Some("object")) => json!({}),
        _ => json!("text"),
    }
}

fn named<'a>(field: &'static str, value: &'a str) -> Named<'a> {
    Named { field, value }
}
