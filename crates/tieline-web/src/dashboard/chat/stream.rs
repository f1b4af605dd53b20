//! `GET /chat/{id}/stream`: keeps an open session current. It begins with everything from the latest turn on, rendered,
//! and goes on with the blocks that change and with the pieces of the text that is being written. A page that comes back after a
//! break begins anew in the same way, so nothing is lost and nothing stands there twice.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event as Sent, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tieline_agent::{Event, EventKind, Events, Follow};
use tieline_domain::SessionId;
use tieline_hub::SignedIn;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::markdown::Growing;
use super::page::model_of;
use super::story::{Effect, Story};
use super::view::{BlockFragment, NotesFragment, PanelFragment, SessionsFragment, TailFragment};
use super::{address, caller, known, list, panel};
use crate::auth::{Member, cookie_value};
use crate::problem::Problem;
use crate::state::AppState;

/// A sign of life, and a look at whether the sign-in still stands.
const ALIVE: Duration = Duration::from_secs(15);
/// A reader that takes nothing for this long is let go; it comes back and begins anew.
const PATIENCE: Duration = Duration::from_secs(20);
/// This many events wait for a slow reader.
const WAITING: usize = 64;

/// A text up to this length is told as it grows; a longer one, which costs more to render, a few times a second.
const SHORT: usize = 4 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

/// Where the page's latest turn begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StreamQuery {
    from: usize,
}

/// What a page is told at once.
#[derive(Debug, Default, Serialize)]
struct Update {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<(usize, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<String>,
}

/// The stream of an open session. Somebody else's is not found.
pub(crate) async fn stream_session(
    State(state): State<AppState>,
    Member(who): Member,
    Path(id): Path<String>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let caller = caller(&who);
    let session = state.agent.session(&caller, id).await?;
    let transcript = state.agent.transcript(&caller, id).await?;
    let events = state
        .agent
        .events(&caller, id, transcript.last_event, Follow::Always)
        .await?;
    let model = model_of(&state, &session).await?;
    let mut story = Story::new(transcript, address(id), who.is_admin(), model);
    story.drop_before(query.from);
    let cookie = cookie_value(&headers, &state.settings)
        .unwrap_or_default()
        .to_owned();
    let (sender, receiver) = mpsc::channel(WAITING);
    let follower = Follower {
        state,
        who,
        cookie,
        id,
        story,
        sender,
        growing: Growing::default(),
        text_told: Instant::now(),
        text_due: None,
    };
    let task = AbortOnDropHandle::new(tokio::spawn(follower.run(events)));
    Ok(Sse::new(receive(task, receiver)).into_response())
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

/// One page that follows one session. It ends with the page.
struct Follower {
    state: AppState,
    who: SignedIn,
    cookie: String,
    id: SessionId,
    story: Story,
    sender: mpsc::Sender<Sent>,
    /// The text that is being written, as the page has it.
    growing: Growing,
    /// When the page was last told of it.
    text_told: Instant,
    /// When it is to be told what it was spared.
    text_due: Option<Instant>,
}

/// The page is gone, or must not be told more.
struct Over;

impl Follower {
    async fn run(mut self, mut events: Events) {
        let mut versions = self.state.hub.subscribe();
        let mut alive = tokio::time::interval(ALIVE);
        alive.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        if self.begin().await.is_err() {
            return;
        }
        loop {
            let told = tokio::select! {
                () = self.sender.closed() => return,
                event = events.next() => match event {
                    Some(Ok(event)) => self.tell(&event).await,
                    // The page begins anew, or learns that the session is gone.
                    Some(Err(_)) | None => return,
                },
                changed = versions.changed() => match changed {
                    // One of the changes may be that the person was signed out or suspended.
                    Ok(()) if !self.stands().await => return,
                    Ok(()) => self.tell_surroundings(false).await,
                    Err(_) => return,
                },
                () = until(self.text_due) => self.tell_text().await,
                _ = alive.tick() => self.sign_of_life().await,
            };
            if told.is_err() {
                return;
            }
        }
    }

    async fn begin(&mut self) -> Result<(), Over> {
        let mut update = self.blocks_from(self.story.first());
        update.end = Some(self.story.end());
        update.parts = self.surroundings(true).await;
        self.send_update(update).await
    }

    async fn tell(&mut self, event: &Arc<Event>) -> Result<(), Over> {
        let update = match self.story.apply(event) {
            Effect::More => return self.tell_text().await,
            Effect::Tail => self.blocks_from(usize::MAX),
            Effect::Blocks(from) => {
                // The page gets the text whole, so what comes next begins at its beginning.
                (self.growing, self.text_due) = (Growing::default(), None);
                self.blocks_from(from)
            }
        };
        let say = self.story.said(event);
        self.send_update(Update { say, ..update }).await?;
        if matches!(event.kind, EventKind::TurnStarted(_)) {
            self.story.drop_before(usize::MAX);
        }
        if event.ends_turn()
            || matches!(
                event.kind,
                EventKind::TurnStarted(_) | EventKind::ToolLeftOut(_)
            )
        {
            self.tell_surroundings(true).await?;
        }
        Ok(())
    }

    /// Tells what was written, unless the page was told a moment ago and the text is long.
    async fn tell_text(&mut self) -> Result<(), Over> {
        self.text_due = None;
        let Some((at, markdown)) = self.story.writing() else {
            return Ok(());
        };
        let next = self.text_told + PAUSE;
        if markdown.len() > SHORT && next > Instant::now() {
            self.text_due = Some(next);
            return Ok(());
        }
        let Some(grown) = self.growing.grow(markdown) else {
            return Ok(());
        };
        self.text_told = Instant::now();
        let json = serde_json::json!({ "at": at, "from": grown.from, "pieces": grown.pieces });
        self.send(Sent::default().event("delta").data(json.to_string()))
            .await
    }

    /// The blocks from one on, and what stands around them in the conversation.
    fn blocks_from(&self, from: usize) -> Update {
        let now = self.state.hub.clock().now();
        let blocks = self.story.blocks(from, now);
        let tail = self.story.tail();
        Update {
            blocks: blocks
                .iter()
                .map(|(at, block)| (*at, rendered(&BlockFragment { at: *at, block })))
                .collect(),
            parts: BTreeMap::from([("live-tail", rendered(&TailFragment { talk: &tail }))]),
            from: Some(tail.from),
            work: Some(tail.work.word()),
            ..Update::default()
        }
    }

    /// The panes and the notes; a sign-in that ended is told nothing.
    async fn surroundings(&self, list_too: bool) -> BTreeMap<&'static str, String> {
        let caller = caller(&self.who);
        let now = self.state.hub.clock().now();
        let mut parts = BTreeMap::new();
        let tail = self.story.tail();
        parts.insert("live-tail", rendered(&TailFragment { talk: &tail }));
        if let Ok(session) = self.state.agent.session(&caller, self.id).await {
            let connectors = panel::connectors(&self.state).await;
            let notes = panel::notes(&session, tail.from == 0);
            let panel = panel::of_session(&session, &connectors, now);
            parts.insert("live-notes", rendered(&NotesFragment { notes: &notes }));
            parts.insert("live-panel", rendered(&PanelFragment { panel: &panel }));
            parts.insert(
                "live-title",
                crate::dashboard::chat::markup::exact(&list::title(&session.title)).to_string(),
            );
        }
        if list_too && let Ok(sessions) = self.state.agent.sessions(&caller).await {
            let groups = list::groups(sessions, Some(self.id), now);
            parts.insert(
                "live-sessions",
                rendered(&SessionsFragment { groups: &groups }),
            );
        }
        parts
    }

    async fn tell_surroundings(&self, list_too: bool) -> Result<(), Over> {
        let parts = self.surroundings(list_too).await;
        self.send_update(Update {
            parts,
            ..Update::default()
        })
        .await
    }

    async fn sign_of_life(&self) -> Result<(), Over> {
        if !self.stands().await {
            return Err(Over);
        }
        self.send(Sent::default().event("alive").data("yes")).await
    }

    /// Whether the sign-in still stands. A database that does not answer for a moment is no reason to cut anybody off.
    async fn stands(&self) -> bool {
        !matches!(self.state.hub.signed_in(&self.cookie).await, Ok(None))
    }

    async fn send_update(&self, update: Update) -> Result<(), Over> {
        let json = serde_json::to_string(&update).map_err(|_| Over)?;
        self.send(Sent::default().event("update").data(json)).await
    }

    async fn send(&self, event: Sent) -> Result<(), Over> {
        self.sender
            .send_timeout(event, PATIENCE)
            .await
            .map_err(|_| Over)
    }
}

/// Waits until a moment; for ever when there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn rendered(view: &impl Template) -> String {
    view.render().unwrap_or_default().trim().to_owned()
}
