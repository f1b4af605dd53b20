//! An answer as a stream: notifications about the call while it runs, then its result.
//!
//! The stream owns its call and the receiver of its notifications, so nothing of another call can reach it.

use axum::response::Response;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::sync::mpsc;

use super::endpoint::json;
use super::relay::Relay;
use super::routed::ReadyCall;
use super::stream_log::{Behind, Only, StreamLog};

/// How many notifications of the server wait to be passed on.
pub(super) const NOTIFICATIONS: usize = 64;

/// Starts the call and answers with the stream that it fills. In a session that stream can be resumed. A client gets plain
/// JSON when the result is all there is to say, unless a legacy one waits for progress: its stream opens at once, because
/// it can resume it.
pub(super) async fn answer(call: ReadyCall<'static>, relay: Relay) -> Response {
    let session = call.mcp_session().cloned();
    let (log, priming) = match &session {
        Some(session) => (
            session.replays().open(),
            session.revision.has_priming_events(),
        ),
        None => (StreamLog::new(None), false),
    };
    let keep_alive = call.keep_alive();
    let at_once = relay.reports() && session.is_some();
    let reader = log.reader(Behind::Skips, keep_alive, priming);
    tokio::spawn(fill(call.goes_before(&log), relay, log.clone()));
    if at_once {
        return reader.into_response();
    }
    let Some(only) = log.only(keep_alive).await else {
        return reader.into_response();
    };
    if let Some(session) = session {
        session.replays().forget(&log);
    }
    only.into_response()
}

async fn fill(call: ReadyCall<'static>, relay: Relay, log: Arc<StreamLog>) {
    let (notify, mut notified) = mpsc::channel::<Box<RawValue>>(NOTIFICATIONS);
    let running = call.run_asking(notify, &log);
    tokio::pin!(running);
    let mut client_waits = true;
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome,
            Some(message) = notified.recv() => pass_on(&relay, &message, &log),
            () = log.left(), if client_waits => {
                client_waits = false;
                call.client_left();
            }
        }
    };
    // What was sent before the result belongs before it.
    while let Ok(message) = notified.try_recv() {
        pass_on(&relay, &message, &log);
    }
    let (message, status) = call.last_message(&call.id, &outcome);
    log.finish_with(message, status);
}

impl Only {
    /// The whole answer.
    pub(super) fn into_response(self) -> Response {
        match self {
            Self::Answer(answer) => answer,
            Self::Message(message, status) => {
                let mut response = json(message);
                *response.status_mut() = status;
                response
            }
        }
    }
}

pub(super) fn pass_on(relay: &Relay, message: &RawValue, log: &StreamLog) {
    if let Some(message) = relay.incoming(message) {
        log.push(message);
    }
}
