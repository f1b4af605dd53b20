//! The modern era: every request alone. Headers were compared with the body before.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{
    CacheScope, Caching, Envelope, Era, MODERN, ParamHeaders, Params, Request, response_error,
};

use super::Shared;
use super::answer::{Answer, json_status};
use super::fault::{Bend, status};

pub(super) async fn answer(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    envelope: Envelope<'_>,
    bend: Bend,
) -> Response {
    let request = match envelope {
        Envelope::Request(request) => request,
        Envelope::Notification(_) => return status(202),
        Envelope::Response(_) => return status(400),
    };
    let params = Params::parse(request.params).unwrap_or_default();
    let answer: Answer = match request.method {
        "server/discover" => Ok(discover(shared)).into(),
        "tools/list" => shared.list_tools(Era::Modern, &params).into(),
        "tools/call" => {
            if let Some(refusal) = refuse_headers(shared, headers, &request, &params) {
                return refusal;
            }
            if let Some(dripping) = shared.drip(&request) {
                return dripping;
            }
            shared.call_tool(Era::Modern, &params, request.params).await
        }
        "subscriptions/listen" if shared.config.listen_stream => {
            return shared.modern_stream(&request);
        }
        method => {
            if let Some(outcome) = shared.offered(Era::Modern, method, request.params) {
                return shared.render(request.id, outcome.into(), &bend);
            }
            let text = format!("Method not found: {method}");
            return json_status(404, response_error(Some(request.id), -32601, &text, None));
        }
    };
    shared.render(request.id, answer, &bend)
}

fn discover(shared: &Shared) -> Box<RawValue> {
    let caching = Caching {
        ttl_ms: 60_000,
        scope: CacheScope::Public,
    };
    shared.described(|server| server.discover_result(&[MODERN], caching, &[]))
}

/// Compares the headers of the arguments that the tool's schema marks.
fn refuse_headers(
    shared: &Shared,
    headers: &HeaderMap,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Option<Response> {
    let name = params.name.and_then(raw::as_str)?;
    let definition = shared
        .state()
        .tools
        .iter()
        .find(|tool| tool.is_named(&name))?
        .definition
        .clone();
    let schema = RawObject::parse(&definition)
        .ok()?
        .get("inputSchema")?
        .to_owned();
    let mismatch = ParamHeaders::from_schema(&schema)
        .ok()?
        .check(headers, params.arguments)
        .err()?;
    Some(json_status(
        400,
        response_error(
            Some(request.id),
            mismatch.code(),
            &mismatch.to_string(),
            None,
        ),
    ))
}
