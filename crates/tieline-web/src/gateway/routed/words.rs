//! The outcome of a call in the client's words: its era, its names, its codes.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;
use tieline_domain::expose_uri;
use tieline_hub::{BoundTo, CallOutcome, HeldState, HeldTask};
use tieline_mcp::Era;
use tieline_mcp::bridge::{self, ExposeUri, Way};
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{response_ok, response_ok_around, tool_error_result};

use super::{Goal, ReadyCall};
use crate::gateway::door::Door;
use crate::gateway::endpoint::{json as json_response, json_body};
use crate::gateway::errors::Fault;
use crate::gateway::pieces::Pieces;
use crate::gateway::{completion, questions};

/// From this size on copying a result costs more than sending it in pieces.
const LARGE: usize = 64 << 10;
/// `_meta` key of a result that Tieline made: the stable code of what went wrong.
const META_CODE: &str = "tieline/code";

impl ReadyCall<'_> {
    /// The outcome as the message that answers the request.
    pub(in crate::gateway) fn message_of(&self, outcome: &CallOutcome) -> Bytes {
        self.message_as(&self.id, outcome)
    }

    /// The outcome as the message that answers a later request about the same call.
    pub(super) fn message_as(&self, id: &RawValue, outcome: &CallOutcome) -> Bytes {
        match outcome {
            CallOutcome::Ok { result, era } | CallOutcome::ToolError { result, era } => {
                match self.on_way(*era, |way| bridge::result_for(way, result)) {
                    Ok(result) => {
                        let message = response_ok(id, &self.under_its_id(result));
                        self.hold.keep_for(message)
                    }
                    Err(error) => {
                        let text = format!(
                            "The answer of {} cannot be passed on: {error}.",
                            self.goal.slug()
                        );
                        self.failure(id, "bad_result", &text)
                    }
                }
            }
            // Its client has it already.
            CallOutcome::PassedOn(_) => Bytes::new(),
            CallOutcome::InputRequired { result } => self.question(id, result),
            CallOutcome::Task { result } => self.task(id, result),
            CallOutcome::RpcError {
                code,
                message,
                data,
                era,
                ..
            } => match self.pages_to_open(id, *era, *code, data.as_deref()) {
                Some(question) => question,
                None => match self.refused_by_server(*era, *code, message, data.as_deref()) {
                    Ok(result) => response_ok(id, &result),
                    Err(fault) => fault.message(Some(id)),
                },
            },
            CallOutcome::UpstreamFailure(failure) => self.failure(
                id,
                failure.code,
                &format!("{}: {}", self.goal.slug(), failure.message),
            ),
            CallOutcome::Refused(refusal) => self.failure(id, refusal.code(), &refusal.to_string()),
        }
    }

    /// The way that an answer takes from a server of the era `south` to this client.
    fn on_way<T>(&self, south: Era, pass: impl FnOnce(&Way<'_>) -> T) -> T {
        let expose = |uri: &str| expose_uri(self.goal.slug(), uri);
        pass(&self.way_from(south, &expose))
    }

    /// The same for whoever keeps how URIs are exposed.
    pub(super) fn way_from<'w>(&self, south: Era, expose: ExposeUri<'w>) -> Way<'w> {
        Way {
            north: self.era,
            south,
            method: self.goal.method(),
            normalise: self.goal.normalise(),
            uris: match self.exchange.door {
                Door::All => Some(expose),
                Door::One(_) => None,
            },
        }
    }

    /// A modern server's question, with its state inside ours.
    fn question(&self, id: &RawValue, result: &RawValue) -> Bytes {
        let bound = BoundTo {
            caller: &self.exchange.caller,
            wanted: &self.goal.wanted(),
            params: &self.params,
        };
        let sealed = questions::with_own_state(self.exchange.gateway.hub(), &bound, result);
        if let Some(result) = sealed {
            return response_ok(id, &result);
        }
        let text = "The server's state is too large to be passed on: 64 KiB at most.";
        self.failure(id, "request_state_too_large", text)
    }

    /// A task that a server made, under an id that is good for this person alone.
    fn task(&self, id: &RawValue, result: &RawValue) -> Bytes {
        let (Goal::Tool(tool), true) = (&self.goal, self.takes_tasks()) else {
            let text = "The server answered with a task, which this client did not offer to take.";
            return self.failure(id, "task_unsupported", text);
        };
        let held = RawObject::parse(result).ok();
        let task_id = held.as_ref().and_then(|held| held.get_str("taskId"));
        let (Some(held), Some(task_id)) = (&held, task_id) else {
            let text = "The server answered with a task that has no id.";
            return self.failure(id, "bad_result", text);
        };
        let task = HeldTask {
            connector: tool.connector,
            id: task_id.into_owned(),
        };
        let hub = self.exchange.gateway.hub();
        let Some(sealed) = hub.seal_task(self.exchange.caller.user, &task) else {
            let text = "The server's id of the task is too long to be passed on.";
            return self.failure(id, "task_id_too_long", text);
        };
        let result = held.clone().rename_value("taskId", &sealed);
        response_ok(id, &result.to_box())
    }

    /// What a server says of a task, under the id by which the client asked for it.
    fn under_its_id<'r>(&self, result: Cow<'r, RawValue>) -> Cow<'r, RawValue> {
        let Goal::Task { .. } = &self.goal else {
            return result;
        };
        let asked = RawObject::parse(&self.params).ok();
        let own = asked.as_ref().and_then(|params| params.get("taskId"));
        let changed = match (RawObject::parse(&result), own) {
            (Ok(held), Some(own)) if held.contains("taskId") => {
                held.clone().with("taskId", own).to_box()
            }
            _ => return result,
        };
        Cow::Owned(changed)
    }

    /// A tool's failure is a result and not an error, so that a model reads it and can do something else.
    pub(super) fn failure(&self, id: &RawValue, code: &'static str, text: &str) -> Bytes {
        let Goal::Tool(_) = &self.goal else {
            return Fault::not_answered(code, text.to_owned()).message(Some(id));
        };
        let result = tool_error_result(self.era, text);
        let meta = raw::to_raw(&json!({ META_CODE: code }));
        match RawObject::parse(&result) {
            Ok(object) => response_ok(id, &object.with("_meta", meta).to_box()),
            Err(_) => response_ok(id, &result),
        }
    }

    /// A legacy server's refusal until its user opened a page, as a question to a modern client that can open one. The
    /// state says to make the call again.
    fn pages_to_open(
        &self,
        id: &RawValue,
        south: Era,
        code: i64,
        data: Option<&RawValue>,
    ) -> Option<Bytes> {
        let wanted = bridge::wants_pages(self.era, south, code) && self.can().opens_pages();
        let data = RawObject::parse(data.filter(|_| wanted)?).ok()?;
        let requests = questions::pages(&data)?;
        let bound = BoundTo {
            caller: &self.exchange.caller,
            wanted: &self.goal.wanted(),
            params: &self.params,
        };
        let hub = self.exchange.gateway.hub();
        let state = hub.seal_state(&bound, &HeldState::Again)?;
        Some(response_ok(
            id,
            &questions::input_required(&requests, &state),
        ))
    }

    /// The answer to a call that needed no stream. A modern client also reads the status of a server's refusal.
    pub(super) fn response_of(&self, outcome: CallOutcome) -> Response {
        match self.large_as_it_is(outcome) {
            Ok(pieces) => json_response(pieces),
            Err(outcome) => self.response_in_one(&outcome),
        }
    }

    /// A large result of which nothing changes is sent from where it lies.
    fn large_as_it_is(&self, outcome: CallOutcome) -> Result<Pieces, CallOutcome> {
        let (CallOutcome::Ok { result, era } | CallOutcome::ToolError { result, era }) = &outcome
        else {
            return Err(outcome);
        };
        let stays = |way: &Way<'_>| matches!(bridge::result_for(way, result), Ok(Cow::Borrowed(_)));
        if result.get().len() < LARGE
            || matches!(self.goal, Goal::Task { .. })
            || !self.on_way(*era, stays)
        {
            return Err(outcome);
        }
        let (CallOutcome::Ok { result, .. } | CallOutcome::ToolError { result, .. }) = outcome
        else {
            return Err(outcome);
        };
        let text: Box<str> = result.into();
        let result = Bytes::from(text.into_string());
        let pieces = response_ok_around(&self.id, self.hold.keep_for(result));
        Ok(Pieces::of(pieces))
    }

    fn response_in_one(&self, outcome: &CallOutcome) -> Response {
        match self.fault_of(outcome) {
            Some(fault) => fault.respond(Some(&self.id)),
            None => json_body(Body::from(self.message_of(outcome))),
        }
    }

    /// The message that ends a stream, and its status should it be the only one.
    pub(in crate::gateway) fn last_message(
        &self,
        id: &RawValue,
        outcome: &CallOutcome,
    ) -> (Bytes, StatusCode) {
        match self.fault_of(outcome) {
            Some(fault) => (fault.message(Some(id)), fault.status()),
            None => (self.message_as(id, outcome), StatusCode::OK),
        }
    }

    /// A server's refusal for a modern client, which reads its status, too.
    fn fault_of(&self, outcome: &CallOutcome) -> Option<Fault> {
        let CallOutcome::RpcError {
            code,
            message,
            data,
            era,
            ..
        } = outcome
        else {
            return None;
        };
        if self.era == Era::Legacy || bridge::wants_pages(self.era, *era, *code) {
            return None;
        }
        self.refused_by_server(*era, *code, message, data.as_deref())
            .err()
    }

    fn refused_by_server(
        &self,
        south: Era,
        code: i64,
        message: &str,
        data: Option<&RawValue>,
    ) -> Result<Box<RawValue>, Fault> {
        // The gateway as a whole completes; that this server does not is no error of the client's.
        if matches!(self.goal, Goal::Completion { .. }) && bridge::is_unknown_method(code) {
            return Ok(completion::nothing(self.era));
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
        Err(Fault::upstream(self.era, bridged.code, message, data))
    }
}
