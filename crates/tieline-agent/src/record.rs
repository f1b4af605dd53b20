//! How what happens in a turn gets from memory to the database.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tieline_domain::TurnId;
use tieline_store::{AgentRecord, AgentTurnRow, AgentTurns, AgentWrite, AgentWritten, StoreError};
use tokio::sync::oneshot;

use crate::agent::{Agent, Inner};
use crate::event::EventKind;
use crate::live::{Live, RunningTurn, Why};
use crate::writer::written;

/// How long words of the model stay in memory only.
const SOON: Duration = Duration::from_millis(70);

/// Something on its way to the database.
#[derive(Debug)]
pub(crate) struct Handed {
    up_to: u64,
    answered: oneshot::Receiver<Result<AgentWritten, StoreError>>,
}

/// Why something was not stored.
#[derive(Debug)]
pub(crate) enum NotStored {
    /// The turn is not this process's any more.
    Lost,
    /// The database did not take it.
    Database,
}

impl Agent {
    /// Something happened: listeners hear it at once, the database soon.
    pub(crate) fn emit(&self, live: &Live, turn: TurnId, kind: EventKind) {
        live.emit(turn, self.now(), kind);
        self.inner.dirty.notify_one();
    }

    /// Hands everything over that happened in a turn, together with what `fill` adds.
    pub(crate) fn hand_over(
        &self,
        live: &Live,
        turn: TurnId,
        urgent: bool,
        fill: impl FnOnce(&mut AgentRecord),
    ) -> Handed {
        let (up_to, answered) = live.hand_over(|events| {
            let mut record = AgentRecord {
                session: live.id,
                turn,
                owner: self.inner.owner.clone(),
                at: self.now(),
                messages: Vec::new(),
                calls: Vec::new(),
                released: Vec::new(),
                results: Vec::new(),
                step_over: false,
                events,
                left_out: None,
                turns: AgentTurns::Goes,
            };
            fill(&mut record);
            let write = AgentWrite::Record(record);
            self.inner.writer.submit(live.id, write, urgent)
        });
        Handed { up_to, answered }
    }

    /// Waits until it is stored.
    pub(crate) async fn stored(
        &self,
        live: &Live,
        handed: Handed,
    ) -> Result<Option<AgentTurnRow>, NotStored> {
        match written(handed.answered).await {
            Ok(AgentWritten::Recorded(next)) => {
                live.stored_up_to(handed.up_to);
                Ok(next)
            }
            Ok(AgentWritten::Lost | AgentWritten::Added(_)) => Err(NotStored::Lost),
            Err(_) => Err(NotStored::Database),
        }
    }

    /// Waits in the background. What is not stored ends the turn: nobody may go on with what would be forgotten.
    pub(crate) fn stored_later(&self, live: &Arc<Live>, turn: &Arc<RunningTurn>, handed: Handed) {
        let (agent, live, turn) = (self.clone(), live.clone(), turn.clone());
        self.inner.turns.spawn(async move {
            if agent.stored(&live, handed).await.is_err() {
                turn.end(Why::Lost);
            }
        });
    }

    fn store_what_waits(&self) {
        for live in self.inner.registry.all() {
            if live.is_dirty()
                && let Some(turn) = live.turn()
            {
                let handed = self.hand_over(&live, turn.id, false, |_| {});
                self.stored_later(&live, &turn, handed);
            }
        }
    }
}

/// Stores what nobody waits for, until the agent is gone.
pub(crate) async fn store_soon(agent: Weak<Inner>) {
    let Some((dirty, stopping)) = agent
        .upgrade()
        .map(|inner| (inner.dirty.clone(), inner.stopping.clone()))
    else {
        return;
    };
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = dirty.notified() => {}
        }
        tokio::time::sleep(SOON).await;
        let Some(inner) = agent.upgrade() else { return };
        Agent { inner }.store_what_waits();
    }
}
