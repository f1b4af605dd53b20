//! How long to wait and how much to read.

use std::time::Duration;

/// The limits of one model request. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct ModelLimits {
    /// Until there is a connection.
    pub connect: Duration,
    /// From asking to the first word of the answer.
    pub first_token: Duration,
    /// Between two pieces of an answer that has begun.
    pub idle: Duration,
    /// From asking to the end of the answer.
    pub whole: Duration,
    /// How often an API that is not ready is asked again.
    pub retries: u32,
    /// How long to wait before the first of these; it doubles each time.
    pub backoff: Duration,
    /// An API that wants a longer pause is not asked again.
    pub longest_pause: Duration,
    /// The largest event of an answer.
    pub event_bytes: usize,
    /// The largest answer.
    pub answer_bytes: usize,
    /// How much of an error's body is read.
    pub error_bytes: usize,
}

impl Default for ModelLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_token: Duration::from_mins(1),
            idle: Duration::from_mins(1),
            whole: Duration::from_mins(20),
            retries: 3,
            backoff: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
            event_bytes: 1 << 20,
            answer_bytes: 16 << 20,
            error_bytes: 16 << 10,
        }
    }
}
