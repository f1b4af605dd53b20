//! What became of a call, in one shape for every door.

use std::net::IpAddr;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_mcp::bridge::may_spell_keys_oddly;
use tieline_mcp::raw::RawObject;
use tieline_mcp::{Era, McpError, PassedOn, Reply, ReplyBody};

use super::CallRefusal;
use crate::scrub::Scrubber;

/// JSON-RPC: the arguments do not fit what the server expects.
const INVALID_PARAMS: i64 = -32602;

static IS_ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("isError"));

/// What became of a call.
#[derive(Debug)]
pub enum CallOutcome {
    /// The tool answered.
    Ok {
        /// The result, as the server sent it.
        result: Box<RawValue>,
        /// The era that the result is written in.
        era: Era,
    },
    /// The tool answered that it failed (`isError`).
    ToolError {
        /// The result, as the server sent it.
        result: Box<RawValue>,
        /// The era that the result is written in.
        era: Era,
    },
    /// The tool answered, or answered that it failed, and the result went on to the caller while it came.
    PassedOn(PassedOn),
    /// The server needs answers first: a modern result of the kind `input_required`.
    InputRequired {
        /// The whole result, as the server sent it.
        result: Box<RawValue>,
    },
    /// The server works on by itself: a modern result of the kind `task`.
    Task {
        /// The whole result, as the server sent it.
        result: Box<RawValue>,
    },
    /// The server refused the request with a JSON-RPC error.
    RpcError {
        /// Its code.
        code: i64,
        /// Its message, cleaned and cut.
        message: String,
        /// Its data, raw.
        data: Option<Box<RawValue>>,
        /// The era that the error is written in.
        era: Era,
        /// The HTTP status that it came with.
        status: Option<u16>,
    },
    /// The server could not be asked, or did not answer properly.
    UpstreamFailure(CallFailure),
    /// Tieline did not ask the server at all.
    Refused(CallRefusal),
}

/// Why a server could not be asked or did not answer.
#[derive(Debug, Clone, Serialize)]
pub struct CallFailure {
    /// A stable code such as `timeout` or `auth_failed`.
    pub code: &'static str,
    /// A sentence for a person or a model, without any secret.
    pub message: String,
    /// What else is known of it, for the record.
    #[serde(skip)]
    pub facts: FailureFacts,
}

/// What an admin who looks for the cause wants to know exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureFacts {
    /// The HTTP status that the server, or the proxy on the way to it, answered with.
    pub http_status: Option<u16>,
    /// The address of this machine from which the server was not reached.
    pub own_address: Option<IpAddr>,
}

impl FailureFacts {
    pub(super) fn of(error: &McpError) -> Self {
        Self {
            http_status: error.http_status(),
            own_address: error.own_address(),
        }
    }
}

impl CallOutcome {
    /// Every word that [`word`](Self::word) can say.
    pub(crate) const WORDS: [&'static str; 4] = ["ok", "tool_error", "upstream_failure", "refused"];

    /// The word under which records and events show it.
    pub fn word(&self) -> &'static str {
        match self {
            // A server that asks back did what it should; what comes of it is another call's record.
            Self::Ok { .. }
            | Self::InputRequired { .. }
            | Self::Task { .. }
            | Self::PassedOn(PassedOn {
                is_error: false, ..
            }) => "ok",
            Self::ToolError { .. } | Self::PassedOn(_) => "tool_error",
            Self::RpcError { .. } | Self::UpstreamFailure(_) => "upstream_failure",
            Self::Refused(_) => "refused",
        }
    }

    /// The stable code of a failure.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Ok { .. }
            | Self::ToolError { .. }
            | Self::PassedOn(_)
            | Self::InputRequired { .. }
            | Self::Task { .. } => None,
            Self::RpcError {
                code: INVALID_PARAMS,
                ..
            } => Some("invalid_params"),
            Self::RpcError { .. } => Some("rpc_error"),
            Self::UpstreamFailure(failure) => Some(failure.code),
            Self::Refused(refusal) => Some(refusal.code()),
        }
    }

    /// What the record of a failure keeps beside its code.
    pub(crate) fn facts(&self) -> FailureFacts {
        match self {
            Self::UpstreamFailure(failure) => failure.facts,
            Self::RpcError { status, .. } => FailureFacts {
                http_status: *status,
                own_address: None,
            },
            _ => FailureFacts::default(),
        }
    }

    /// How many bytes the answer has.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Ok { result, .. }
            | Self::ToolError { result, .. }
            | Self::InputRequired { result }
            | Self::Task { result } => result.get().len(),
            Self::PassedOn(passed) => passed.bytes,
            _ => 0,
        }
    }
}

/// A server's answer without the connector's credential.
pub(super) fn outcome_of(reply: Reply, can_be_asked: bool, scrubber: &Scrubber) -> CallOutcome {
    let era = reply.era;
    match reply.body {
        ReplyBody::Result(result) => {
            let Some(result) = scrubber.json(result) else {
                return secret_echoed();
            };
            if is_error(&result) {
                CallOutcome::ToolError { result, era }
            } else {
                CallOutcome::Ok { result, era }
            }
        }
        ReplyBody::PassedOn(passed) => CallOutcome::PassedOn(passed),
        // Who declared nothing must not be asked.
        ReplyBody::InputRequired(_) if !can_be_asked => CallOutcome::UpstreamFailure(CallFailure {
            code: "input_required",
            message: "The server asked for input from a person, which this caller cannot give."
                .to_owned(),
            facts: FailureFacts::default(),
        }),
        ReplyBody::InputRequired(result) => match scrubber.json(result) {
            Some(result) => CallOutcome::InputRequired { result },
            None => secret_echoed(),
        },
        ReplyBody::Task(result) => match scrubber.json(result) {
            Some(result) => CallOutcome::Task { result },
            None => secret_echoed(),
        },
        ReplyBody::Error(error) => CallOutcome::RpcError {
            code: error.code,
            message: scrubber.text(&error.message).into_owned(),
            data: error.data.and_then(|data| scrubber.json(data)),
            era,
            status: error.status,
        },
    }
}

fn secret_echoed() -> CallOutcome {
    CallOutcome::UpstreamFailure(CallFailure {
        code: "secret_echoed",
        message: "The server's answer held its own token and cannot be shown.".to_owned(),
        facts: FailureFacts::default(),
    })
}

fn is_error(result: &RawValue) -> bool {
    // A text without either has no such key.
    let text = result.get();
    let may_be = IS_ERROR.find(text.as_bytes()).is_some() || may_spell_keys_oddly(text);
    may_be
        && RawObject::parse(result).is_ok_and(|object| {
            object
                .get("isError")
                .is_some_and(|value| value.get() == "true")
        })
}
