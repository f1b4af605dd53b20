//! What was said in calls: arguments and results, each shortened. There is nothing here unless an admin wants it kept.

mod count;
mod find;
mod insert;
mod purge;

use std::fmt;

use tieline_domain::{CallId, Timestamp};

/// The arguments and the result of one call. Its `Debug` leaves out what was said.
#[derive(Clone, PartialEq, Eq)]
pub struct CallContentRow {
    /// The call, which must be there already.
    pub call_id: CallId,
    /// When it began.
    pub at: Timestamp,
    /// The beginning of the arguments; absent when they could not be kept.
    pub arguments: Option<String>,
    /// The size of all of them in bytes.
    pub arguments_bytes: i64,
    /// The beginning of the result; absent when there was none.
    pub result: Option<String>,
    /// The size of all of it in bytes.
    pub result_bytes: i64,
}

impl fmt::Debug for CallContentRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContentRow")
            .field("call_id", &self.call_id)
            .field("arguments_bytes", &self.arguments_bytes)
            .field("result_bytes", &self.result_bytes)
            .finish_non_exhaustive()
    }
}
