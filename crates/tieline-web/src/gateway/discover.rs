//! `server/discover`: what the gateway is, for modern clients.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::wire::{CacheScope, Caching, MODERN, response_ok};

use super::DISCOVER_TTL_MS;
use super::door::View;

/// Version, capabilities and instructions. Clients of older revisions do not ask; they send `initialize`.
pub(super) fn answer(id: &RawValue, view: &View) -> Bytes {
    let caching = Caching {
        ttl_ms: DISCOVER_TTL_MS,
        scope: CacheScope::Private,
    };
    view.describe(|server| response_ok(id, &server.discover_result(&[MODERN], caching, &[])))
}
