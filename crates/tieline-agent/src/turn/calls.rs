//! The calls of one step: all at once, each as its policy says, every one with a result in the end.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::value::RawValue;
use tieline_domain::{CallId, ToolPolicy};
use tieline_hub::{BUILT_IN_AGENT, Call, CatalogTool, SessionIs, Wanted};
use tieline_store::AgentNewCall;
use tokio_util::sync::CancellationToken;

use super::End;
use super::plan::{Planned, What, plan};
use super::result::{CallResult, stopped_call};
use super::steps::Run;
use crate::agent::key_of;
use crate::event::{Decision, EventKind, ToolApproval, ToolDecided, ToolFinished, ToolStarted};
use crate::model::{AssistantPart, Message, UserPart};
use crate::transcript::SessionState;

/// How long calls are given to end when the turn is stopped.
const FAREWELL: Duration = Duration::from_secs(2);

type Done = Pin<Box<dyn Future<Output = (usize, Duration, CallResult)> + Send>>;
type Decided = Pin<Box<dyn Future<Output = (usize, Option<Decision>)> + Send>>;

/// The calls of a step, while they run.
struct Step {
    planned: Vec<Planned>,
    results: Vec<Option<UserPart>>,
    running: FuturesUnordered<Done>,
    waiting: FuturesUnordered<Decided>,
}

impl Run<'_> {
    /// Carries out what the model wants. Stored before anything goes out: the answer, and each call as begun.
    pub(super) async fn call_all(
        &mut self,
        parts: Vec<AssistantPart>,
        wanted: Vec<super::plan::Wanted>,
    ) -> Result<Message, End> {
        let hub = self.agent.inner.hub.clone();
        let plans = wanted.into_iter().map(|wanted| {
            let id = CallId::generate(hub.clock(), hub.entropy());
            plan(id, wanted, &self.frozen, self.mode)
        });
        let planned: Vec<Planned> = plans.collect();
        let asks: Vec<bool> = planned.iter().map(|call| self.has_to_ask(call)).collect();
        let mut step = Step {
            results: planned.iter().map(|_| None).collect(),
            planned,
            running: FuturesUnordered::new(),
            waiting: FuturesUnordered::new(),
        };
        for (number, asks) in asks.iter().enumerate() {
            let call = &step.planned[number];
            if *asks {
                // Before anybody can know of it, so that a decision finds whom it is for.
                let decided = self.turn.ask(call.id);
                let wait = self.agent.inner.settings.approval_wait;
                step.waiting.push(Box::pin(async move {
                    let decision = tokio::time::timeout(wait, decided).await;
                    (number, decision.ok().and_then(Result::ok))
                }));
            } else {
                self.emit(started(call));
            }
        }
        let message = Message::Assistant(parts);
        self.store_begin(&message, &step.planned, &asks).await?;
        self.history.push(message);
        for (number, asks) in asks.into_iter().enumerate() {
            if asks {
                // Only now: a decision that comes at once finds the stored call.
                self.emit(approval(&step.planned[number]));
            } else {
                self.start(&mut step, number);
            }
        }
        self.all_results(step).await
    }

    /// The policy of this moment. What is off is refused by the hub.
    fn has_to_ask(&self, call: &Planned) -> bool {
        match &call.what {
            What::Call(tool) => self.agent.inner.hub.policy_of(tool) == ToolPolicy::Ask,
            What::Answered(_) => false,
        }
    }

    async fn store_begin(
        &self,
        message: &Message,
        planned: &[Planned],
        asks: &[bool],
    ) -> Result<(), End> {
        let message = serde_json::to_string(message).expect("messages are JSON");
        let calls = planned.iter().zip(asks).enumerate();
        let calls = calls.map(|(position, (call, asks))| AgentNewCall {
            id: call.id,
            model_call_id: call.model_id.clone(),
            position,
            waiting: *asks,
        });
        let handed = self
            .agent
            .hand_over(self.live, self.turn.id, true, |record| {
                record.messages.push(message);
                record.calls = calls.collect();
            });
        let stored = self.agent.stored(self.live, handed).await;
        stored.map(drop).map_err(|_| End::unstorable())
    }

    fn start(&self, step: &mut Step, number: usize) {
        let call = &mut step.planned[number];
        let nothing = CallResult::refused("internal", "This call was answered already.");
        let what = std::mem::replace(&mut call.what, What::Answered(nothing));
        let agent = self.agent.clone();
        let (caller, session) = (self.caller.clone(), key_of(self.live.id));
        let (arguments, cancel) = (call.arguments.clone(), self.turn.cancel.child_token());
        step.running.push(Box::pin(async move {
            let began = Instant::now();
            let result = match what {
                What::Answered(result) => result,
                What::Call(tool) => {
                    let params = params_of(&tool, &arguments);
                    let hold = agent.inner.hub.answers().hold();
                    let client = Arc::from(BUILT_IN_AGENT);
                    let call = Call {
                        caller: &caller,
                        session: &session,
                        wanted: Wanted::Tool(&tool),
                        params: &params,
                        split: None,
                        notifications: None,
                        session_is: SessionIs::Nobodys,
                        hold: Some(&hold),
                        pass_on: None,
                        // Nobody sits with the built-in agent whom a server could ask.
                        askable: None,
                        cancel: cancel.clone(),
                        client: Some(&client),
                        request: None,
                    };
                    let cap = agent.inner.settings.result_cap;
                    tokio::select! {
                        outcome = agent.inner.hub.dispatch(call) => CallResult::of(outcome, cap),
                        () = long_after(&cancel) => stopped(),
                    }
                }
            };
            (number, began.elapsed(), result)
        }));
    }

    async fn all_results(&mut self, mut step: Step) -> Result<Message, End> {
        loop {
            if step.running.is_empty() {
                if step.waiting.is_empty() {
                    break;
                }
                // A person may take hours; others can use the place meanwhile.
                self.slot = None;
                self.turn.show(SessionState::AwaitingApproval);
            }
            tokio::select! {
                biased;
                () = self.turn.cancel.cancelled() => return Err(self.stop_all(step).await),
                Some((number, took, result)) = step.running.next() => {
                    self.finish_call(&mut step, number, took, result);
                }
                Some((number, decision)) = step.waiting.next() => {
                    if self.slot.is_none() {
                        self.slot = self.agent.place_again(self.turn).await;
                        self.turn.show(SessionState::Running);
                    }
                    if self.slot.is_some() {
                        self.decided(&mut step, number, decision).await?;
                    }
                }
            }
        }
        let results = Message::User(step.results.into_iter().flatten().collect());
        self.store_results(&results);
        Ok(results)
    }

    /// Goes on with a call that a person decided about. An approval is stored before the call goes out.
    async fn decided(
        &self,
        step: &mut Step,
        number: usize,
        decision: Option<Decision>,
    ) -> Result<(), End> {
        let call = &step.planned[number];
        let call_id = call.id;
        self.emit(EventKind::ToolDecided(ToolDecided {
            call_id,
            decision: decision.unwrap_or(Decision::Refuse),
        }));
        if decision == Some(Decision::Approve) {
            self.emit(started(call));
            let handed = self
                .agent
                .hand_over(self.live, self.turn.id, true, |record| {
                    record.released.push(call_id);
                });
            let stored = self.agent.stored(self.live, handed).await;
            stored.map_err(|_| End::unstorable())?;
            self.start(step, number);
            return Ok(());
        }
        let sentence = match decision {
            Some(_) => "The user refused this call. Do not repeat it unless they ask for it.",
            None => "Nobody approved this call in time, so it was not carried out.",
        };
        let refused = CallResult::refused("not_approved", sentence);
        self.finish_call(step, number, Duration::ZERO, refused);
        Ok(())
    }

    /// A call is over: listeners hear it at once, and its result is stored.
    fn finish_call(&self, step: &mut Step, number: usize, took: Duration, result: CallResult) {
        let call = &step.planned[number];
        let part = UserPart::ToolResult {
            call_id: call.model_id.clone(),
            is_error: result.is_error,
            parts: result.parts,
        };
        self.emit(EventKind::ToolFinished(ToolFinished {
            call_id: call.id,
            outcome: result.outcome.to_owned(),
            code: result.code,
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            content: result.content,
            given: result.given,
        }));
        let (id, json) = (call.id, serde_json::to_string(&part));
        step.results[number] = Some(part);
        let others = step.results.iter().any(Option::is_none);
        // The last one is stored with all of them.
        if others && let Ok(json) = json {
            let handed = self
                .agent
                .hand_over(self.live, self.turn.id, false, |record| {
                    record.results.push((id, json));
                });
            self.agent.stored_later(self.live, self.turn, handed);
        }
    }

    /// Stores what came of the calls, with whatever is stored next or within a tenth of a second. Nothing that follows
    /// relies on it: asking the model again changes nothing outside, and before the next call goes out, or the turn is
    /// over for anybody, the same writer has stored this, because it keeps the order. When the process dies before that,
    /// the begun call is on record without a result, as it is when it dies a moment before the result arrives: the model
    /// is told that it may have been carried out, and nothing runs twice.
    fn store_results(&self, results: &Message) {
        let message = serde_json::to_string(results).expect("messages are JSON");
        let handed = self
            .agent
            .hand_over(self.live, self.turn.id, false, |record| {
                record.messages.push(message);
                record.step_over = true;
            });
        self.agent.stored_later(self.live, self.turn, handed);
    }

    /// The turn is stopped: what runs is cancelled and given a moment, what waits is not carried out.
    async fn stop_all(&self, mut step: Step) -> End {
        let drain = async {
            while let Some((number, took, result)) = step.running.next().await {
                self.finish_call(&mut step, number, took, result);
            }
        };
        let _ = tokio::time::timeout(FAREWELL, drain).await;
        for number in 0..step.results.len() {
            if step.results[number].is_none() {
                let result = if self.turn.asks(step.planned[number].id) {
                    CallResult::refused(
                        "not_approved",
                        "The turn was stopped before this call was approved, so it was not carried out.",
                    )
                } else {
                    stopped()
                };
                self.finish_call(&mut step, number, Duration::ZERO, result);
            }
        }
        let mut end = self.ended();
        let results = step.results.into_iter().flatten().collect();
        end.messages.insert(0, Message::User(results));
        end
    }
}

fn stopped() -> CallResult {
    CallResult::sentence("upstream_failure", Some("cancelled"), stopped_call())
}

/// A moment after the turn was stopped, for a call that does not end by itself.
async fn long_after(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(FAREWELL).await;
}

fn started(call: &Planned) -> EventKind {
    EventKind::ToolStarted(ToolStarted {
        call_id: call.id,
        connector: call.connector.clone(),
        connector_name: call.connector_name.clone(),
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
    })
}

fn approval(call: &Planned) -> EventKind {
    EventKind::ToolApproval(ToolApproval {
        call_id: call.id,
        connector: call.connector.clone(),
        connector_name: call.connector_name.clone(),
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
    })
}

fn params_of(tool: &CatalogTool, arguments: &RawValue) -> Box<RawValue> {
    let name = serde_json::Value::from(&*tool.name);
    let params = format!(r#"{{"name":{name},"arguments":{}}}"#, arguments.get());
    RawValue::from_string(params).expect("two JSON values make a JSON object")
}
