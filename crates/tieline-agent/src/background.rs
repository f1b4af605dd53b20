//! What a process with an agent does beside turns: it says that it lives, hears what other processes want of its turns,
//! ends those of people who were suspended, and takes over what is left behind.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tieline_domain::UserId;
use tieline_store::StoreError;

use crate::agent::{Agent, Inner};
use crate::event::{Decision, EventKind, MessageQueued};
use crate::live::{Live, RunningTurn, Why};
use crate::record::store_soon;

const TICK: Duration = Duration::from_secs(1);
/// Every so many ticks it is looked for what others left behind.
const TAKE_OVER_EVERY: u32 = 3;

impl Agent {
    pub(crate) fn start_background(&self) {
        let agent = Arc::downgrade(&self.inner);
        tokio::spawn(store_soon(agent.clone()));
        tokio::spawn(tick(agent.clone()));
        tokio::spawn(watch_people(agent));
    }

    fn turns_here(&self) -> Vec<(Arc<Live>, Arc<RunningTurn>)> {
        let all = self.inner.registry.all().into_iter();
        all.filter_map(|live| live.turn().map(|turn| (live, turn)))
            .collect()
    }

    /// Says that this process lives, and does what others want of its turns.
    async fn heartbeat(&self) -> Result<(), StoreError> {
        let turns = self.turns_here();
        if turns.is_empty() {
            return Ok(());
        }
        let store = &self.inner.store;
        let signals = store.agent_heartbeat(&self.inner.owner, self.now()).await?;
        for (live, turn) in turns {
            if signals.stops.contains(&turn.id) {
                turn.end(Why::Person);
            }
            for (call, word) in &signals.decided {
                let approved = word == "approve";
                turn.decide(
                    *call,
                    if approved {
                        Decision::Approve
                    } else {
                        Decision::Refuse
                    },
                );
            }
            for queued in signals.queued.iter().filter(|q| q.session_id == live.id) {
                if live.announce(queued.id) {
                    let text = queued.text.clone();
                    self.emit(
                        &live,
                        queued.id,
                        EventKind::MessageQueued(MessageQueued { text }),
                    );
                }
            }
        }
        Ok(())
    }

    async fn end_turns_of_suspended(&self) -> Result<(), StoreError> {
        let turns = self.turns_here();
        if turns.is_empty() {
            return Ok(());
        }
        let users = self.inner.store.users().await?;
        let active: HashSet<UserId> = users
            .into_iter()
            .filter(|user| user.disabled_at.is_none())
            .map(|user| user.id)
            .collect();
        for (_, turn) in turns {
            if !active.contains(&turn.caller.user) {
                turn.end(Why::Suspended);
            }
        }
        Ok(())
    }
}

async fn tick(agent: Weak<Inner>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    for number in 0_u32.. {
        ticks.tick().await;
        let Some(inner) = agent
            .upgrade()
            .filter(|inner| !inner.stopping.is_cancelled())
        else {
            return;
        };
        let agent = Agent { inner };
        let mut outcome = agent.heartbeat().await;
        if outcome.is_ok() && number.is_multiple_of(TAKE_OVER_EVERY) {
            outcome = agent.recover(false).await;
        }
        if let Err(error) = &outcome
            && !failing
        {
            tracing::warn!(%error, "the agent cannot say that it lives; it is tried again each second");
        }
        failing = outcome.is_err();
    }
}

/// A suspension acts within a second, on all processes: each hears of it from its hub.
async fn watch_people(agent: Weak<Inner>) {
    let Some((mut version, stopping)) = agent
        .upgrade()
        .map(|inner| (inner.hub.subscribe(), inner.stopping.clone()))
    else {
        return;
    };
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = version.changed() => if changed.is_err() { return },
        }
        let Some(inner) = agent.upgrade() else { return };
        let agent = Agent { inner };
        while let Err(error) = agent.end_turns_of_suspended().await {
            tracing::warn!(%error, "cannot read who was suspended; it is tried again at once");
            tokio::time::sleep(Duration::from_millis(200)).await;
            if stopping.is_cancelled() {
                return;
            }
        }
    }
}
