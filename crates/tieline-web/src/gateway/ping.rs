//! `ping`, which only the legacy era has: answered here, no server is asked.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::{empty_result, response_ok};

/// The empty answer.
pub(super) fn answer(id: &RawValue) -> Bytes {
    response_ok(id, &empty_result(Era::Legacy))
}
