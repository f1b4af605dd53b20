//! `logging/setLevel`: from which level on a legacy session wants the log messages of its calls.
//!
//! A modern client says it with each call.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::raw;
use tieline_mcp::wire::{LogLevel, ParamsError, Request, empty_result, response_ok};

use super::errors::Fault;
use super::sessions::McpSession;

#[derive(Default, Deserialize)]
#[serde(default)]
struct SetLevelParams<'a> {
    #[serde(borrow)]
    level: Option<&'a RawValue>,
}

/// Remembers the level. Servers hear of it with the next call.
pub(super) fn set(session: &McpSession, request: &Request<'_>) -> Result<Bytes, Fault> {
    let params = request.params.map_or("{}", RawValue::get);
    let params: SetLevelParams<'_> =
        serde_json::from_str(params).map_err(|_| Fault::params(&ParamsError::Unreadable))?;
    let level = params
        .level
        .ok_or_else(|| Fault::params(&ParamsError::NotAString { field: "level" }))?;
    session.set_log_level(parse(level)?);
    Ok(response_ok(request.id, &empty_result(Era::Legacy)))
}

/// The level that a client names.
pub(super) fn parse(level: &RawValue) -> Result<LogLevel, Fault> {
    let level = raw::as_str(level).unwrap_or_default();
    level.parse().map_err(Fault::log_level)
}
