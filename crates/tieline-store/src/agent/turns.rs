//! Turns: who runs them, whether that process still lives, and what others want of it.

use sqlx::FromRow;
use tieline_domain::{CallId, SessionId, Timestamp, TurnId, UserId};

use crate::read::{parsed, time};
use crate::{Store, StoreError};

/// How far a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentTurnState {
    /// Behind another turn of its session.
    Queued,
    /// Waiting for a place in the pool of its owner.
    Waiting,
    /// Running at its owner.
    Running,
    /// Over.
    Ended,
}

impl AgentTurnState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }
}

impl std::str::FromStr for AgentTurnState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Queued, Self::Waiting, Self::Running, Self::Ended]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(())
    }
}

/// A turn as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTurnRow {
    /// Its id.
    pub id: TurnId,
    /// Its session.
    pub session_id: SessionId,
    /// What the person wrote.
    pub text: String,
    /// How far it is.
    pub state: AgentTurnState,
    /// The process that runs it; empty while it is queued.
    pub owner: String,
    /// When the owner last gave a sign of life.
    pub alive_at: Timestamp,
    /// When the person sent it.
    pub created_at: Timestamp,
}

/// A call of the step that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCallRow {
    /// Its id.
    pub id: CallId,
    /// The model's id of it.
    pub model_call_id: String,
    /// What the model gets, JSON; none while it runs.
    pub result: Option<String>,
}

/// What others want of the process that runs turns.
#[derive(Clone, Debug, Default)]
pub struct AgentSignals {
    /// Turns that their person wants stopped.
    pub stops: Vec<TurnId>,
    /// Calls that were decided: `approve` or `refuse`.
    pub decided: Vec<(CallId, String)>,
    /// Messages that wait behind this process's turns.
    pub queued: Vec<AgentTurnRow>,
}

#[derive(FromRow)]
pub(super) struct Columns {
    id: String,
    session_id: String,
    text: String,
    state: String,
    owner: String,
    alive_at: i64,
    created_at: i64,
}

macro_rules! columns {
    () => {
        "t.id, t.session_id, t.text, t.state, t.owner, t.alive_at, t.created_at"
    };
}

impl TryFrom<Columns> for AgentTurnRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("agent_turns.id", &row.id)?,
            session_id: parsed("agent_turns.session_id", &row.session_id)?,
            text: row.text,
            state: parsed("agent_turns.state", &row.state)?,
            owner: row.owner,
            alive_at: time(row.alive_at),
            created_at: time(row.created_at),
        })
    }
}

fn rows(found: Vec<Columns>) -> Result<Vec<AgentTurnRow>, StoreError> {
    found.into_iter().map(AgentTurnRow::try_from).collect()
}

impl Store {
    /// The turns of a session that are not over, oldest first.
    pub async fn agent_open_turns(
        &self,
        session: SessionId,
    ) -> Result<Vec<AgentTurnRow>, StoreError> {
        let mut conn = self.db().read().await?;
        rows(fetch_all!(
            conn,
            Columns,
            concat!(
                "SELECT ",
                columns!(),
                " FROM agent_turns t WHERE t.session_id = $1 AND t.state <> 'ended' ORDER BY t.position"
            ),
            session.to_string()
        )?)
    }

    /// Says that the owner lives, and hears what others want of it.
    pub async fn agent_heartbeat(
        &self,
        owner: &str,
        at: Timestamp,
    ) -> Result<AgentSignals, StoreError> {
        let mut conn = self.db().write().await?;
        execute!(
            conn,
            "UPDATE agent_turns SET alive_at = $2 WHERE owner = $1 AND state <> 'ended'",
            owner,
            at.as_millis()
        )?;
        let stops = fetch_all!(
            conn,
            (String,),
            "SELECT id FROM agent_turns WHERE owner = $1 AND state <> 'ended' AND stop_wanted = TRUE",
            owner
        )?;
        let decided = fetch_all!(
            conn,
            (String, String),
            "SELECT c.id, c.decision FROM agent_turns t JOIN agent_calls c ON c.turn_id = t.id
             WHERE t.owner = $1 AND t.state <> 'ended' AND c.waiting = TRUE AND c.decision IS NOT NULL",
            owner
        )?;
        let queued = fetch_all!(
            conn,
            Columns,
            concat!(
                "SELECT ",
                columns!(),
                " FROM agent_turns t JOIN agent_turns mine ON mine.session_id = t.session_id
                 WHERE mine.owner = $1 AND mine.state <> 'ended' AND t.state = 'queued' ORDER BY t.position"
            ),
            owner
        )?;
        Ok(AgentSignals {
            stops: stops
                .iter()
                .map(|(id,)| parsed("agent_turns.id", id))
                .collect::<Result<_, _>>()?,
            decided: decided
                .into_iter()
                .map(|(id, word)| Ok((parsed("agent_calls.id", &id)?, word)))
                .collect::<Result<_, StoreError>>()?,
            queued: rows(queued)?,
        })
    }

    /// Turns whose owner gave no sign of life since `before`, or whose owner's name begins with `or_prefix`; never those
    /// of `me`.
    pub async fn agent_dead_turns(
        &self,
        me: &str,
        before: Timestamp,
        or_prefix: Option<&str>,
    ) -> Result<Vec<AgentTurnRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let mut found = rows(fetch_all!(
            conn,
            Columns,
            concat!(
                "SELECT ",
                columns!(),
                " FROM agent_turns t WHERE t.state <> 'ended' AND t.owner <> '' AND t.owner <> $1 ORDER BY t.created_at"
            ),
            me
        )?)?;
        found.retain(|turn| {
            turn.alive_at < before || or_prefix.is_some_and(|prefix| turn.owner.starts_with(prefix))
        });
        Ok(found)
    }

    /// The first queued turn of each session in which nothing runs or waits.
    pub async fn agent_orphans(&self) -> Result<Vec<AgentTurnRow>, StoreError> {
        let mut conn = self.db().read().await?;
        rows(fetch_all!(
            conn,
            Columns,
            concat!(
                "SELECT ",
                columns!(),
                " FROM agent_turns t WHERE t.state = 'queued' AND t.owner = ''
                 AND NOT EXISTS (SELECT 1 FROM agent_turns o WHERE o.session_id = t.session_id AND o.state <> 'ended'
                                 AND o.position < t.position)
                 ORDER BY t.created_at LIMIT 100"
            )
        )?)
    }

    /// Takes a turn over from an owner that is gone, or from nobody. Answers whether it did: of several at once, one
    /// does. A queued turn waits for a place of the new owner then.
    pub async fn agent_adopt(
        &self,
        turn: &AgentTurnRow,
        me: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let taken = execute!(
            conn,
            "UPDATE agent_turns SET owner = $4, alive_at = $5,
                 state = CASE WHEN state = 'queued' THEN 'waiting' ELSE state END
             WHERE id = $1 AND owner = $2 AND alive_at = $3 AND state <> 'ended'",
            turn.id.to_string(),
            &turn.owner,
            turn.alive_at.as_millis(),
            me,
            at.as_millis(),
        )?;
        Ok(taken > 0)
    }

    /// The calls of the step that a turn was in, in their order.
    pub async fn agent_calls(&self, turn: TurnId) -> Result<Vec<AgentCallRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_all!(
            conn,
            (String, String, Option<String>),
            "SELECT id, model_call_id, result FROM agent_calls WHERE turn_id = $1 ORDER BY position",
            turn.to_string()
        )?;
        found
            .into_iter()
            .map(|(id, model_call_id, result)| {
                Ok(AgentCallRow {
                    id: parsed("agent_calls.id", &id)?,
                    model_call_id,
                    result,
                })
            })
            .collect()
    }

    /// Asks whoever runs a turn of this session to stop it. Answers whether there is one.
    pub async fn agent_want_stop(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let asked = execute!(
            conn,
            "UPDATE agent_turns SET stop_wanted = TRUE
             WHERE session_id = $1 AND state IN ('running', 'waiting')
             AND EXISTS (SELECT 1 FROM agent_sessions s WHERE s.id = $1 AND s.user_id = $2)",
            session.to_string(),
            user.to_string(),
        )?;
        Ok(asked > 0)
    }

    /// Decides about a call that waits. Answers whether it still did: of two decisions, the first counts.
    pub async fn agent_decide(
        &self,
        user: UserId,
        session: SessionId,
        call: CallId,
        decision: &str,
    ) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let decided = execute!(
            conn,
            "UPDATE agent_calls SET decision = $4
             WHERE id = $1 AND waiting = TRUE AND decision IS NULL AND turn_id IN (
                 SELECT t.id FROM agent_turns t JOIN agent_sessions s ON s.id = t.session_id
                 WHERE s.id = $2 AND s.user_id = $3)",
            call.to_string(),
            session.to_string(),
            user.to_string(),
            decision,
        )?;
        Ok(decided > 0)
    }
}
