//! Events as server-sent events, for as long as the reader keeps up and may read them.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::response::sse::{Event as Sent, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, HeaderName, Request, header};
use tieline_agent::{Event, Events};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::auth::ApiMember;
use crate::state::AppState;

/// A comment, so that nothing on the way takes the connection for dead.
const ALIVE: Duration = Duration::from_secs(15);
/// A reader that takes nothing for this long is let go; it resumes from its last event.
const PATIENCE: Duration = Duration::from_secs(20);
/// This many events wait for a slow reader.
const WAITING: usize = 64;

/// Whether the reader may still read: the key or the sign-in of the request, asked again.
pub(super) struct Standing {
    state: AppState,
    headers: HeaderMap,
}

impl Standing {
    pub(super) fn of(state: AppState, headers: &HeaderMap) -> Self {
        let proofs: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];
        let mut kept = HeaderMap::new();
        for name in proofs {
            for value in headers.get_all(&name) {
                kept.append(&name, value.clone());
            }
        }
        Self {
            state,
            headers: kept,
        }
    }

    async fn stands(&self) -> bool {
        let mut request = Request::new(());
        request.headers_mut().clone_from(&self.headers);
        let (mut parts, ()) = request.into_parts();
        match ApiMember::from_request_parts(&mut parts, &self.state).await {
            Ok(_) => true,
            // A database that does not answer for a moment is no reason to cut anybody off.
            Err(problem) => problem.status().is_server_error(),
        }
    }
}

/// The answer that tells `events` until they end, or the reader goes.
pub(super) fn answer(standing: Standing, events: Events) -> Response {
    let (sender, receiver) = mpsc::channel(WAITING);
    let task = AbortOnDropHandle::new(tokio::spawn(tell(standing, events, sender)));
    Sse::new(receive(task, receiver)).into_response()
}

fn receive(
    task: AbortOnDropHandle<()>,
    receiver: mpsc::Receiver<Sent>,
) -> impl Stream<Item = Result<Sent, Infallible>> {
    stream::unfold((task, receiver), |(task, mut receiver)| async move {
        let event = receiver.recv().await?;
        Some((Ok(event), (task, receiver)))
    })
}

async fn tell(standing: Standing, mut events: Events, sender: mpsc::Sender<Sent>) {
    let mut versions = standing.state.hub.subscribe();
    let mut alive = tokio::time::interval(ALIVE);
    alive.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once.
    alive.tick().await;
    loop {
        let next = tokio::select! {
            () = sender.closed() => return,
            event = events.next() => match event {
                Some(Ok(event)) => written(&event),
                // A stream that cannot go on ends; the reader resumes from the last event that it has.
                Some(Err(_)) | None => return,
            },
            changed = versions.changed() => {
                if changed.is_err() || !standing.stands().await {
                    return;
                }
                continue;
            }
            _ = alive.tick() => {
                if !standing.stands().await {
                    return;
                }
                Sent::default().comment("alive")
            }
        };
        if sender.send_timeout(next, PATIENCE).await.is_err() {
            return;
        }
    }
}

fn written(event: &Event) -> Sent {
    Sent::default()
        .id(event.id.to_string())
        .event(event.name())
        .data(event.to_json())
}
