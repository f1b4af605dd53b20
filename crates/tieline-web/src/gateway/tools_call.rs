//! `tools/call`: name → entry of the view → `hub::dispatch` → the outcome in the client's words.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;
use tieline_hub::{Call, CallOutcome, CatalogTool, SessionKey, Wanted};
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{
    PARAM_HEADER_KEYWORD, ParamHeaders, Params, ParamsError, Request, RequestMeta, ToolCallParams,
    response_ok, tool_error_result,
};
use tieline_mcp::{Era, bridge};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::door::View;
use super::endpoint::{Exchange, json as json_response};
use super::errors::Fault;
use super::load::Permit;
use super::relay::Relay;
use super::sessions::{McpSession, RunningCall};
use super::stream;

/// `_meta` key of a result that Tieline made: the stable code of what went wrong.
const META_CODE: &str = "tieline/code";

/// In which era a client asks, and what it asks from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'a> {
    /// Alone, from the current list.
    Modern { view: &'a View, client: &'a str },
    /// Within a session, from its frozen list.
    Legacy(&'a Arc<McpSession>),
}

/// A call that passed every check here. It can outlive the request that it came with.
#[derive(Debug)]
pub(super) struct ReadyCall<'a> {
    exchange: Arc<Exchange>,
    session: SessionKey,
    client: Cow<'a, str>,
    tool: Arc<CatalogTool>,
    era: Era,
    id: Cow<'a, RawValue>,
    params: Cow<'a, RawValue>,
    cancel: CancellationToken,
    /// Held until the call is over, wherever that is.
    held: (Permit, Option<RunningCall>),
}

/// Answers with a stream when the client wants to hear of progress, else with one message.
pub(super) async fn answer(
    exchange: &Arc<Exchange>,
    asked: &Asked<'_>,
    request: &Request<'_>,
    params: &Params<'_>,
    meta: &RequestMeta<'_>,
) -> Result<Response, Fault> {
    let mut call = prepare(exchange, asked, request, params)?;
    let relay = relay_for(exchange, asked.era(), meta);
    if meta.progress_token.is_some() {
        call.params = Cow::Owned(
            relay
                .outgoing(&call.params)
                .map_err(|_| Fault::params(&ParamsError::Unreadable))?,
        );
    }
    if relay.is_wanted() {
        return Ok(stream::start(call.into_owned(), relay));
    }
    let outcome = call.run(None).await;
    Ok(json_response(call.message_of(&outcome)))
}

/// Answers with one message; progress is not asked for.
pub(super) async fn message(
    exchange: &Arc<Exchange>,
    asked: &Asked<'_>,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<Bytes, Fault> {
    let mut call = prepare(exchange, asked, request, params)?;
    call.params = Cow::Owned(
        Relay::closed()
            .outgoing(&call.params)
            .map_err(|_| Fault::params(&ParamsError::Unreadable))?,
    );
    let outcome = call.run(None).await;
    Ok(call.message_of(&outcome))
}

fn relay_for(exchange: &Exchange, era: Era, meta: &RequestMeta<'_>) -> Relay {
    if !takes_streams(&exchange.headers) {
        return Relay::closed();
    }
    let logs = era == Era::Modern && meta.log_level.is_some();
    Relay::new(exchange.gateway.hub().entropy(), meta.progress_token, logs)
}

fn takes_streams(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok());
    accepted.flat_map(|accept| accept.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/event-stream") || kind == "*/*"
    })
}

/// Finds the tool and makes every check that needs no server.
fn prepare<'a>(
    exchange: &Arc<Exchange>,
    asked: &Asked<'a>,
    request: &Request<'a>,
    params: &Params<'a>,
) -> Result<ReadyCall<'a>, Fault> {
    let asked_for = ToolCallParams::try_from(*params).map_err(|error| Fault::params(&error))?;
    let raw_params = request
        .params
        .ok_or_else(|| Fault::params(&ParamsError::NotAString { field: "name" }))?;
    let tool = asked
        .tool(exchange, &asked_for.name)
        .ok_or_else(|| Fault::tool_not_found(&asked_for.name))?;
    if asked.era() == Era::Modern {
        refuse_request_state(raw_params)?;
        check_param_headers(&tool, &exchange.headers, asked_for.arguments)?;
    }
    let gateway = &exchange.gateway;
    let permit = gateway.0.loads.admit(exchange.key)?;
    permit.note_use(gateway.hub(), asked.client());
    let running = asked.session().map(|session| session.begin(request.id));
    // To a modern client, leaving is cancelling. A legacy one says so.
    let cancel = running
        .as_ref()
        .map_or_else(|| exchange.gone.clone(), |running| running.cancel.clone());
    Ok(ReadyCall {
        exchange: exchange.clone(),
        session: asked.session_key(&permit),
        client: Cow::Borrowed(asked.client()),
        tool,
        era: asked.era(),
        id: Cow::Borrowed(request.id),
        params: Cow::Borrowed(raw_params),
        cancel,
        held: (permit, running),
    })
}

/// The gateway gives out no state, so a modern client has none to bring back.
fn refuse_request_state(params: &RawValue) -> Result<(), Fault> {
    // A search through the text first: nearly no call has it.
    if !params.get().contains("requestState") {
        return Ok(());
    }
    match RawObject::parse(params) {
        Ok(object) if !object.contains("requestState") => Ok(()),
        _ => Err(Fault::unknown_request_state()),
    }
}

/// Arguments that a tool wants repeated in headers have to say the same in both places.
fn check_param_headers(
    tool: &CatalogTool,
    headers: &HeaderMap,
    arguments: Option<&RawValue>,
) -> Result<(), Fault> {
    if !tool.definition.get().contains(PARAM_HEADER_KEYWORD) {
        return Ok(());
    }
    let Some(schema) = RawObject::parse(&tool.definition)
        .ok()
        .and_then(|object| object.get_in(&["inputSchema"]))
    else {
        return Ok(());
    };
    // A tool with marks that can't be used is left out of lists, so there is nothing to compare.
    let marked = ParamHeaders::from_schema(&schema).unwrap_or_default();
    marked
        .check(headers, arguments)
        .map_err(|error| Fault::header(&error))
}

impl<'a> Asked<'a> {
    fn era(&self) -> Era {
        match self {
            Self::Modern { .. } => Era::Modern,
            Self::Legacy(_) => Era::Legacy,
        }
    }

    fn view(&self) -> &'a View {
        match self {
            Self::Modern { view, .. } => view,
            Self::Legacy(session) => &session.view,
        }
    }

    fn client(&self) -> &'a str {
        match self {
            Self::Modern { client, .. } => client,
            Self::Legacy(session) => &session.client,
        }
    }

    fn session(&self) -> Option<&'a Arc<McpSession>> {
        match self {
            Self::Modern { .. } => None,
            Self::Legacy(session) => Some(session),
        }
    }

    /// What a legacy server's session is bound to: the client's own session, or the one access key of a client that has
    /// none. It is never shared between people.
    fn session_key(&self, permit: &Permit) -> SessionKey {
        match self {
            Self::Legacy(session) => session.key().clone(),
            Self::Modern { .. } => permit.session().clone(),
        }
    }

    fn tool(&self, exchange: &Exchange, name: &str) -> Option<Arc<CatalogTool>> {
        let found = self.view().tool(name).cloned();
        match self {
            Self::Modern { view, .. } => {
                found.or_else(|| exchange.gateway.0.recent.tool(&view.door, name))
            }
            Self::Legacy(_) => found,
        }
    }
}

impl ReadyCall<'_> {
    /// The call with everything that it borrowed from its request.
    fn into_owned(self) -> ReadyCall<'static> {
        ReadyCall {
            client: Cow::Owned(self.client.into_owned()),
            id: Cow::Owned(self.id.into_owned()),
            params: Cow::Owned(self.params.into_owned()),
            exchange: self.exchange,
            session: self.session,
            tool: self.tool,
            era: self.era,
            cancel: self.cancel,
            held: self.held,
        }
    }

    /// Runs it to its end.
    pub(super) async fn run(
        &self,
        notifications: Option<mpsc::Sender<Box<RawValue>>>,
    ) -> CallOutcome {
        let call = Call {
            caller: &self.exchange.caller,
            session: &self.session,
            wanted: Wanted::Tool(&self.tool),
            params: &self.params,
            notifications,
            cancel: self.cancel.clone(),
            client: (!self.client.is_empty()).then_some(&*self.client),
        };
        // On the heap: the states of a call, down to the socket, are too many to lie inside every future around it.
        Box::pin(self.exchange.gateway.hub().dispatch(call)).await
    }

    /// The client left. Only to a modern one does that mean that it wants no answer.
    pub(super) fn client_left(&self) {
        if self.era == Era::Modern {
            self.cancel.cancel();
        }
    }

    /// How often a quiet stream gets a comment.
    pub(super) fn keep_alive(&self) -> std::time::Duration {
        self.exchange.gateway.settings().keep_alive
    }

    /// The outcome as the message that answers the request.
    pub(super) fn message_of(&self, outcome: &CallOutcome) -> Bytes {
        match outcome {
            CallOutcome::Ok { result, era } | CallOutcome::ToolError { result, era } => {
                match bridge::result_for(self.era, *era, result) {
                    Ok(result) => response_ok(&self.id, &result),
                    Err(error) => {
                        let text = format!(
                            "The answer of {} cannot be passed on: {error}.",
                            self.tool.slug
                        );
                        self.failure("bad_result", &text)
                    }
                }
            }
            CallOutcome::RpcError {
                code,
                message,
                data,
                era,
            } => self.refused_by_server(*era, *code, message, data.as_deref()),
            // A result and not an error, so that a model reads it and can do something else.
            CallOutcome::UpstreamFailure(failure) => self.failure(
                failure.code,
                &format!("{}: {}", self.tool.slug, failure.message),
            ),
            CallOutcome::Refused(refusal) => self.failure(refusal.code(), &refusal.to_string()),
        }
    }

    fn failure(&self, code: &'static str, text: &str) -> Bytes {
        let result = tool_error_result(self.era, text);
        let meta = raw::to_raw(&json!({ META_CODE: code }));
        match RawObject::parse(&result) {
            Ok(object) => response_ok(&self.id, &object.with("_meta", meta).to_box()),
            Err(_) => response_ok(&self.id, &result),
        }
    }

    fn refused_by_server(
        &self,
        south: Era,
        code: i64,
        message: &str,
        data: Option<&RawValue>,
    ) -> Bytes {
        let bridged = bridge::error_for(self.era, south, "tools/call", code);
        let message = match bridged.explanation {
            Some(explanation) => format!("{explanation}: {message}"),
            None => message.to_owned(),
        };
        Fault::upstream(bridged.code, message, data.map(ToOwned::to_owned)).message(Some(&self.id))
    }
}
