//! From results to HTTP answers: JSON or events, bent as the fault has it.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header;
use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{
    self, CacheScope, Caching, Era, Params, ServerDescription, response_error, response_ok,
    sse_message,
};

use super::fault::Bend;
use super::{Answers, Shared};

/// A result, or code, message and data of an error.
pub(super) type Outcome = Result<Box<RawValue>, (i64, String, Option<Box<RawValue>>)>;

/// What a request leads to: messages on the way, then the outcome.
pub(super) struct Answer {
    pub(super) before: Vec<Bytes>,
    pub(super) outcome: Outcome,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self {
            before: Vec::new(),
            outcome,
        }
    }
}

/// The JSON-RPC message that answers a request.
pub(super) fn message(id: &RawValue, outcome: Outcome, bend: &Bend) -> Bytes {
    let other = raw::raw_str("not-yours");
    let id = if *bend == Bend::OtherId { &*other } else { id };
    if let Bend::Error { code, message } = bend {
        return response_error(Some(id), *code, message, None);
    }
    match outcome {
        Ok(result) => response_ok(id, &result),
        Err((code, text, data)) => response_error(Some(id), code, &text, data.as_deref()),
    }
}

pub(super) fn json_status(status: u16, body: Bytes) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .expect("constant headers")
}

pub(super) fn sse(body: Body) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body)
        .expect("constant headers")
}

impl Shared {
    /// The answer to a POST: in events when the server prefers them or has something to say before.
    pub(super) fn render(&self, id: &RawValue, answer: Answer, bend: &Bend) -> Response {
        let last = message(id, answer.outcome, bend);
        if self.config.answers == Answers::Json && answer.before.is_empty() {
            return json_status(200, last);
        }
        let events = answer
            .before
            .iter()
            .chain([&last])
            .flat_map(|message| sse_message(message));
        sse(Body::from(events.collect::<Vec<u8>>()))
    }

    pub(super) fn described<T>(&self, then: impl FnOnce(ServerDescription<'_>) -> T) -> T {
        let capabilities = self.declared();
        then(ServerDescription {
            name: &self.config.name,
            version: "1.0.0",
            title: None,
            instructions: self.config.instructions.as_deref(),
            capabilities: &capabilities,
        })
    }

    /// One page of `tools/list`. Cursors are positions with a letter before them.
    pub(super) fn list_tools(&self, era: Era, params: &Params<'_>) -> Outcome {
        let invalid = || (-32602, "bad cursor".to_owned(), None);
        let from = match params.cursor().map_err(|_| invalid())? {
            Some(cursor) => cursor
                .strip_prefix('p')
                .and_then(|at| at.parse().ok())
                .ok_or_else(invalid)?,
            None => 0_usize,
        };
        let state = self.state();
        let end = from
            .saturating_add(self.config.page_size)
            .min(state.tools.len());
        let page = state.tools.get(from..end).unwrap_or_default();
        let next = match (end < state.tools.len(), self.config.endless_pages) {
            (true, _) => Some(format!("p{end}")),
            (false, true) => Some(format!("p{}", from.max(end) + 1)),
            (false, false) => None,
        };
        let caching = Caching {
            ttl_ms: 0,
            scope: CacheScope::Public,
        };
        let result = wire::list_result(
            era,
            "tools",
            page.iter().map(|tool| &*tool.definition),
            next.as_deref(),
            caching,
        );
        if era == Era::Legacy {
            return Ok(result);
        }
        let ttl =
            RawValue::from_string(self.config.ttl_ms.clone()).expect("the test's own text is JSON");
        Ok(RawObject::parse(&result)
            .expect("a list result is an object")
            .with("ttlMs", ttl)
            .to_box())
    }

    /// Runs a tool. `id` makes requests of the server's own distinct.
    pub(super) async fn call_tool(
        &self,
        era: Era,
        params: &Params<'_>,
        whole: Option<&RawValue>,
    ) -> Answer {
        let name = params.name.and_then(raw::as_str).unwrap_or_default();
        let Some(tool) = self
            .state()
            .tools
            .iter()
            .find(|tool| tool.is_named(&name))
            .cloned()
        else {
            return Err((-32602, format!("Unknown tool: {name}"), None)).into();
        };
        if !tool.wait.is_zero() {
            let _ = tokio::time::timeout(tool.wait, self.stop.cancelled()).await;
        }
        let mut before = progress(params, tool.progress);
        let meta = params.request_meta().unwrap_or_default();
        if era == Era::Legacy || meta.log_level.is_some() {
            before.extend(
                tool.logs
                    .iter()
                    .map(|(level, text)| log_message(level, text)),
            );
        }
        if let (Era::Legacy, Some((method, params))) = (era, &tool.asks) {
            let id = raw::raw_str(&self.unused("server"));
            before.push(wire::request(&id, method, Some(params)));
        }
        let outcome = match tool.result(params.arguments, whole) {
            Ok(result) if era == Era::Modern => Ok(with_result_type(&result)),
            Ok(result) => Ok(result),
            Err((code, message, data)) => {
                Err((code, message.to_owned(), data.map(ToOwned::to_owned)))
            }
        };
        Answer { before, outcome }
    }
}

fn log_message(level: &str, text: &str) -> Bytes {
    let params = RawObject::new()
        .with("level", raw::raw_str(level))
        .with("data", raw::raw_str(text));
    wire::notification("notifications/message", Some(&params.to_box()))
}

fn progress(params: &Params<'_>, times: u32) -> Vec<Bytes> {
    let Some(token) = params.request_meta().unwrap_or_default().progress_token else {
        return Vec::new();
    };
    let report = |step: u32| {
        let params = RawObject::new()
            .with("progressToken", token)
            .with("progress", raw::to_raw(&step))
            .with("total", raw::to_raw(&times));
        wire::notification("notifications/progress", Some(&params.to_box()))
    };
    (1..=times).map(report).collect()
}

/// A test that writes its own `resultType` keeps it.
fn with_result_type(result: &RawValue) -> Box<RawValue> {
    match RawObject::parse(result) {
        Ok(object) if !object.contains("resultType") => {
            object.rename_value("resultType", "complete").to_box()
        }
        _ => result.to_owned(),
    }
}
