//! A request to a server as its caller puts it, and the reply.

use http::StatusCode;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::aside::SessionIs;
use super::error::{Failure, McpError};
use super::memory::Hold;
use super::message::Answer;
use super::passing::{PassOn, PassedOn};
use super::question::Questions;
use crate::bridge;
use crate::raw::{self, RawObject, shown};
use crate::wire::{Era, ParamHeaders};

/// One request to a server.
#[derive(Debug)]
pub struct CallRequest<'a> {
    /// The JSON-RPC method.
    pub method: &'a str,
    /// What is asked for by name. It takes the place of what `params` say there.
    pub named: Option<Named<'a>>,
    /// `params`. Our own `_meta` keys are put into it where the era wants them; the rest is sent as it is.
    pub params: &'a RawObject<'a>,
    /// For tools/call: which arguments are repeated as headers.
    pub param_headers: Option<&'a ParamHeaders>,
    /// When the whole call must be over.
    pub deadline: Instant,
    /// Where notifications that the server sends while it works go, as whole JSON-RPC messages.
    pub notifications: Option<mpsc::Sender<Box<RawValue>>>,
    /// Whether what a legacy server says on the session's own stream is for this caller, too.
    pub session: SessionIs,
    /// What the caller can do, for a modern server: the capabilities of this request. Without them none are declared.
    pub capabilities: Option<&'a RawValue>,
    /// Where the requests go that a legacy server sends on this call's stream. Without it they are refused.
    pub questions: Option<Questions>,
    /// Counts what the answer takes in memory. Without it nothing but the limit of one answer holds.
    pub hold: Option<&'a Hold>,
    /// How a long result goes on to the client while it comes; without it every answer is read whole.
    pub pass_on: Option<PassOn<'a>>,
    /// Ends the call: a modern server sees the stream close, a legacy one gets `notifications/cancelled`.
    /// (Dropping the future only closes the stream, which a legacy server does not take as an end.)
    pub cancel: CancellationToken,
}

/// The routing name of a request: of a tool or a prompt, or the URI of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The field of `params` that holds it.
    pub field: &'static str,
    /// The name by which the server knows it.
    pub value: &'a str,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The era whose rules the body follows.
    pub era: Era,
    /// The answer.
    pub body: ReplyBody,
}

/// The result or the error of a request.
#[derive(Debug, Clone)]
pub enum ReplyBody {
    /// A complete result, an object, byte for byte.
    Result(Box<RawValue>),
    /// Modern only: the server wants input from the user before it goes on. The whole result.
    InputRequired(Box<RawValue>),
    /// Modern only: the server goes on by itself, and the result is to be asked for later. The whole result.
    Task(Box<RawValue>),
    /// A JSON-RPC error.
    Error(RpcError),
    /// A complete result that was passed on while it came.
    PassedOn(PassedOn),
}

impl ReplyBody {
    /// A modern result says of which kind it is; without that it is complete. Tasks are an extension, so they come only
    /// where something was declared.
    pub(super) fn of(era: Era, answer: Answer, declared: bool) -> Result<Self, McpError> {
        let result = match answer {
            Answer::Error(error) => return Ok(Self::Error(error)),
            Answer::Result(result) => result,
        };
        if era == Era::Legacy || bridge::is_surely_complete(&result) {
            return Ok(Self::Result(result));
        }
        let object = RawObject::parse(&result).unwrap_or_default();
        let kind = object
            .get("resultType")
            .map(|kind| raw::as_str(kind).unwrap_or_default().into_owned());
        match kind.as_deref() {
            None | Some("complete") => Ok(Self::Result(result)),
            Some("input_required") => Ok(Self::InputRequired(result)),
            Some("task") if declared => Ok(Self::Task(result)),
            Some(other) => {
                let reason = format!("a result of the unknown kind “{}”", shown(other));
                Err(McpError::sent(Failure::protocol(reason)))
            }
        }
    }
}

/// A JSON-RPC error as the server sent it.
#[derive(Debug, Clone)]
pub struct RpcError {
    /// The code.
    pub code: i64,
    /// The message, shortened and without control characters.
    pub message: String,
    /// `data`, untouched.
    pub data: Option<Box<RawValue>>,
    /// The HTTP status that it came with, where it came in an answer of its own.
    pub status: Option<u16>,
}

impl RpcError {
    pub(crate) fn answered_with(self, status: StatusCode) -> Self {
        Self {
            status: Some(status.as_u16()),
            ..self
        }
    }
}
