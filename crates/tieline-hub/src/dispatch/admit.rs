//! May this call run now? Decided by what is in force, not by what the session's frozen catalogue says.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Call, Wanted};
use crate::Hub;
use crate::breaker::Wait;
use crate::snapshot::LiveConnector;

/// Why Tieline did not pass a call on.
#[derive(Debug, Clone, Error)]
pub enum CallRefusal {
    /// The connector left after the session began.
    #[error("{name} was removed by an admin. Its tools no longer work here.")]
    ConnectorRemoved {
        /// The connector's name.
        name: String,
    },
    /// The connector is off.
    #[error(
        "{name} was turned off by an admin. Its tools do not work until it is turned on again."
    )]
    ConnectorDisabled {
        /// The connector's name.
        name: String,
    },
    /// The tool is off or no longer offered by the server.
    #[error(
        "The tool {tool} is no longer available: an admin turned it off, or its server withdrew it."
    )]
    ToolUnavailable {
        /// The tool's name at the server.
        tool: String,
    },
    /// The server changed the tool so that calls do not fit any more, and nobody looked at it yet.
    #[error("The tool {tool} changed at its server and is off until an admin reviews the change.")]
    ToolHeld {
        /// The tool's name at the server.
        tool: String,
    },
    /// The server failed several times in a row and is left alone for a moment.
    #[error("{name} failed several times in a row. Tieline asks it again in {seconds} s.")]
    ConnectorPaused {
        /// The connector's name.
        name: String,
        /// Whole seconds, at least 1.
        seconds: u64,
    },
    /// The server said that it is asked too often.
    #[error("{name} is asked too often and wants to be left alone. Try again in {seconds} s.")]
    RateLimited {
        /// The connector's name.
        name: String,
        /// Whole seconds, at least 1.
        seconds: u64,
    },
    /// The access key was revoked, or its owner suspended, since the request began.
    #[error("The access key of this call was revoked, so the call was stopped.")]
    KeyRevoked,
    /// The database has not answered for so long that a revocation could have been missed.
    #[error(
        "Tieline cannot reach its database, so it cannot know whether this call is still allowed. Try again shortly."
    )]
    Stale,
}

impl CallRefusal {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ConnectorRemoved { .. } => "connector_removed",
            Self::ConnectorDisabled { .. } => "connector_disabled",
            Self::ToolUnavailable { .. } => "tool_unavailable",
            Self::ToolHeld { .. } => "tool_held",
            Self::ConnectorPaused { .. } => "connector_paused",
            Self::RateLimited { .. } => "rate_limited",
            Self::KeyRevoked => "key_revoked",
            Self::Stale => "registry_stale",
        }
    }
}

/// A call that may go on, and what ends it before its time.
pub(super) struct Admitted {
    pub(super) live: Arc<LiveConnector>,
    pub(super) key_ended: Option<CancellationToken>,
}

impl Hub {
    /// Connector, tool and key must be there and on, and the server not left alone for a moment.
    pub(super) fn admit(&self, call: &Call<'_>, now: Instant) -> Result<Admitted, CallRefusal> {
        if !self.is_fresh_at(now) {
            return Err(CallRefusal::Stale);
        }
        let snapshot = self.inner.snapshot.load();
        let key_ended = match call.caller.key {
            Some(id) => Some(snapshot.key_end(id).ok_or(CallRefusal::KeyRevoked)?),
            None => None,
        };
        let Some(live) = snapshot.connector(call.wanted.connector()) else {
            return Err(CallRefusal::ConnectorRemoved {
                name: call.wanted.slug().to_string(),
            });
        };
        if !live.enabled {
            return Err(CallRefusal::ConnectorDisabled {
                name: live.name.clone(),
            });
        }
        if let Wanted::Tool(tool) = call.wanted {
            let known = live.tools.get(&*tool.name);
            if !known.is_some_and(|known| known.enabled) {
                let tool = shown(&tool.name);
                return Err(match known {
                    Some(known) if known.is_held => CallRefusal::ToolHeld { tool },
                    _ => CallRefusal::ToolUnavailable { tool },
                });
            }
        }
        self.inner
            .breakers
            .of(live.id)
            .admit(now)
            .map_err(|wait| paused(live, wait))?;
        Ok(Admitted {
            live: live.clone(),
            key_ended,
        })
    }

    pub(super) fn why_ended(&self, live: &LiveConnector) -> CallRefusal {
        let name = live.name.clone();
        match self.inner.snapshot.load().connector(live.id) {
            Some(_) => CallRefusal::ConnectorDisabled { name },
            None => CallRefusal::ConnectorRemoved { name },
        }
    }
}

fn paused(live: &LiveConnector, wait: Wait) -> CallRefusal {
    let name = live.name.clone();
    // Rounded up: who comes back as told must not be too early.
    let seconds = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match wait {
        Wait::Failing(wait) => CallRefusal::ConnectorPaused {
            name,
            seconds: seconds(wait),
        },
        Wait::Asked(wait) => CallRefusal::RateLimited {
            name,
            seconds: seconds(wait),
        },
    }
}

/// A name of a server for a sentence: short, and nothing in it that changes how the rest reads.
fn shown(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_control())
        .take(80)
        .collect()
}
