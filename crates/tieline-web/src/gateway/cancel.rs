//! `notifications/cancelled`: a legacy client no longer wants the answer to one of its own requests.
//!
//! Ids are looked up within the session that the notification came through, so no client reaches another's calls.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::sessions::McpSession;

#[derive(Deserialize)]
struct Cancelled<'a> {
    #[serde(borrow, rename = "requestId")]
    request_id: Option<&'a RawValue>,
}

/// Cancels the request that is named. An unknown one may just have ended, so it is no error.
pub(super) fn apply(session: &McpSession, params: Option<&RawValue>) {
    let read = params.and_then(|params| serde_json::from_str::<Cancelled<'_>>(params.get()).ok());
    if let Some(id) = read.and_then(|cancelled| cancelled.request_id) {
        session.cancel(id);
    }
}
