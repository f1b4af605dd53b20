//! A person sends a message: it begins a turn, or waits for the one that runs.

use std::sync::Arc;

use tieline_domain::{SessionId, TurnId};
use tieline_hub::Caller;
use tieline_store::{
    AgentAddTurn, AgentAddedTurn, AgentEventRow, AgentSessionRow, AgentTurnState, AgentWrite,
    AgentWritten,
};

use crate::agent::Agent;
use crate::error::AgentError;
use crate::event::{Event, EventKind, MessageQueued, TurnStarted};
use crate::live::{Live, RunningTurn};
use crate::pool::Slot;
use crate::sessions::rename::title_of;
use crate::transcript::SessionState;
use crate::turn::{Start, user_message};
use crate::view::Sent;
use crate::writer::written;

impl Agent {
    /// Takes a message. It is stored when this returns; the turn that answers it goes on whether anyone listens or not.
    pub async fn send(
        &self,
        caller: &Caller,
        id: SessionId,
        text: String,
    ) -> Result<Sent, AgentError> {
        self.check_text(&text)?;
        let session = self.own(caller, id).await?;
        self.check_model(session.model.as_deref()).await?;
        let live = self.inner.registry.session(id);
        let gate = live.gate.lock().await;
        if self.inner.stopping.is_cancelled() {
            return Err(AgentError::Stopping);
        }
        let busy = live.turn().is_some();
        let slot = if busy {
            None
        } else {
            self.inner.pool.try_enter()
        };
        if !busy && slot.is_none() && !self.inner.pool.has_room() {
            return Err(AgentError::PoolFull);
        }
        let sent = self.add_turn(caller, &live, session, text, slot).await;
        drop(gate);
        sent
    }

    /// Whoever cannot be answered hears it now, not as a failed turn. Before a refusal the database is asked: pages show
    /// the model API that another process added a moment ago.
    async fn check_model(&self, wanted: Option<&str>) -> Result<(), AgentError> {
        if self.inner.models.choose(wanted).is_ok() {
            return Ok(());
        }
        self.inner.hub.catch_up().await?;
        self.inner.models.choose(wanted).map(drop)
    }

    fn check_text(&self, text: &str) -> Result<(), AgentError> {
        let limit = self.inner.settings.text_limit;
        if text.trim().is_empty() {
            return Err(AgentError::TextEmpty);
        }
        if text.len() > limit {
            return Err(AgentError::TextTooLong { limit });
        }
        Ok(())
    }

    async fn add_turn(
        &self,
        caller: &Caller,
        live: &Arc<Live>,
        session: AgentSessionRow,
        text: String,
        slot: Option<Slot>,
    ) -> Result<Sent, AgentError> {
        let turn = TurnId::generate(self.inner.hub.clock(), self.inner.hub.entropy());
        let at = self.now();
        let kind = match &slot {
            Some(_) => EventKind::TurnStarted(TurnStarted { text: text.clone() }),
            None => EventKind::MessageQueued(MessageQueued { text: text.clone() }),
        };
        let add = AgentAddTurn {
            turn,
            session: live.id,
            user: caller.user,
            title: title_of(&text),
            at,
            owner: self.inner.owner.clone(),
            when_free: match &slot {
                Some(_) => AgentTurnState::Running,
                None => AgentTurnState::Waiting,
            },
            message: serde_json::to_string(&user_message(&text)).expect("text is JSON"),
            event: AgentEventRow {
                id: live.last() + 1,
                turn: Some(turn),
                at,
                kind: kind.name().to_owned(),
                body: kind.body(),
            },
            limit: self.inner.settings.queued_texts,
            text: text.clone(),
        };
        let write = AgentWrite::AddTurn(add);
        let added = match written(self.inner.writer.submit(live.id, write, true)).await? {
            AgentWritten::Added(added) => added,
            AgentWritten::Recorded(_) | AgentWritten::Lost => AgentAddedTurn::NoSession,
        };
        match added {
            AgentAddedTurn::Free {
                event: id,
                messages,
            } => {
                let turn_id = turn;
                let shown = match &slot {
                    Some(_) => SessionState::Running,
                    None => SessionState::Queued { place: 1 },
                };
                let caller = Caller {
                    key: None,
                    ..caller.clone()
                };
                let turn = Arc::new(RunningTurn::new(turn_id, caller, shown));
                live.set_turn(Some(turn.clone()));
                live.stored_event(Event {
                    id,
                    turn: Some(turn_id),
                    at,
                    kind,
                });
                let start = match slot {
                    Some(slot) => Start::running(turn, text, slot, (session, messages)),
                    None => Start::waiting(turn, text),
                };
                self.spawn_turn(live.clone(), start);
                Ok(Sent {
                    session: live.id,
                    turn: turn_id,
                    after: id - 1,
                    queued: false,
                })
            }
            AgentAddedTurn::Behind(last) => {
                let after = last.max(live.last());
                // Whoever runs the turn before it tells those who listen.
                if live.turn().is_some() && live.announce(turn) {
                    let text = MessageQueued { text };
                    self.emit(live, turn, EventKind::MessageQueued(text));
                }
                Ok(Sent {
                    session: live.id,
                    turn,
                    after,
                    queued: true,
                })
            }
            AgentAddedTurn::TooMany => Err(AgentError::QueueFull {
                limit: self.inner.settings.queued_texts,
            }),
            AgentAddedTurn::NoSession => Err(AgentError::SessionNotFound),
        }
    }
}
