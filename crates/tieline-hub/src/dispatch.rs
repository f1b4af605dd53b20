//! One request to one connector, from any door: who may, where it goes, with which credential, how long, and what is
//! recorded.

mod admit;
mod ask;
mod keep;
mod outcome;
mod questions;
mod relay;
mod settle;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tieline_domain::{ConnectorId, KeyId, RequestId, Role, Slug, UserId};
use tieline_mcp::bridge::Way;
use tieline_mcp::raw::RawObject;
use tieline_mcp::{Begin, Failure, Hold, McpError};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Hub;
use crate::catalog::CatalogTool;

pub use admit::CallRefusal;
pub use keep::{BUILT_IN_AGENT, KEPT_CONTENT};
pub use outcome::{CallFailure, CallOutcome, FailureFacts};
pub use questions::Askable;
pub use tieline_mcp::SessionIs;

pub(crate) use keep::{Content, Piece};
pub(crate) use settle::counts_against_server;

use admit::Admitted;
use ask::Asked;

/// Names one session of one user. Legacy upstream sessions are never shared beyond it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey(pub Arc<str>);

/// Who is calling: a person, through an access key or through the built-in agent.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// Their name, for messages and records.
    pub user_name: String,
    /// Their role at this moment.
    pub role: Role,
    /// The access key, when the call came through the gateway.
    pub key: Option<KeyId>,
}

/// What is asked, and of which connector. Nothing else decides where a call goes.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// `tools/call` of a frozen entry.
    Tool(&'a CatalogTool),
    /// Any other request that one connector's server answers.
    Other {
        /// The connector.
        connector: ConnectorId,
        /// Its key.
        slug: &'a Slug,
        /// The method.
        method: &'static str,
        /// The field of `params` that names what is asked for, and its value at the server.
        named: Option<(&'static str, &'a str)>,
    },
}

impl<'a> Wanted<'a> {
    pub(crate) fn connector(&self) -> ConnectorId {
        match self {
            Self::Tool(tool) => tool.connector,
            Self::Other { connector, .. } => *connector,
        }
    }

    pub(crate) fn slug(&self) -> &'a Slug {
        match self {
            Self::Tool(tool) => &tool.slug,
            Self::Other { slug, .. } => slug,
        }
    }

    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tools/call",
            Self::Other { method, .. } => method,
        }
    }

    pub(crate) fn named(&self) -> Option<(&'static str, &'a str)> {
        match self {
            Self::Tool(tool) => Some(("name", &tool.name)),
            Self::Other { named, .. } => *named,
        }
    }

    pub(crate) fn tool(&self) -> Option<&'a CatalogTool> {
        match self {
            Self::Tool(tool) => Some(tool),
            Self::Other { .. } => None,
        }
    }
}

/// How a long result goes on to its caller while it comes in.
#[derive(Clone, Copy)]
pub struct PassTo<'a> {
    /// What changes on its way; the era of the server is put right here.
    pub way: Way<'a>,
    /// Begins the caller's answer.
    pub begin: Begin<'a>,
}

impl fmt::Debug for PassTo<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PassTo")
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

/// One call of one tool, or another request to one connector.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// The session that it belongs to.
    pub session: &'a SessionKey,
    /// What is called.
    pub wanted: Wanted<'a>,
    /// The whole `params` of the request, raw. What they name is replaced by the server's own name.
    pub params: &'a RawValue,
    /// The same taken apart, by a caller that has done so already.
    pub split: Option<&'a RawObject<'a>>,
    /// Where the server's notifications about this call go, raw, while it runs.
    pub notifications: Option<mpsc::Sender<Box<RawValue>>>,
    /// Whose the session is, so that it is known for whom a legacy server says something in it.
    pub session_is: SessionIs,
    /// How the caller can be asked, when it can be.
    pub askable: Option<Askable<'a>>,
    /// Counts what the answer takes in memory, until the caller is done with it.
    pub hold: Option<&'a Hold>,
    /// How a long result goes on to the caller while it comes; without it every answer is read whole.
    pub pass_on: Option<PassTo<'a>>,
    /// Ends the call when the caller no longer wants it.
    pub cancel: CancellationToken,
    /// The calling program, such as `Claude Code 2.1`, for the record.
    pub client: Option<&'a Arc<str>>,
    /// The HTTP request that it came with, for the record; what the built-in agent calls came with none.
    pub request: Option<RequestId>,
}

impl Hub {
    /// Runs one call to its end. It is never sent twice once any byte of it was sent.
    pub async fn dispatch(&self, call: Call<'_>) -> CallOutcome {
        let started = Instant::now();
        let (outcome, sent_to) = match self.admit(&call, started) {
            Ok(admitted) => {
                let outcome = self.run(&admitted, &call, started).await;
                (outcome, Some(admitted.live))
            }
            Err(refusal) => (CallOutcome::Refused(refusal), None),
        };
        // Activity shows what was done with tools; reading a prompt or a resource does nothing.
        if let Wanted::Tool(tool) = call.wanted {
            let took = started.elapsed();
            let content = self.content_of(&call, &outcome, sent_to.as_ref());
            self.record_call(&call, tool, (took, &outcome), content);
        }
        outcome
    }

    /// Asks the server until it answers, the connector or the access key is gone, or time is up.
    async fn run(&self, admitted: &Admitted, call: &Call<'_>, started: Instant) -> CallOutcome {
        let live = &admitted.live;
        let key_ended = async {
            match &admitted.key_ended {
                Some(ended) => ended.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let limit = self.inner.settings.call_timeout + call.time_for_questions();
        // Where it is, so that waiting for it does not move it: it is by far the largest part.
        let asked = pin!(self.ask(live, call, started));
        tokio::select! {
            // The rest is looked at only while there is no outcome.
            biased;
            outcome = asked => outcome,
            () = live.ended.cancelled() => CallOutcome::Refused(self.why_ended(live)),
            () = key_ended => CallOutcome::Refused(CallRefusal::KeyRevoked),
            // The client keeps the time itself; this holds whatever a server does in between.
            () = tokio::time::sleep_until(started + limit + GRACE) => {
                let error = McpError::sent(Failure::Timeout { what: "The call", seconds: limit.as_secs() });
                let message = error.to_string();
                self.settle(live, call, Err(Asked::Failed(error, message)), started)
            }
        }
    }
}

/// How long after a call's time the client may take to end it.
const GRACE: Duration = Duration::from_secs(2);

/// Milliseconds, saturating: a record has no use for more than 584 million years.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
