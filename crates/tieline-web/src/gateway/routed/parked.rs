//! Calls of modern clients that wait at legacy servers for somebody's answer.
//!
//! A legacy server keeps its request open while it asks. A modern client gets the question as the answer to its call
//! and makes the call again to reply. In between the call is parked: a task without a thread holds the stream to the
//! server, and the sealed `requestState` names it. Parked calls are in the memory of one process and nowhere else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_domain::{Entropy, KeyId, Timestamp};
use tieline_hub::{Askable, BoundTo, CallOutcome, HeldState};
use tieline_mcp::Question;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{Params, ParamsError, Request, RequestMeta, response_ok};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{QUESTIONS, ReadyCall, goal};
use crate::gateway::asked::Asked;
use crate::gateway::door::Door;
use crate::gateway::endpoint::{Exchange, json};
use crate::gateway::errors::Fault;
use crate::gateway::questions;
use crate::gateway::relay::Relay;
use crate::gateway::sessions::random;
use crate::gateway::stream::{NOTIFICATIONS, pass_on};
use crate::gateway::stream_log::{Behind, StreamLog};

/// How many calls are parked in one process.
const IN_ALL: usize = 4_096;
/// How long a call is parked: as long as its state is taken back.
const PARKED_MS: i64 = 10 * 60 * 1000;
/// Questions that come within this time of one another are put together.
const TOGETHER: Duration = Duration::from_millis(30);

/// The calls that wait in this process.
#[derive(Debug)]
pub(in crate::gateway) struct ParkedCalls {
    /// This process, as states name it.
    replica: String,
    per_key: usize,
    waiting: Mutex<HashMap<String, Parked>>,
}

#[derive(Debug)]
struct Parked {
    key: KeyId,
    until: i64,
    waiting: Waiting,
}

/// A call under way at a legacy server, and what its client has not answered. Dropping it cancels the call.
#[derive(Debug)]
pub(super) struct Waiting {
    call: Arc<ReadyCall<'static>>,
    relay: Relay,
    outcome: oneshot::Receiver<CallOutcome>,
    heard: mpsc::Receiver<Question>,
    notified: mpsc::Receiver<Box<RawValue>>,
    open: Vec<(String, Question)>,
    /// Where the open questions go when the call is given up: dropped only after it, they are refused in its course.
    unanswered: Option<oneshot::Sender<Vec<(String, Question)>>>,
    asked: usize,
}

impl ParkedCalls {
    pub(in crate::gateway) fn new(per_key: usize, entropy: &dyn Entropy) -> Self {
        Self {
            replica: random::<16>(entropy),
            per_key,
            waiting: Mutex::default(),
        }
    }

    /// Ends the calls that nobody came back for. Their servers hear that nobody answered.
    pub(in crate::gateway) fn end_expired(&self, now: Timestamp) {
        let now = now.as_millis();
        let mut waiting = self.lock();
        let expired: Vec<_> = waiting
            .extract_if(|_, parked| parked.until <= now)
            .collect();
        drop(waiting);
        drop(expired);
    }

    /// Keeps a call, under a name that is good for one return. Nothing when there are too many.
    fn keep(&self, waiting: Waiting) -> Option<HeldState> {
        let exchange = &waiting.call.exchange;
        let hub = exchange.gateway.hub().clone();
        let (key, now) = (exchange.key, hub.clock().now());
        self.end_expired(now);
        let call = random::<16>(hub.entropy());
        let mut held = self.lock();
        let own = held.values().filter(|parked| parked.key == key).count();
        if held.len() >= IN_ALL || own >= self.per_key {
            drop(held);
            return None;
        }
        let until = now.as_millis().saturating_add(PARKED_MS);
        let parked = Parked {
            key,
            until,
            waiting,
        };
        held.insert(call.clone(), parked);
        drop(held);
        let replica = self.replica.clone();
        Some(HeldState::Parked { replica, call })
    }

    /// Hands out a call to the one who came back for it.
    fn take(&self, replica: &str, call: &str, door: &Door) -> Result<Waiting, Fault> {
        if replica != self.replica {
            return Err(Fault::parked_elsewhere());
        }
        let mut held = self.lock();
        let is_here = held
            .get(call)
            .is_some_and(|parked| parked.waiting.call.exchange.door == *door);
        let parked = if is_here { held.remove(call) } else { None };
        drop(held);
        parked.map_or_else(|| Err(Fault::not_parked()), |parked| Ok(parked.waiting))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Parked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a call whose server may ask, and answers with its result or with the first questions.
pub(super) async fn answer(call: ReadyCall<'static>, relay: Relay) -> Response {
    let id = call.id.clone().into_owned();
    let call = Arc::new(call);
    let (to, heard) = mpsc::channel(QUESTIONS);
    let (notify, notified) = mpsc::channel(NOTIFICATIONS);
    let (done, outcome) = oneshot::channel();
    let (unanswered, left_open) = oneshot::channel();
    let running = call.clone();
    tokio::spawn(async move {
        let askable = running.capabilities.as_deref().map(|capabilities| Askable {
            can: running.can(),
            capabilities,
            to: Some(to),
        });
        let outcome = running
            .run_with((&running.params, None), Some(notify), askable)
            .await;
        // Nobody is there any more when the call was given up.
        let _ = done.send(outcome);
        drop(left_open);
    });
    let waiting = Waiting {
        call,
        relay,
        outcome,
        heard,
        notified,
        open: Vec::new(),
        unanswered: Some(unanswered),
        asked: 0,
    };
    let gone = waiting.call.exchange.gone.clone();
    waiting.go_on(id, gone).await
}

/// The call that a modern client comes back for; nothing when the request is about no parked call.
pub(super) fn resume(
    exchange: &Arc<Exchange>,
    asked: &Asked<'_>,
    request: &Request<'_>,
    params: &Params<'_>,
) -> Result<Option<Waiting>, Fault> {
    let raw_params = request
        .params
        .ok_or_else(|| Fault::params(&ParamsError::Unreadable))?;
    // Nearly no call has it.
    if asked.session().is_some() || params.request_state.is_none() {
        return Ok(None);
    }
    let (hub, parked) = (exchange.gateway.hub(), &exchange.gateway.0.parked);
    parked.end_expired(hub.clock().now());
    let (goal, _) = goal(exchange, asked, request, params)?;
    let bound = BoundTo {
        caller: &exchange.caller,
        wanted: &goal.wanted(),
        params: raw_params,
    };
    match questions::parked_in(hub, &bound) {
        Some((replica, call)) => parked.take(&replica, &call, &exchange.door).map(Some),
        None => Ok(None),
    }
}

impl Waiting {
    /// Brings the client's answers to the server and waits on. What it did not answer is asked again.
    pub(super) async fn answered(
        mut self,
        exchange: &Exchange,
        request: &Request<'_>,
        meta: &RequestMeta<'_>,
    ) -> Response {
        let id = request.id.to_owned();
        let params = request
            .params
            .and_then(|params| RawObject::parse(params).ok());
        let responses = params
            .as_ref()
            .and_then(|params| params.get_object("inputResponses").ok().flatten())
            .unwrap_or_default();
        for (key, question) in std::mem::take(&mut self.open) {
            match responses.get(&key) {
                Some(response) => question.answer(Ok(response.to_owned())),
                None => self.open.push((key, question)),
            }
        }
        if !self.open.is_empty() {
            return json(self.park(&id));
        }
        self.relay.continue_under(meta.progress_token);
        self.go_on(id, exchange.gone.clone()).await
    }

    /// Answers with what comes next: a result or questions, as a stream when there is something to say before it.
    /// `gone` is of the request that waits for it now.
    async fn go_on(self, id: Box<RawValue>, gone: CancellationToken) -> Response {
        let log = StreamLog::new(None);
        let keep_alive = self.call.keep_alive();
        let reader = log.reader(Behind::Skips, keep_alive, false);
        tokio::spawn(self.fill(id, gone, log.clone()));
        match log.only(keep_alive).await {
            None => reader.into_response(),
            Some(only) => only.into_response(),
        }
    }

    async fn fill(mut self, id: Box<RawValue>, gone: CancellationToken, log: Arc<StreamLog>) {
        let mut client_waits = true;
        let first = loop {
            tokio::select! {
                biased;
                Some(message) = self.notified.recv() => pass_on(&self.relay, &message, &log),
                outcome = &mut self.outcome => {
                    let outcome = outcome.unwrap_or_else(|_| questions::failed("cancelled", "The call was stopped."));
                    let (message, status) = self.call.last_message(&id, &outcome);
                    log.finish_with(message, status);
                    return;
                }
                Some(question) = self.heard.recv() => break question,
                () = async { tokio::select! { () = log.left() => {}, () = gone.cancelled() => {} } }, if client_waits => {
                    client_waits = false;
                    self.call.client_left();
                }
            }
        };
        self.note(first);
        while let Ok(Some(question)) = tokio::time::timeout(TOGETHER, self.heard.recv()).await {
            self.note(question);
        }
        log.finish(self.park(&id));
    }

    fn note(&mut self, question: Question) {
        self.asked += 1;
        self.open.push((format!("q{}", self.asked), question));
    }

    /// Puts the call aside; the message tells the client what is asked and how to come back.
    fn park(self, id: &RawValue) -> Bytes {
        let call = self.call.clone();
        let mut requests = RawObject::new();
        for (key, question) in &self.open {
            let request = questions::input_request(question.kind, question.params.as_deref());
            requests.set(key, request);
        }
        let Some(held) = call.exchange.gateway.0.parked.keep(self) else {
            let text = "Too many calls wait for answers already. Answer or end some of them first.";
            return call.failure(id, "too_many_parked", text);
        };
        let bound = BoundTo {
            caller: &call.exchange.caller,
            wanted: &call.goal.wanted(),
            params: &call.params,
        };
        let state = call.exchange.gateway.hub().seal_state(&bound, &held);
        let result = questions::input_required(&requests, &state.unwrap_or_default());
        response_ok(id, &result)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(unanswered) = self.unanswered.take() {
            // A call that is over has nobody to refuse anything to.
            let _ = unanswered.send(std::mem::take(&mut self.open));
        }
        self.call.cancel.cancel();
    }
}
