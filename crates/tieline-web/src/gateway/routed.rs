//! A request that one connector's server answers, in either era: prepared, run through `hub::dispatch`, and its outcome
//! put into the client's words. What is special about a method is in the file of that method.

mod parked;
mod rounds;
mod words;

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::value::RawValue;
use tieline_domain::ConnectorId;
use tieline_domain::{Slug, expose_uri};
use tieline_hub::{Askable, BoundTo, Call, CallOutcome, CatalogTool, PassTo, SessionKey, Wanted};
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{
    ClientCan, MODERN, Params, ParamsError, Request, RequestMeta, declares_tasks,
};
use tieline_mcp::{Era, Hold, Piece, SessionIs};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::door::Origin;
use super::endpoint::{Exchange, json_body, takes_streams};
use super::errors::Fault;
use super::load::Permit;
use super::log_level;
use super::passing::PassedBody;
use super::questions;
use super::relay::{Logs, Relay};
use super::sessions::{McpSession, RunningCall};
use super::stream_log::StreamLog;
use super::{completion, prompts_get, resources_read, stream, tasks, tools_call};

pub(super) use parked::ParkedCalls;

/// How many questions wait to be sent to a slow reader.
const QUESTIONS: usize = 16;

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
    /// A task that an earlier call made, by its server's id.
    Task {
        origin: Origin,
        id: String,
        method: &'static str,
    },
}

/// A request that passed every check here. It can outlive the HTTP request that it came with.
#[derive(Debug)]
pub(super) struct ReadyCall<'a> {
    exchange: Arc<Exchange>,
    session: SessionKey,
    client: Arc<str>,
    goal: Goal,
    era: Era,
    /// What a modern client declared for this call.
    capabilities: Option<Cow<'a, RawValue>>,
    /// The session of a legacy client that can be asked.
    asked_in: Option<Arc<McpSession>>,
    pub(super) id: Cow<'a, RawValue>,
    params: Cow<'a, RawValue>,
    /// The same taken apart, as long as they are the ones that the client sent.
    split: Option<&'a RawObject<'a>>,
    cancel: CancellationToken,
    /// Where a long result goes while it comes.
    goes_to: GoesTo,
    /// What the answer takes in memory, until it was sent.
    hold: Hold,
    /// Held until the call is over, wherever that is.
    held: (Permit, Option<RunningCall>),
}

/// Where a long result goes while it comes from the server.
#[derive(Debug)]
enum GoesTo {
    /// Nowhere: it becomes part of something else, so it is read whole.
    Nowhere,
    /// Into the answer of the HTTP request.
    Answer,
    /// The same, unless the stream of the call has begun: what can be resumed has to be kept.
    AnswerBefore(Arc<StreamLog>),
}

/// Whether a server answers this method, so that [`answer`] and [`message`] are for it.
pub(super) fn is_routed(method: &str) -> bool {
    matches!(
        method,
        "tools/call"
            | "prompts/get"
            | "resources/read"
            | "completion/complete"
            | "tasks/get"
            | "tasks/update"
            | "tasks/cancel"
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
        "tasks/get" => tasks::goal(exchange, asked, "tasks/get", params)?,
        "tasks/update" => tasks::goal(exchange, asked, "tasks/update", params)?,
        "tasks/cancel" => tasks::goal(exchange, asked, "tasks/cancel", params)?,
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
    if let Some(waiting) = parked::resume(exchange, asked, request, params)? {
        return Ok(waiting.answered(exchange, request, meta).boxed().await);
    }
    let mut call = prepare(exchange, asked, request, params)?;
    call.capabilities = meta.client_capabilities.map(Cow::Borrowed);
    let relay = relay_for(exchange, asked, &call, meta)?;
    if meta.progress_token.is_some() || relay.changes_params() {
        let outgoing = relay.outgoing(&call.params);
        call.send(outgoing.map_err(|_| Fault::params(&ParamsError::Unreadable))?);
    }
    // Whoever can be asked has to get an answer on which a question can come first.
    let can_be_asked = asked
        .session()
        .is_some_and(|session| !session.can.answers_nothing());
    let can_be_asked = can_be_asked && takes_streams(&exchange.headers);
    call.asked_in = asked.session().filter(|_| can_be_asked).cloned();
    if call.may_be_parked() {
        return Ok(parked::answer(call.into_owned(), relay).boxed().await);
    }
    if relay.is_wanted() || can_be_asked {
        return Ok(stream::answer(call.into_owned(), relay).boxed().await);
    }
    call.goes_to = GoesTo::Answer;
    let outcome = call.run(None).await;
    Ok(call.response_of(outcome))
}

/// Answers with one message; progress is not asked for.
pub(super) async fn message(
    exchange: &Arc<Exchange>,
    asked: &Asked<'_>,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<Bytes, Fault> {
    let mut call = prepare(exchange, asked, request, params)?;
    let outgoing = Relay::closed().outgoing(&call.params);
    call.send(outgoing.map_err(|_| Fault::params(&ParamsError::Unreadable))?);
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
    params: &'a Params<'a>,
) -> Result<ReadyCall<'a>, Fault> {
    let (goal, changed) = goal(exchange, asked, request, params)?;
    let raw_params = request
        .params
        .ok_or_else(|| Fault::params(&ParamsError::Unreadable))?;
    let mut resumed = None;
    if asked.era() == Era::Modern && params.request_state.is_some() {
        let bound = BoundTo {
            caller: &exchange.caller,
            wanted: &goal.wanted(),
            params: raw_params,
        };
        resumed = questions::take_state(exchange.gateway.hub(), &bound)?;
    }
    let gateway = &exchange.gateway;
    if !gateway.hub().has_room_for_answers() {
        return Err(Fault::overloaded());
    }
    let permit = gateway.0.loads.admit(exchange.key)?;
    permit.note_use(gateway.hub(), asked.client());
    let running = asked.session().map(|session| session.begin(request.id));
    // To a modern client, leaving is cancelling. A legacy one says so.
    let cancel = running
        .as_ref()
        .map_or_else(|| exchange.gone.clone(), |running| running.cancel.clone());
    let (params, split) = match resumed.or(changed) {
        Some(other) => (Cow::Owned(other), None),
        None => (Cow::Borrowed(raw_params), params.all.as_ref()),
    };
    Ok(ReadyCall {
        exchange: exchange.clone(),
        session: asked.session_key(&permit),
        client: asked.client().clone(),
        goal,
        era: asked.era(),
        id: Cow::Borrowed(request.id),
        capabilities: None,
        asked_in: None,
        params,
        split,
        cancel,
        goes_to: GoesTo::Nowhere,
        hold: gateway.hub().answers().hold(),
        held: (permit, running),
    })
}

impl Goal {
    fn connector(&self) -> ConnectorId {
        match self {
            Self::Tool(tool) => tool.connector,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin }
            | Self::Task { origin, .. } => origin.connector,
        }
    }

    /// The key of the connector that is asked.
    fn slug(&self) -> &Slug {
        match self {
            Self::Tool(tool) => &tool.slug,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin }
            | Self::Task { origin, .. } => &origin.slug,
        }
    }

    fn normalise(&self) -> bool {
        match self {
            Self::Tool(tool) => tool.normalise,
            Self::Prompt { origin, .. }
            | Self::Resource { origin, .. }
            | Self::Completion { origin }
            | Self::Task { origin, .. } => origin.normalise,
        }
    }

    fn method(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tools/call",
            Self::Prompt { .. } => "prompts/get",
            Self::Resource { .. } => "resources/read",
            Self::Completion { .. } => "completion/complete",
            Self::Task { method, .. } => method,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        let (origin, named) = match self {
            Self::Tool(tool) => return Wanted::Tool(tool),
            Self::Prompt { origin, name } => (origin, Some(("name", &**name))),
            Self::Resource { origin, uri } => (origin, Some(("uri", &**uri))),
            Self::Completion { origin } => (origin, None),
            Self::Task { origin, id, .. } => (origin, Some(("taskId", &**id))),
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
    /// Sends these parameters instead of the client's.
    fn send(&mut self, params: Box<RawValue>) {
        (self.params, self.split) = (Cow::Owned(params), None);
    }

    /// The call with everything that it borrowed from its request.
    fn into_owned(self) -> ReadyCall<'static> {
        ReadyCall {
            client: self.client,
            id: Cow::Owned(self.id.into_owned()),
            params: Cow::Owned(self.params.into_owned()),
            split: None,
            capabilities: self
                .capabilities
                .map(|capabilities| Cow::Owned(capabilities.into_owned())),
            asked_in: self.asked_in,
            exchange: self.exchange,
            session: self.session,
            goal: self.goal,
            era: self.era,
            cancel: self.cancel,
            goes_to: self.goes_to,
            hold: self.hold,
            held: self.held,
        }
    }

    /// Which questions its modern client can answer.
    fn can(&self) -> ClientCan {
        let declared = self.capabilities.as_deref();
        declared.map_or(ClientCan::NOTHING, |declared| {
            ClientCan::read(MODERN, declared)
        })
    }

    /// Whether its client takes a task for an answer.
    fn takes_tasks(&self) -> bool {
        self.capabilities.as_deref().is_some_and(declares_tasks)
    }

    /// Whether a legacy server may ask this modern client, which then has to come again with the answer.
    fn may_be_parked(&self) -> bool {
        if self.era == Era::Legacy || self.can().answers_nothing() {
            return false;
        }
        let snapshot = self.exchange.gateway.hub().snapshot();
        let live = snapshot.connector(self.goal.connector());
        live.is_some_and(|live| live.era() == Era::Legacy) && takes_streams(&self.exchange.headers)
    }

    /// Runs it to its end.
    pub(super) async fn run(
        &self,
        notifications: Option<mpsc::Sender<Box<RawValue>>>,
    ) -> CallOutcome {
        let of_session = self.mcp_session().map(|held| held.can.without_questions());
        let of_session = of_session.filter(|can| *can != ClientCan::NOTHING);
        let declared = of_session.map(ClientCan::to_capabilities);
        let capabilities = self.capabilities.as_deref().or(declared.as_deref());
        let askable = capabilities.map(|capabilities| Askable {
            can: of_session.unwrap_or_else(|| self.can()),
            capabilities,
            to: None,
        });
        let params = (&*self.params, self.split);
        // Where it is: `await` alone moves it first, thousands of bytes.
        pin!(self.run_with(params, notifications, askable)).await
    }

    async fn run_with(
        &self,
        (params, split): (&RawValue, Option<&RawObject<'_>>),
        notifications: Option<mpsc::Sender<Box<RawValue>>>,
        askable: Option<Askable<'_>>,
    ) -> CallOutcome {
        let expose = |uri: &str| expose_uri(self.goal.slug(), uri);
        let told = notifications.clone();
        // What the server said before its result belongs before it.
        let waits = |to: &mpsc::Sender<_>| to.capacity() < to.max_capacity();
        let begin = || {
            let may_begin = !told.as_ref().is_some_and(waits);
            may_begin.then(|| self.begin_answer()).flatten()
        };
        let pass_on = self.may_pass_on().then(|| PassTo {
            way: self.way_from(Era::Modern, &expose),
            begin: &begin,
        });
        let call = Call {
            caller: &self.exchange.caller,
            session: &self.session,
            wanted: self.goal.wanted(),
            params,
            split,
            notifications,
            hold: Some(&self.hold),
            pass_on,
            session_is: match self.held.1 {
                Some(_) => SessionIs::OneClients,
                None => SessionIs::OneKeys,
            },
            askable,
            cancel: self.cancel.clone(),
            client: (!self.client.is_empty()).then_some(&self.client),
            request: self.exchange.id,
        };
        self.exchange.gateway.hub().dispatch(call).await
    }

    /// From now on a long result goes into the answer of the HTTP request, unless this stream has begun by then.
    pub(super) fn goes_before(mut self, log: &Arc<StreamLog>) -> Self {
        self.goes_to = GoesTo::AnswerBefore(log.clone());
        self
    }

    /// Whether a long result may go on while it comes. What is about tasks and suggestions is short.
    fn may_pass_on(&self) -> bool {
        let is_wanted = !matches!(self.goes_to, GoesTo::Nowhere);
        is_wanted
            && matches!(
                self.goal,
                Goal::Tool(_) | Goal::Prompt { .. } | Goal::Resource { .. }
            )
    }

    /// Begins the answer around a result that comes; nothing when it has begun in another way.
    fn begin_answer(&self) -> Option<mpsc::Sender<Piece>> {
        if self.exchange.gone.is_cancelled() {
            return None;
        }
        let (to, body) = PassedBody::new(&self.id);
        let response = json_body(Body::new(body));
        match &self.goes_to {
            GoesTo::Nowhere => return None,
            GoesTo::Answer => self.exchange.early.put(response),
            GoesTo::AnswerBefore(log) => log.give_way_to(response)?,
        }
        Some(to)
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
}
