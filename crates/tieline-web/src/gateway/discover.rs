//! `server/discover`: what the gateway is, for modern clients.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::{CacheScope, Caching, SUPPORTED, response_ok};

use super::DISCOVER_TTL_MS;
use super::door::View;

/// Versions, capabilities and instructions. The versions are the same as in the refusal of an unknown one, older ones
/// included; clients of those do not ask but send `initialize`.
pub(super) fn answer(id: &RawValue, view: &View) -> Bytes {
    let caching = Caching {
        ttl_ms: DISCOVER_TTL_MS,
        scope: CacheScope::Private,
    };
    view.describe(Era::Modern, |server| {
        response_ok(id, &server.discover_result(&SUPPORTED, caching, &[]))
    })
}
