//! What the end of a call tells about its server.

use std::sync::Arc;
use std::time::Duration;

use tieline_mcp::{Failure, McpError};
use tokio::time::Instant;

use super::ask::Asked;
use super::{Call, CallFailure, CallOutcome, FailureFacts};
use crate::Hub;
use crate::snapshot::LiveConnector;

impl Hub {
    /// Feeds breaker and health with what happened, and turns an error into its outcome.
    pub(super) fn settle(
        &self,
        live: &Arc<LiveConnector>,
        call: &Call<'_>,
        asked: Result<CallOutcome, Asked>,
        started: Instant,
    ) -> CallOutcome {
        let breaker = self.inner.breakers.of(live.id);
        match asked {
            Ok(outcome) => {
                breaker.succeeded();
                // How long a client takes to read says nothing about the server.
                let took = match &outcome {
                    CallOutcome::PassedOn(passed) => passed.begun.duration_since(started),
                    _ => started.elapsed(),
                };
                self.note_success(live, took);
                outcome
            }
            Err(Asked::Failed(error, message)) => {
                if counts_against_server(&error) {
                    breaker.failed(Instant::now(), self.entropy());
                } else if shows_server_is_there(&error) {
                    breaker.succeeded();
                }
                if let Some(seconds) = error.retry_after() {
                    breaker.rest(Instant::now(), Duration::from_secs(seconds));
                }
                if !is_the_callers(&error) {
                    self.note_failure(live, &error, &message);
                }
                CallOutcome::UpstreamFailure(CallFailure {
                    code: error.code(),
                    message: for_caller(&error, message),
                    facts: FailureFacts::of(&error),
                })
            }
            Err(Asked::SecretUnreadable) => {
                self.note_unreadable_secret(live);
                CallOutcome::UpstreamFailure(CallFailure {
                    code: "secret_unreadable",
                    message: format!(
                        "The stored token of {} cannot be read. An admin has to enter it again.",
                        live.name
                    ),
                    facts: FailureFacts::default(),
                })
            }
            Err(Asked::BadParams) => CallOutcome::RpcError {
                code: -32602,
                message: format!(
                    "The parameters of {} must be an object with each key once.",
                    call.wanted.method()
                ),
                data: None,
                era: live.era(),
                status: None,
            },
        }
    }
}

/// The sentence for whoever called. From where it was tried is for admins to know.
fn for_caller(error: &McpError, message: String) -> String {
    match error.own_address() {
        Some(own) => message.replace(&format!(" ({own})"), ""),
        None => message,
    }
}

/// Failures that say the server is not there. A refused token, request or a bad answer is not a reason to stop asking:
/// one person's bad requests must not stop everybody's calls.
pub(crate) fn counts_against_server(error: &McpError) -> bool {
    match error.failure {
        Failure::UpstreamError { status } => status >= 500,
        _ => matches!(
            error.code(),
            "dns_failed"
                | "connect_refused"
                | "connect_timeout"
                | "proxy_unreachable"
                | "proxy_timeout"
                | "timeout"
                | "interrupted"
                | "tls_failed"
        ),
    }
}

/// The caller left, or did not read its answer.
fn is_the_callers(error: &McpError) -> bool {
    matches!(error.code(), "cancelled" | "not_taken")
}

/// An answer, however unwelcome, comes from a server that is there.
fn shows_server_is_there(error: &McpError) -> bool {
    error.sent && error.code() != "cancelled"
}
