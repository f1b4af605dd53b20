//! Everything that turns write, many at a time in one transaction: with hundreds of turns at once, one commit serves
//! them all.

mod add_turn;
mod record;

use tieline_domain::{CallId, SessionId, Timestamp, TurnId, UserId};

use super::{AgentEventRow, AgentTurnRow, AgentTurnState};
use crate::batch::Batch;
use crate::{Store, StoreError};

/// One thing to write. Things of one session are written in the order given.
#[derive(Clone, Debug)]
pub enum AgentWrite {
    /// A message of a person.
    AddTurn(AgentAddTurn),
    /// What happened in a turn.
    Record(AgentRecord),
}

/// A message of a person, which begins a turn or waits for one.
#[derive(Clone, Debug)]
pub struct AgentAddTurn {
    /// The turn that it will be.
    pub turn: TurnId,
    /// The session.
    pub session: SessionId,
    /// Who sends it. It must be the owner of the session.
    pub user: UserId,
    /// What the person wrote.
    pub text: String,
    /// The title of a session that has none.
    pub title: String,
    /// When.
    pub at: Timestamp,
    /// This process.
    pub owner: String,
    /// What it is when nothing else runs: running, or waiting for a place in the pool.
    pub when_free: AgentTurnState,
    /// The message as the model gets it, JSON; written when the turn runs at once.
    pub message: String,
    /// The event when it runs or waits for its place. A number that is taken is raised to the next one. When the message
    /// waits for the turn before it, whoever runs that one tells so.
    pub event: AgentEventRow,
    /// How many may wait.
    pub limit: usize,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentAddedTurn {
    /// It runs or waits for its place, here.
    Free {
        /// The number of its event.
        event: u64,
        /// When it runs, the whole conversation as the model gets it: one JSON text for each message, oldest first.
        messages: Vec<String>,
    },
    /// It waits for the turn before it. The last event that was stored had this number.
    Behind(u64),
    /// Too many wait; nothing was stored.
    TooMany,
    /// That person has no such session; nothing was stored.
    NoSession,
}

/// What happened in a turn since the last record.
#[derive(Clone, Debug)]
pub struct AgentRecord {
    /// The session.
    pub session: SessionId,
    /// The turn.
    pub turn: TurnId,
    /// This process, which must still be the owner.
    pub owner: String,
    /// When.
    pub at: Timestamp,
    /// New messages for the model, JSON each.
    pub messages: Vec<String>,
    /// Calls that begin or wait.
    pub calls: Vec<AgentNewCall>,
    /// Calls that do not wait any more.
    pub released: Vec<CallId>,
    /// Results of calls, JSON each.
    pub results: Vec<(CallId, String)>,
    /// Whether the step is over, so that its calls can go.
    pub step_over: bool,
    /// Events in the order of their numbers.
    pub events: Vec<AgentEventRow>,
    /// The tools that are left out from now on, JSON.
    pub left_out: Option<String>,
    /// Whether it begins to run or is over with this.
    pub turns: AgentTurns,
}

/// What a record does to its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentTurns {
    /// It goes on.
    #[default]
    Goes,
    /// It runs from now on.
    Starts,
    /// It is over.
    Ends,
    /// It is over, and the next message that waits is taken.
    EndsAndTakesNext,
}

/// A call that begins or waits for a decision.
#[derive(Clone, Debug)]
pub struct AgentNewCall {
    /// Its id.
    pub id: CallId,
    /// The model's id of it.
    pub model_call_id: String,
    /// Its place among the calls of the step.
    pub position: usize,
    /// Whether it waits for a decision.
    pub waiting: bool,
}

/// What became of one thing.
#[derive(Clone, Debug)]
pub enum AgentWritten {
    /// The message.
    Added(AgentAddedTurn),
    /// The record was written; the message that is next, if it was asked for and there is one.
    Recorded(Option<AgentTurnRow>),
    /// The turn belongs to another process by now, is over, or went with its session; nothing was written.
    Lost,
}

impl Store {
    /// Writes all of it, or nothing. The answers are in the order of what was given.
    pub async fn agent_write(
        &self,
        writes: &[AgentWrite],
    ) -> Result<Vec<AgentWritten>, StoreError> {
        let batches: Vec<Batch<'_>> = writes.iter().map(AgentWrite::batch).collect();
        let answered = self.db().run(&batches).await?;
        let both = writes.iter().zip(&answered);
        both.map(|(write, rows)| match write {
            AgentWrite::AddTurn(_) => add_turn::answer(rows).map(AgentWritten::Added),
            AgentWrite::Record(_) => record::answer(rows),
        })
        .collect()
    }
}

impl AgentWrite {
    fn batch(&self) -> Batch<'_> {
        match self {
            Self::AddTurn(add) => add_turn::batch(add),
            Self::Record(record) => record::batch(record),
        }
    }
}
