//! One request over a link, and what comes of it.

use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::call::Named;
use super::error::{Failure, McpError};
use super::memory::Hold;
use super::message::Answer;
use super::pace::Pace;
use super::passing::{PassOn, PassedOn};
use super::question::Asking;
use super::refusal::Refusal;
use crate::raw::RawObject;
use crate::wire::ParamHeaders;

/// One request, whatever the link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) named: Option<Named<'a>>,
    pub(crate) params: &'a RawObject<'a>,
    pub(crate) param_headers: Option<&'a ParamHeaders>,
    pub(crate) notifications: Option<&'a mpsc::Sender<Box<RawValue>>>,
    /// What the caller can do, for a modern server; a legacy one was told when the session began.
    pub(crate) capabilities: Option<&'a RawValue>,
    /// Where requests of a legacy server on this stream go.
    pub(crate) asking: Option<&'a Asking>,
    /// What the answer takes in memory is counted here.
    pub(crate) hold: Option<&'a Hold>,
    /// How a long result goes on while it comes; without it every answer is read whole.
    pub(crate) pass_on: Option<PassOn<'a>>,
    pub(crate) pace: Pace,
    pub(crate) max_depth: usize,
}

/// What came of a request that reached the server.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Got),
    Refused(Refusal),
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Got {
    Whole(Answer),
    /// It went on to the client while it came.
    PassedOn(PassedOn),
}

impl Got {
    /// The answer to a request without a [`PassOn`], which is always read whole.
    pub(crate) fn whole(self) -> Result<Answer, McpError> {
        match self {
            Self::Whole(answer) => Ok(answer),
            Self::PassedOn(_) => {
                let reason = "an answer that was passed on to nobody";
                Err(McpError::sent(Failure::protocol(reason)))
            }
        }
    }
}
