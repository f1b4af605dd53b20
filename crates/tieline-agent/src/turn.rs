//! A turn from its message to its end, and from one to the next of its session.

mod calls;
mod history;
mod plan;
mod result;
mod steps;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tieline_hub::Caller;
use tieline_store::{AgentSessionRow, AgentTurns};

use crate::agent::Agent;
use crate::event::{EventKind, TurnFailed, TurnFinished, TurnQueued, TurnStarted};
use crate::live::{Live, RunningTurn, Why};
use crate::model::{Message, Usage, UserPart};
use crate::pool::Slot;
use crate::record::NotStored;
use crate::transcript::SessionState;

pub(crate) use result::{content_of_text, interrupted_call};
use steps::Run;

/// How often a turn that waits looks at its place in the queue.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is tried to store the end of a turn.
const AGAIN: Duration = Duration::from_secs(1);

/// A session and what was said in it, oldest first.
pub(crate) type Conversation = (AgentSessionRow, Vec<String>);

/// How a turn begins.
#[derive(Debug)]
pub(crate) struct Start {
    turn: Arc<RunningTurn>,
    text: String,
    /// The place of a turn that runs already, and its session and conversation as they were read a moment ago.
    runs: Option<(Slot, Conversation)>,
}

impl Start {
    /// The turn was stored as running.
    pub(crate) fn running(
        turn: Arc<RunningTurn>,
        text: String,
        slot: Slot,
        conversation: Conversation,
    ) -> Self {
        Self {
            turn,
            text,
            runs: Some((slot, conversation)),
        }
    }

    /// The turn still waits for a place.
    pub(crate) fn waiting(turn: Arc<RunningTurn>, text: String) -> Self {
        Self {
            turn,
            text,
            runs: None,
        }
    }
}

/// How a turn ends, and what the model is to know of it later.
#[derive(Debug)]
pub(crate) struct End {
    kind: EventKind,
    pub(crate) messages: Vec<Message>,
    /// It is no end: the turn waits in the database for another process.
    left: bool,
}

impl End {
    pub(crate) fn finished(stop_reason: &str, usage: Usage) -> Self {
        let stop_reason = stop_reason.to_owned();
        Self {
            kind: EventKind::TurnFinished(TurnFinished { stop_reason, usage }),
            messages: Vec::new(),
            left: false,
        }
    }

    pub(crate) fn failed(code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self {
            kind: EventKind::TurnFailed(TurnFailed { code, message }),
            messages: Vec::new(),
            left: false,
        }
    }

    fn may_have_calls(&self) -> bool {
        match &self.kind {
            EventKind::TurnFinished(finished) => finished.stop_reason == "stopped",
            _ => true,
        }
    }

    fn unstorable() -> Self {
        Self::failed(
            "database",
            "The database did not answer as it should, so the turn was ended. Send your message again.",
        )
    }

    /// The end of a turn that was ended from outside.
    fn because(why: Option<Why>, usage: Usage) -> Self {
        match why {
            None | Some(Why::Person | Why::Deleted) => Self::finished("stopped", usage),
            Some(Why::Suspended) => Self::failed(
                "user_suspended",
                "This account was suspended, so the turn was stopped.",
            ),
            Some(Why::Closing) => Self::failed(
                "interrupted",
                "Tieline was restarted while this turn ran. Nothing is done twice: go on, or send your message again.",
            ),
            Some(Why::Lost) => Self::unstorable(),
        }
    }
}

/// A message as the model gets it.
pub(crate) fn user_message(text: &str) -> Message {
    Message::User(vec![UserPart::Text(text.to_owned())])
}

impl Agent {
    /// Runs a turn, and after it those that wait in its session.
    pub(crate) fn spawn_turn(&self, live: Arc<Live>, start: Start) {
        let agent = self.clone();
        self.inner.turns.spawn(async move {
            let mut next = Some(start);
            while let Some(start) = next {
                let turn = start.turn.clone();
                // A bug in one turn must not leave its session stuck.
                let ran = AssertUnwindSafe(agent.run(&live, start)).catch_unwind().await;
                let end = ran.unwrap_or_else(|_| {
                    End::failed(
                        "internal",
                        "Something in Tieline went wrong, so the turn was ended. Send your message again.",
                    )
                });
                next = agent.finish(&live, &turn, end).await;
            }
        });
    }

    async fn run(&self, live: &Arc<Live>, start: Start) -> End {
        let Start { turn, text, runs } = start;
        let (caller, slot, conversation) = match runs {
            Some((slot, conversation)) => (turn.caller.clone(), slot, Some(conversation)),
            None => match self.begin(live, &turn, &text).await {
                Ok((caller, slot)) => (caller, slot, None),
                Err(mut end) => {
                    // It never ran, but it was said.
                    end.messages.insert(0, user_message(&text));
                    return end;
                }
            },
        };
        match Run::prepare(self, live, &turn, caller, slot, conversation).await {
            Ok(run) => run.until_its_end().await,
            Err(end) => end,
        }
    }

    /// A place in the pool, and the stored fact that the turn runs.
    async fn begin(
        &self,
        live: &Arc<Live>,
        turn: &Arc<RunningTurn>,
        text: &str,
    ) -> Result<(Caller, Slot), End> {
        let Some(slot) = self.wait_for_place(live, turn).await else {
            let mut end = End::because(turn.why(), Usage::default());
            // What never ran need not be interrupted: the next process takes it.
            end.left = turn.why() == Some(Why::Closing);
            return Err(end);
        };
        let user = self.inner.store.user_by_id(turn.caller.user).await;
        let user = user.map_err(|_| End::unstorable())?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
            return Err(End::because(Some(Why::Suspended), Usage::default()));
        };
        let started = EventKind::TurnStarted(TurnStarted {
            text: text.to_owned(),
        });
        live.emit(turn.id, self.now(), started);
        let message = serde_json::to_string(&user_message(text)).expect("text is JSON");
        let handed = self.hand_over(live, turn.id, true, |record| {
            record.turns = AgentTurns::Starts;
            record.messages.push(message);
        });
        if self.stored(live, handed).await.is_err() {
            return Err(End::unstorable());
        }
        turn.show(SessionState::Running);
        let caller = Caller {
            user: user.id,
            user_name: user.name,
            role: user.role,
            key: None,
        };
        Ok((caller, slot))
    }

    /// Waits in the queue and tells the place in it. Nothing when the turn was ended meanwhile.
    async fn wait_for_place(&self, live: &Live, turn: &RunningTurn) -> Option<Slot> {
        let mut ticket = self.inner.pool.queue(turn.caller.user);
        let mut told = None;
        loop {
            if let Some(place) = ticket.place()
                && told != Some(place)
            {
                told = Some(place);
                turn.show(SessionState::Queued { place });
                self.emit(live, turn.id, EventKind::TurnQueued(TurnQueued { place }));
            }
            tokio::select! {
                biased;
                () = turn.cancel.cancelled() => return None,
                slot = ticket.granted() => return slot,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// A place again, after the turn gave its own away while it waited for a decision.
    async fn place_again(&self, turn: &RunningTurn) -> Option<Slot> {
        let mut ticket = self.inner.pool.queue(turn.caller.user);
        tokio::select! {
            biased;
            () = turn.cancel.cancelled() => None,
            slot = ticket.granted() => slot,
        }
    }

    /// Stores the end of a turn and takes the next message of its session. Until the database takes it, the session is
    /// busy: what comes next must not be stored before it.
    pub(crate) async fn finish(
        &self,
        live: &Arc<Live>,
        turn: &Arc<RunningTurn>,
        mut end: End,
    ) -> Option<Start> {
        if end.left {
            live.set_turn(None);
            return None;
        }
        loop {
            let gate = live.gate.lock().await;
            live.prepare(turn.id, self.now(), end.kind.clone());
            let messages = end.messages.iter();
            let messages = messages
                .map(|message| serde_json::to_string(message).expect("messages are JSON"))
                .collect();
            let last = self.inner.stopping.is_cancelled() || live.is_deleted();
            let handed = self.hand_over(live, turn.id, true, |record| {
                record.messages = messages;
                // A turn that the model ended has no calls left.
                record.step_over = end.may_have_calls();
                record.turns = if last || !self.inner.settings.takes_over {
                    AgentTurns::Ends
                } else {
                    AgentTurns::EndsAndTakesNext
                };
            });
            match self.stored(live, handed).await {
                Ok(next) => {
                    let next = next.map(|row| {
                        let caller = turn.caller.clone();
                        let shown = SessionState::Queued { place: 1 };
                        let turn = Arc::new(RunningTurn::new(row.id, caller, shown));
                        Start::waiting(turn, row.text)
                    });
                    live.set_turn(next.as_ref().map(|start| start.turn.clone()));
                    return next;
                }
                Err(NotStored::Lost) => {
                    live.take_back_unshown();
                    live.set_turn(None);
                    return None;
                }
                Err(NotStored::Database) => {
                    live.take_back_unshown();
                    end = End::unstorable();
                }
            }
            drop(gate);
            if self.inner.stopping.is_cancelled() {
                live.set_turn(None);
                return None;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}
