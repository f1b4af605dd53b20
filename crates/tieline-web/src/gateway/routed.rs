//! A request that one connector's server answers, in either era: prepared, run through `hub::dispatch`, and its outcome
//! put into the client's words. What is special about a method is in the file of that method.

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::json;
use serde_json::value::RawValue;
use tieline_domain::ConnectorId;
use tieline_domain::{Slug, expose_uri};
use tieline_hub::{Askable, BoundTo, Call, CallOutcome, CatalogTool, SessionKey, Wanted};
use tieline_mcp::bridge::{self, ExposeUri, Way};
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{
    ClientCan, Params, ParamsError, Request, RequestMeta, response_ok, tool_error_result,
    without_tasks,
};
use tieline_mcp::{Era, Question};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::door::{Door, Origin};
use super::endpoint::{Exchange, json as json_response, takes_streams};
use super::errors::Fault;
use super::load::Permit;
use super::log_level;
use super::questions::{self, Asker};
use super::relay::{Logs, Relay};
use super::sessions::{McpSession, RunningCall};
use super::stream_log::StreamLog;
use super::{completion, prompts_get, resources_read, stream, tools_call};

/// How many questions wait to be sent to a slow reader.
const QUESTIONS: usize = 16;
/// `_meta` key of a result that Tieline made: the stable code of what went wrong.
const META_CODE: &str = "tieline/code";

/// What a request is after, found in the client's view.
#[derive(Debug)]
pub(super) enum Goal {
    /// One tool to run.
    Tool(Arc<CatalogTool>),
    /// A prompt, by its server's name for it.
    Prompt { origin: Origin, name: String },
    /// A resource, by its server's URI for it.
    Resource { origin: Origin, uri: String },
    /// Suggestions for an argument.
    Completion { origin: Origin },
}

/// A request that passed every check here. It can outlive the HTTP request that it came with.
#[derive(Debug)]
pub(super) struct ReadyCall<'a> {
    exchange: Arc<Exchange>,
    session: SessionKey,
    client: Cow<'a, str>,
    goal: Goal,
    era: Era,
    /// What a modern client declared for this call.
    capabilities: Option<Cow<'a, RawValue>>,
    /// The session of a legacy client that can be asked.
    asked_in: Option<Arc<McpSession>>,
    id: Cow<'a, RawValue>,
    params: Cow<'a, RawValue>,
    cancel: CancellationToken,
    /// Held until the call is over, wherever that is.
    held: (Permit, Option<RunningCall>),
}

/// Whether a server answers this method, so that [`answer`] and [`message`] are for it.
pub(super) fn is_routed(method: &str) -> bool {
    matches!(
        method,
        "tools/call" | "prompts/get" | "resources/read" | "completion/complete"
    )
}

/// What the request is after; each method has its own way to say it. Also the parameters, where they have to change.
fn goal(
    exchange: &Exchange,
    asked: &Asked<'_>,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<(Goal, Option<Box<RawValue>>), Fault> {
    let goal = match request.method {
        "tools/call" => tools_call::goal(exchange, asked, params)?,
        "prompts/get" => prompts_get::goal(asked, params)?,
        "resources/read" => resources_read::goal(asked, params)?,
        "completion/complete" => {
            let raw_params = request
                .params
                .ok_or_else(|| Fault::params(&ParamsError::Unreadable))?;
            return completion::goal(asked, raw_params);
        }
        other => return Err(Fault::method_not_found(asked.era(), other)),
    };
    Ok((goal, None))
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
    call.capabilities = meta.client_capabilities.map(without_tasks);
    let relay = relay_for(exchange, asked, &call, meta)?;
    if meta.progress_token.is_some() || relay.changes_params() {
        call.params = Cow::Owned(
            relay
                .outgoing(&call.params)
                .map_err(|_| Fault::params(&ParamsError::Unreadable))?,
        );
    }
    // Whoever can be asked has to get an answer on which a question can come first.
    let can_be_asked = asked
        .session()
        .is_some_and(|session| !session.can.is_nothing());
    let can_be_asked = can_be_asked && takes_streams(&exchange.headers);
    call.asked_in = asked.session().filter(|_| can_be_asked).cloned();
    if relay.is_wanted() || can_be_asked {
        return Ok(stream::answer(call.into_owned(), relay).boxed().await);
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

/// What a client wants to hear while its call runs.
fn relay_for(
    exchange: &Exchange,
    asked: &Asked<'_>,
    call: &ReadyCall<'_>,
    meta: &RequestMeta<'_>,
) -> Result<Relay, Fault> {
    let logs = match asked {
        Asked::Modern { .. } => match meta.log_level {
            Some(level) => Logs::From(log_level::parse(level)?),
            None => Logs::None,
        },
        Asked::Legacy(session) => session.logs_of(call.goal.connector()),
    };
    if !takes_streams(&exchange.headers) {
        return Ok(Relay::closed());
    }
    let entropy = exchange.gateway.hub().entropy();
    Ok(Relay::new(entropy, meta.progress_token, logs))
}

/// Finds what is wanted and makes every check that needs no server.
fn prepare<'a>(
    exchange: &Arc<Exchange>,
    asked: &Asked<'a>,
    request: &Request<'a>,
    params: &Params<'a>,
) -> Result<ReadyCall<'a>, Fault> {
    let (goal, changed) = goal(exchange, asked, request, params)?;
    let raw_params = request
        .params
        .ok_or_else(|| Fault::params(&ParamsError::Unreadable))?;
    let mut resumed = None;
    if asked.era() == Era::Modern {
        let bound = BoundTo {
            caller: &exchange.caller,
            wanted: &goal.wanted(),
            params: raw_params,
        };
        resumed = questions::take_state(exchange.gateway.hub(), &bound)?;
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
        goal,
        era: asked.era(),
        id: Cow::Borrowed(request.id),
        capabilities: None,
        asked_in: None,
        params: resumed
            .or(changed)
            .map_or(Cow::Borrowed(raw_params), Cow::Owned),
        cancel,
        held: (permit, running),
    })
}

impl Goal {
    fn connector(&self) -> ConnectorId {
        match self {
            Self::Tool(tool) => tool.connector,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin } => origin.connector,
        }
    }

    /// The key of the connector that is asked.
    fn slug(&self) -> &Slug {
        match self {
            Self::Tool(tool) => &tool.slug,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin } => &origin.slug,
        }
    }

    fn normalise(&self) -> bool {
        match self {
            Self::Tool(tool) => tool.normalise,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin } => origin.normalise,
        }
    }

    fn method(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tools/call",
            Self::Prompt { .. } => "prompts/get",
            Self::Resource { .. } => "resources/read",
            Self::Completion { .. } => "completion/complete",
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        let (origin, named) = match self {
            Self::Tool(tool) => return Wanted::Tool(tool),
            Self::Prompt { origin, name } => (origin, Some(("name", &**name))),
            Self::Resource { origin, uri } => (origin, Some(("uri", &**uri))),
            Self::Completion { origin } => (origin, None),
        };
        Wanted::Other {
            connector: origin.connector,
            slug: &origin.slug,
            method: self.method(),
            named,
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
            capabilities: self
                .capabilities
                .map(|capabilities| Cow::Owned(capabilities.into_owned())),
            asked_in: self.asked_in,
            exchange: self.exchange,
            session: self.session,
            goal: self.goal,
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
        let askable = self.capabilities.as_deref().map(|capabilities| Askable {
            can: ClientCan::NOTHING,
            capabilities,
            to: None,
        });
        self.run_with(&self.params, notifications, askable).await
    }

    /// Runs it to its end, and puts what the server asks meanwhile to the client on the call's own stream.
    pub(super) async fn run_asking(
        &self,
        notifications: mpsc::Sender<Box<RawValue>>,
        log: &StreamLog,
    ) -> CallOutcome {
        let Some(session) = self.asked_in.as_deref() else {
            return self.run(Some(notifications)).await;
        };
        let entropy = self.exchange.gateway.hub().entropy();
        let asker = Asker::new(session, entropy, log);
        let (to, mut heard) = mpsc::channel(QUESTIONS);
        let passing_on = async {
            loop {
                tokio::select! {
                    Some(question) = heard.recv() => asker.ask(question),
                    () = log.left() => {
                        asker.forget();
                        std::future::pending::<()>().await;
                    }
                }
            }
        };
        tokio::select! {
            outcome = self.rounds(session, &asker, notifications, to) => outcome,
            () = passing_on => questions::failed("cancelled", "The call was stopped."),
        }
    }

    /// Makes the call again with the client's answers for as long as a modern server asks.
    async fn rounds(
        &self,
        session: &McpSession,
        asker: &Asker<'_>,
        notifications: mpsc::Sender<Box<RawValue>>,
        to: mpsc::Sender<Question>,
    ) -> CallOutcome {
        let capabilities = session.can.to_capabilities();
        let mut params = Cow::Borrowed(&*self.params);
        for _ in 0..=questions::ROUNDS {
            let askable = Askable {
                can: session.can,
                capabilities: &capabilities,
                to: Some(to.clone()),
            };
            let notifications = Some(notifications.clone());
            let outcome = self.run_with(&params, notifications, Some(askable)).await;
            let CallOutcome::InputRequired { result } = &outcome else {
                return outcome;
            };
            match asker.next_params(&self.params, result).await {
                Ok(next) => params = Cow::Owned(next),
                Err(failed) => return failed,
            }
        }
        let text = "The server asked again and again, more often than Tieline passes on.";
        questions::failed("too_many_questions", text)
    }

    async fn run_with(
        &self,
        params: &RawValue,
        notifications: Option<mpsc::Sender<Box<RawValue>>>,
        askable: Option<Askable<'_>>,
    ) -> CallOutcome {
        let call = Call {
            caller: &self.exchange.caller,
            session: &self.session,
            wanted: self.goal.wanted(),
            params,
            notifications,
            askable,
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

    /// The legacy session that the call belongs to.
    pub(super) fn mcp_session(&self) -> Option<&Arc<McpSession>> {
        self.held.1.as_ref().map(|running| &running.session)
    }

    /// How often a quiet stream gets a comment.
    pub(super) fn keep_alive(&self) -> std::time::Duration {
        self.exchange.gateway.settings().keep_alive
    }

    /// The outcome as the message that answers the request.
    pub(super) fn message_of(&self, outcome: &CallOutcome) -> Bytes {
        match outcome {
            CallOutcome::Ok { result, era } | CallOutcome::ToolError { result, era } => {
                match self.on_way(*era, |way| bridge::result_for(way, result)) {
                    Ok(result) => response_ok(&self.id, &result),
                    Err(error) => {
                        let text = format!(
                            "The answer of {} cannot be passed on: {error}.",
                            self.goal.slug()
                        );
                        self.failure("bad_result", &text)
                    }
                }
            }
            CallOutcome::InputRequired { result } => self.question(result),
            CallOutcome::Task { .. } => {
                let text = "The server answered with a task, which Tieline does not pass on.";
                self.failure("task_unsupported", text)
            }
            CallOutcome::RpcError {
                code,
                message,
                data,
                era,
            } => self.refused_by_server(*era, *code, message, data.as_deref()),
            CallOutcome::UpstreamFailure(failure) => self.failure(
                failure.code,
                &format!("{}: {}", self.goal.slug(), failure.message),
            ),
            CallOutcome::Refused(refusal) => self.failure(refusal.code(), &refusal.to_string()),
        }
    }

    /// The way that an answer takes from a server of the era `south` to this client.
    fn on_way<T>(&self, south: Era, pass: impl FnOnce(&Way<'_>) -> T) -> T {
        let expose = |uri: &str| expose_uri(self.goal.slug(), uri);
        let uris: Option<ExposeUri<'_>> = match self.exchange.door {
            Door::All => Some(&expose),
            Door::One(_) => None,
        };
        pass(&Way {
            north: self.era,
            south,
            method: self.goal.method(),
            normalise: self.goal.normalise(),
            uris,
        })
    }

    /// A modern server's question, with its state inside ours.
    fn question(&self, result: &RawValue) -> Bytes {
        let bound = BoundTo {
            caller: &self.exchange.caller,
            wanted: &self.goal.wanted(),
            params: &self.params,
        };
        let sealed = questions::with_own_state(self.exchange.gateway.hub(), &bound, result);
        if let Some(result) = sealed {
            return response_ok(&self.id, &result);
        }
        let text = "The server's state is too large to be passed on: 64 KiB at most.";
        self.failure("request_state_too_large", text)
    }

    /// A tool's failure is a result and not an error, so that a model reads it and can do something else.
    fn failure(&self, code: &'static str, text: &str) -> Bytes {
        let Goal::Tool(_) = &self.goal else {
            return Fault::not_answered(code, text.to_owned()).message(Some(&self.id));
        };
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
        // The gateway as a whole completes; that this server does not is no error of the client's.
        if matches!(self.goal, Goal::Completion { .. }) && bridge::is_unknown_method(code) {
            return response_ok(&self.id, &completion::nothing(self.era));
        }
        let bridged = bridge::error_for(self.era, south, self.goal.method(), code);
        let message = match bridged.explanation {
            Some(explanation) => format!("{explanation}: {message}"),
            None => message.to_owned(),
        };
        let data = data.map(|data| {
            self.on_way(south, |way| bridge::error_data_for(way, data))
                .into_owned()
        });
        Fault::upstream(bridged.code, message, data).message(Some(&self.id))
    }
}
