//! How long an exchange may take, and what is said when it took longer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::{Failure, McpError};
use super::limits::Limits;

/// How long an exchange may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From a standing connection to the head of the answer.
    pub(crate) first_byte: Duration,
    /// Between two pieces of the body.
    pub(crate) idle: Duration,
    /// When everything must be over.
    pub(crate) deadline: Instant,
    /// When it began, for the message.
    pub(crate) begun: Instant,
}

impl Pace {
    /// The usual pace with a deadline.
    pub(crate) fn until(limits: &Limits, deadline: Instant) -> Self {
        Self {
            first_byte: limits.first_byte,
            idle: limits.idle,
            deadline,
            begun: Instant::now(),
        }
    }

    /// The usual pace within the default total.
    pub(crate) fn usual(limits: &Limits) -> Self {
        Self::until(limits, Instant::now() + limits.total)
    }

    /// The same with an own limit for the head of the answer.
    pub(crate) fn first_byte_within(self, first_byte: Duration) -> Self {
        Self { first_byte, ..self }
    }

    /// Waits for the next piece of a body.
    pub(crate) async fn next_piece<T>(
        &self,
        piece: impl Future<Output = T>,
    ) -> Result<T, McpError> {
        let mut piece = pin!(piece);
        // What has come already needs no clock.
        if let Poll::Ready(come) =
            poll_fn(|context| Poll::Ready(piece.as_mut().poll(context))).await
        {
            return Ok(come);
        }
        let now = Instant::now();
        let until = self.deadline.min(now + self.idle);
        timeout_at(until, piece).await.map_err(|_| {
            McpError::sent(if until == self.deadline {
                self.overdue()
            } else {
                let what = "The next part of the answer";
                Failure::Timeout {
                    what,
                    seconds: self.idle.as_secs(),
                }
            })
        })
    }

    /// The failure when the deadline passed.
    pub(crate) fn overdue(&self) -> Failure {
        Failure::Timeout {
            what: "The answer",
            seconds: self.whole_seconds(),
        }
    }

    /// How long everything may take.
    pub(crate) fn whole_seconds(&self) -> u64 {
        let whole = self.deadline.saturating_duration_since(self.begun);
        whole.as_secs() + u64::from(whole.subsec_millis() >= 500)
    }

    /// The head of an answer did not come until then.
    pub(crate) fn late_head(&self, until: Instant) -> Failure {
        if until >= self.deadline {
            return self.overdue();
        }
        Failure::Timeout {
            what: "The first byte of the answer",
            seconds: self.first_byte.as_secs(),
        }
    }
}
