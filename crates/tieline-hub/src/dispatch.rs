//! One tool call, from any door: who may, where it goes, with which credential, how long, and what is recorded.

use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use tieline_domain::{KeyId, Role, UserId};
use tieline_mcp::raw::RawObject;
use tieline_mcp::{CallRequest, Era, Failure, McpError, Reply, ReplyBody};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Hub;
use crate::catalog::CatalogTool;
use crate::credential::target_of;
use crate::scrub::Scrubber;
use crate::snapshot::LiveConnector;

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

/// One call of one tool.
#[derive(Debug)]
pub struct ToolCall<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// The session whose frozen catalogue the tool comes from.
    pub session: &'a SessionKey,
    /// The frozen entry. Only this decides where the call goes.
    pub tool: &'a CatalogTool,
    /// The whole `params` of the request, raw. Its `name` is replaced by the server's own name.
    pub params: &'a RawValue,
    /// Where the server's notifications about this call go, raw, while it runs.
    pub notifications: Option<mpsc::Sender<Box<RawValue>>>,
    /// Ends the call when the caller no longer wants it.
    pub cancel: CancellationToken,
    /// The calling program, such as `Claude Code 2.1`, for the record.
    pub client: Option<&'a str>,
}

/// What became of a call.
#[derive(Debug)]
pub enum ToolOutcome {
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
    /// The server refused the request with a JSON-RPC error.
    RpcError {
        /// Its code.
        code: i64,
        /// Its message, cleaned and cut.
        message: String,
        /// Its data, raw.
        data: Option<Box<RawValue>>,
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
}

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
    /// The server failed several times in a row and is left alone for a moment.
    #[error("{name} failed several times in a row. Tieline asks it again in {seconds} s.")]
    ConnectorPaused {
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
            Self::ConnectorPaused { .. } => "connector_paused",
            Self::KeyRevoked => "key_revoked",
            Self::Stale => "registry_stale",
        }
    }
}

impl ToolOutcome {
    /// Every word that [`word`](Self::word) can say.
    pub(crate) const WORDS: [&'static str; 4] = ["ok", "tool_error", "upstream_failure", "refused"];

    /// The word under which records and events show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok { .. } => "ok",
            Self::ToolError { .. } => "tool_error",
            Self::RpcError { .. } | Self::UpstreamFailure(_) => "upstream_failure",
            Self::Refused(_) => "refused",
        }
    }

    /// The stable code of a failure.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Ok { .. } | Self::ToolError { .. } => None,
            Self::RpcError { .. } => Some("rpc_error"),
            Self::UpstreamFailure(failure) => Some(failure.code),
            Self::Refused(refusal) => Some(refusal.code()),
        }
    }

    /// How many bytes the answer has.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Ok { result, .. } | Self::ToolError { result, .. } => result.get().len(),
            _ => 0,
        }
    }
}

impl Hub {
    /// Runs one call to its end. It is never sent twice once any byte of it was sent.
    pub async fn dispatch(&self, call: ToolCall<'_>) -> ToolOutcome {
        let started = Instant::now();
        let outcome = match self.admit(&call) {
            Ok(admitted) => self.run(&admitted, &call, started).await,
            Err(refusal) => ToolOutcome::Refused(refusal),
        };
        self.record_call(&call, started.elapsed(), &outcome);
        outcome
    }

    /// Decides by what is in force now, not by what the session's frozen catalogue says.
    fn admit(&self, call: &ToolCall<'_>) -> Result<Admitted, CallRefusal> {
        if !self.is_fresh() {
            return Err(CallRefusal::Stale);
        }
        let snapshot = self.inner.snapshot.load();
        let key_ended = match call.caller.key {
            Some(id) => Some(snapshot.key_end(id).ok_or(CallRefusal::KeyRevoked)?),
            None => None,
        };
        let Some(live) = snapshot.connector(call.tool.connector) else {
            return Err(CallRefusal::ConnectorRemoved {
                name: call.tool.slug.to_string(),
            });
        };
        if !live.enabled {
            return Err(CallRefusal::ConnectorDisabled {
                name: live.name.clone(),
            });
        }
        if !live
            .tools
            .get(&call.tool.name)
            .is_some_and(|tool| tool.enabled)
        {
            return Err(CallRefusal::ToolUnavailable {
                tool: shown(&call.tool.name),
            });
        }
        self.inner
            .breakers
            .of(live.id)
            .admit(Instant::now())
            .map_err(|wait| CallRefusal::ConnectorPaused {
                name: live.name.clone(),
                seconds: wait.as_secs().max(1),
            })?;
        Ok(Admitted {
            live: live.clone(),
            key_ended,
        })
    }

    /// Asks the server until it answers, the connector or the access key is gone, or time is up.
    async fn run(&self, admitted: &Admitted, call: &ToolCall<'_>, started: Instant) -> ToolOutcome {
        let live = &admitted.live;
        let key_ended = async {
            match &admitted.key_ended {
                Some(ended) => ended.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let limit = self.inner.settings.call_timeout;
        tokio::select! {
            biased;
            () = live.ended.cancelled() => ToolOutcome::Refused(self.why_ended(live)),
            () = key_ended => ToolOutcome::Refused(CallRefusal::KeyRevoked),
            outcome = self.ask(live, call, started) => outcome,
            // The client keeps the time itself; this holds whatever a server does in between.
            () = tokio::time::sleep_until(started + limit + GRACE) => {
                let error = McpError::sent(Failure::Timeout { what: "The call", seconds: limit.as_secs() });
                let message = error.to_string();
                self.settle(live, Err(Asked::Failed(error, message)), started)
            }
        }
    }

    fn why_ended(&self, live: &LiveConnector) -> CallRefusal {
        let name = live.name.clone();
        match self.inner.snapshot.load().connector(live.id) {
            Some(_) => CallRefusal::ConnectorDisabled { name },
            None => CallRefusal::ConnectorRemoved { name },
        }
    }

    /// Asks the server. A 401 is asked once more if the credential was rotated in between: the server did not run
    /// anything for it.
    async fn ask(
        &self,
        live: &Arc<LiveConnector>,
        call: &ToolCall<'_>,
        started: Instant,
    ) -> ToolOutcome {
        let first = self.ask_once(live, call, started).await;
        if !matches!(&first, Err(Asked::Failed(error, _)) if error.code() == "auth_failed") {
            return self.settle(live, first, started);
        }
        let current = self.inner.snapshot.load().connector(live.id).cloned();
        match current.filter(|current| {
            current.enabled && current.credential_version != live.credential_version
        }) {
            Some(current) => {
                let second = Box::pin(self.ask_once(&current, call, started)).await;
                self.settle(&current, second, started)
            }
            None => self.settle(live, first, started),
        }
    }

    async fn ask_once(
        &self,
        live: &Arc<LiveConnector>,
        call: &ToolCall<'_>,
        started: Instant,
    ) -> Result<ToolOutcome, Asked> {
        let credential = self
            .open_credential(live)
            .map_err(|_| Asked::SecretUnreadable)?;
        let target = target_of(&live.address, &live.auth_header, credential.expose());
        let scrubber = Scrubber::new(credential.expose());
        let params = RawObject::parse(call.params)
            .map_err(|_| Asked::BadParams)?
            .rename_value("name", &call.tool.name);
        let upstream = self
            .upstream_for(live, call.session, &target)
            .await
            .map_err(|error| failed(error, &scrubber))?;
        let deadline = started + self.inner.settings.call_timeout;
        let asks = call.notifications.as_ref().map(|caller| {
            let (notifications, heard) = mpsc::channel(NOTIFICATIONS);
            (notifications, relay(heard, caller, &scrubber))
        });
        let (notifications, relaying) = asks.unzip();
        let request = CallRequest {
            method: "tools/call",
            name: Some(&call.tool.name),
            params: &params,
            param_headers: live.tools.get(&call.tool.name).map(|tool| &tool.headers),
            deadline,
            notifications,
            cancel: call.cancel.clone(),
        };
        // A caller that reads slowly must not keep the credential open.
        let relayed = async {
            if let Some(relaying) = relaying {
                let _ = tokio::time::timeout_at(deadline, relaying).await;
            }
        };
        let (reply, ()) = tokio::join!(upstream.call(&target, request), relayed);
        let reply = reply.map_err(|error| failed(error, &scrubber))?;
        Ok(outcome_of(reply, &scrubber))
    }

    /// Feeds breaker and health with what happened, and turns an error into its outcome.
    fn settle(
        &self,
        live: &Arc<LiveConnector>,
        asked: Result<ToolOutcome, Asked>,
        started: Instant,
    ) -> ToolOutcome {
        let breaker = self.inner.breakers.of(live.id);
        match asked {
            Ok(outcome) => {
                breaker.succeeded();
                self.note_success(live, started.elapsed());
                outcome
            }
            Err(Asked::Failed(error, message)) => {
                if counts_against_server(&error) {
                    breaker.failed(Instant::now(), self.entropy());
                } else if shows_server_is_there(&error) {
                    breaker.succeeded();
                }
                if error.code() != "cancelled" {
                    self.note_failure(live, &error, &message);
                }
                ToolOutcome::UpstreamFailure(CallFailure {
                    code: error.code(),
                    message,
                })
            }
            Err(Asked::SecretUnreadable) => {
                self.note_unreadable_secret(live);
                ToolOutcome::UpstreamFailure(CallFailure {
                    code: "secret_unreadable",
                    message: format!(
                        "The stored token of {} cannot be read. An admin has to enter it again.",
                        live.name
                    ),
                })
            }
            Err(Asked::BadParams) => ToolOutcome::RpcError {
                code: -32602,
                message: "The parameters of tools/call must be an object with each key once."
                    .to_owned(),
                data: None,
            },
        }
    }
}

/// How long after a call's time the client may take to end it.
const GRACE: Duration = Duration::from_secs(2);

/// How many notifications may wait for a caller that reads slowly.
const NOTIFICATIONS: usize = 32;

/// Passes notifications on without the connector's credential, until the call is over.
async fn relay(
    mut heard: mpsc::Receiver<Box<RawValue>>,
    caller: &mpsc::Sender<Box<RawValue>>,
    scrubber: &Scrubber,
) {
    while let Some(notification) = heard.recv().await {
        if let Some(clean) = scrubber.json(notification)
            && caller.send(clean).await.is_err()
        {
            return;
        }
    }
}

/// A call that may go on, and what ends it before its time.
struct Admitted {
    live: Arc<LiveConnector>,
    key_ended: Option<CancellationToken>,
}

enum Asked {
    /// The error, and its sentence without the credential.
    Failed(McpError, String),
    SecretUnreadable,
    BadParams,
}

/// What a server says may hold the credential: a redirect, the text of an error.
fn failed(error: McpError, scrubber: &Scrubber) -> Asked {
    let message = scrubber.text(&error.to_string()).into_owned();
    Asked::Failed(error, message)
}

/// Failures that say the server is not there. A refused token, request or a bad answer is not a reason to stop asking:
/// one person's bad requests must not stop everybody's calls.
fn counts_against_server(error: &McpError) -> bool {
    match error.failure {
        Failure::UpstreamError { status } => status >= 500,
        _ => matches!(
            error.code(),
            "dns_failed"
                | "connect_refused"
                | "connect_timeout"
                | "timeout"
                | "interrupted"
                | "tls_failed"
        ),
    }
}

/// An answer, however unwelcome, comes from a server that is there.
fn shows_server_is_there(error: &McpError) -> bool {
    error.sent && error.code() != "cancelled"
}

/// A name of a server for a sentence: short, and nothing in it that changes how the rest reads.
fn shown(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_control())
        .take(80)
        .collect()
}

fn outcome_of(reply: Reply, scrubber: &Scrubber) -> ToolOutcome {
    let era = reply.era;
    match reply.body {
        ReplyBody::Result(result) => {
            let Some(result) = scrubber.json(result) else {
                let message =
                    "The server's answer held its own token and cannot be shown.".to_owned();
                return ToolOutcome::UpstreamFailure(CallFailure {
                    code: "secret_echoed",
                    message,
                });
            };
            if is_error(&result) {
                ToolOutcome::ToolError { result, era }
            } else {
                ToolOutcome::Ok { result, era }
            }
        }
        ReplyBody::InputRequired(_) => ToolOutcome::UpstreamFailure(CallFailure {
            code: "input_required",
            message: "The tool asked for input from a person, which Tieline does not pass on yet."
                .to_owned(),
        }),
        ReplyBody::Error(error) => ToolOutcome::RpcError {
            code: error.code,
            message: scrubber.text(&error.message).into_owned(),
            data: error.data.and_then(|data| scrubber.json(data)),
        },
    }
}

fn is_error(result: &RawValue) -> bool {
    // A key may be spelled with escapes, which no server does without reason; a text without either has no such key.
    let text = result.get().as_bytes();
    let may_be = memmem::find(text, b"isError").is_some() || memmem::find(text, b"\\u").is_some();
    may_be
        && RawObject::parse(result).is_ok_and(|object| {
            object
                .get("isError")
                .is_some_and(|value| value.get() == "true")
        })
}

/// Milliseconds, saturating: a record has no use for more than 584 million years.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
