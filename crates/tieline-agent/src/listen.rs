//! A page, a program or a terminal follows what happens in a session.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tieline_domain::SessionId;
use tieline_hub::Caller;
use tokio::sync::watch;

use crate::agent::{Agent, Events};
use crate::error::AgentError;
use crate::event::Event;
use crate::live::{Live, Recent, events_of};
use crate::view::{Follow, Sent};

/// How often it is looked for what another process did.
const LOOK: Duration = Duration::from_secs(1);
const PAGE: u32 = 500;

impl Agent {
    /// The events after `after`: the stored ones first, then each as it happens, none twice and none left out.
    pub async fn events(
        &self,
        caller: &Caller,
        id: SessionId,
        after: u64,
        follow: Follow,
    ) -> Result<Events, AgentError> {
        self.own(caller, id).await?;
        Ok(self.follow(id, after, follow))
    }

    /// The events of a turn whose message was sent just now. Whoever sent it may have them.
    pub fn events_of(&self, sent: &Sent) -> Events {
        self.follow(sent.session, sent.after, Follow::Turn(sent.turn))
    }

    fn follow(&self, id: SessionId, after: u64, follow: Follow) -> Events {
        let live = self.inner.registry.session(id);
        let listener = Listener {
            agent: self.clone(),
            news: live.listen(),
            live,
            after,
            follow,
            ready: VecDeque::new(),
            looked: false,
            over: false,
        };
        let events = futures_util::stream::unfold(listener, |mut listener| async move {
            let next = listener.next().await.transpose()?;
            listener.over |= next.is_err();
            Some((next, listener))
        });
        events.boxed()
    }
}

struct Listener {
    agent: Agent,
    live: Arc<Live>,
    news: watch::Receiver<u64>,
    /// The number of the last event that was passed on or is ready.
    after: u64,
    follow: Follow,
    ready: VecDeque<Arc<Event>>,
    /// Whether the database was read since something was heard last.
    looked: bool,
    over: bool,
}

impl Listener {
    async fn next(&mut self) -> Result<Option<Arc<Event>>, AgentError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                if let Follow::Turn(turn) = self.follow
                    && event.ends_turn()
                    && event.turn == Some(turn)
                {
                    self.over = true;
                    self.ready.clear();
                }
                return Ok(Some(event));
            }
            if self.over || self.live.is_deleted() || self.agent.inner.stopping.is_cancelled() {
                return Ok(None);
            }
            self.news.borrow_and_update();
            if self.read_memory() || self.read_store().await? {
                continue;
            }
            if self.is_over().await? {
                self.over = true;
                // What happened while it was asked.
                self.looked = false;
                if !self.read_memory() {
                    self.read_store().await?;
                }
                continue;
            }
            self.wait().await;
        }
    }

    /// Takes what happened here. Answers whether there was anything.
    fn read_memory(&mut self) -> bool {
        match self.live.recent_after(self.after) {
            Recent::Events(events) => {
                self.after = events.last().map_or(self.after, |event| event.id);
                self.ready.extend(events);
                true
            }
            Recent::Nothing => {
                // A turn of this process tells everything itself.
                self.looked |= self.live.turn().is_some();
                false
            }
            Recent::InStore => {
                self.looked = false;
                false
            }
        }
    }

    async fn read_store(&mut self) -> Result<bool, AgentError> {
        if std::mem::replace(&mut self.looked, true) {
            return Ok(false);
        }
        let store = &self.agent.inner.store;
        let rows = store.agent_events(self.live.id, self.after, PAGE).await?;
        for row in rows {
            for event in events_of(&row, self.after)? {
                self.after = event.id;
                self.ready.push_back(Arc::new(event));
            }
        }
        // There may be another page.
        self.looked = self.ready.is_empty();
        Ok(!self.ready.is_empty())
    }

    /// Whether what is followed is over, so that nothing more comes.
    async fn is_over(&self) -> Result<bool, AgentError> {
        if self.follow == Follow::Always {
            return Ok(false);
        }
        if let Some(here) = self.live.turn() {
            match self.follow {
                Follow::Turn(turn) if here.id != turn => {}
                _ => return Ok(false),
            }
        }
        let open = self
            .agent
            .inner
            .store
            .agent_open_turns(self.live.id)
            .await?;
        Ok(match self.follow {
            Follow::Turn(turn) => !open.iter().any(|open| open.id == turn),
            _ => open.is_empty(),
        })
    }

    async fn wait(&mut self) {
        let stopping = self.agent.inner.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => {}
            _ = self.news.changed() => {}
            () = tokio::time::sleep(LOOK) => self.looked = false,
        }
    }
}
