//! GET: the standalone stream of a legacy session, and the rest of a stream that broke.

use axum::response::Response;
use tieline_mcp::wire::{self, HEADER_LAST_EVENT_ID};
use tokio::time::Instant;

use super::endpoint::{Exchange, own_session, session_id, takes_streams};
use super::errors::Fault;
use super::stream_log::Behind;

/// Opens a stream of the caller's session. Modern clients have no session; they send `subscriptions/listen`.
pub(super) fn answer(exchange: &Exchange) -> Result<Response, Fault> {
    let version = wire::version_header(&exchange.headers);
    if matches!(version, Ok(Some(version)) if version == wire::MODERN.as_str()) {
        return Err(Fault::method_not_allowed());
    }
    if session_id(&exchange.headers).is_none() {
        return Err(Fault::session_missing());
    }
    let session = own_session(exchange).ok_or_else(Fault::unknown_session)?;
    if !takes_streams(&exchange.headers) {
        return Err(Fault::no_stream_accepted());
    }
    let permit = exchange.gateway.0.loads.admit_stream(exchange.key)?;
    let keep_alive = exchange.gateway.settings().keep_alive;
    let (log, after, priming) = match exchange.headers.get(HEADER_LAST_EVENT_ID) {
        None => {
            let log = session.replays().open_standalone();
            (log, 0, session.revision.has_priming_events())
        }
        Some(last) => {
            let known = last
                .to_str()
                .ok()
                .and_then(|id| session.replays().find(id, Instant::now()));
            let (log, after) = known.ok_or_else(Fault::unknown_event)?;
            (log, after, false)
        }
    };
    let response = log.response(after, Behind::Skips, keep_alive, priming);
    let until = exchange.until_unwelcome(&session.view);
    tokio::spawn(async move {
        tokio::select! {
            () = log.left() => {}
            () = session.ended() => log.end(),
            () = until => log.end(),
        }
        session.touch();
        drop(permit);
    });
    Ok(response)
}
