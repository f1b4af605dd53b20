//! Everything that turns write, many at a time in one transaction: with hundreds of turns at once, one commit serves
//! them all.

use sqlx::QueryBuilder;
use tieline_domain::{CallId, SessionId, Timestamp, TurnId, UserId};

use super::turns::{Columns, columns};
use super::{AgentEventRow, AgentTurnRow, AgentTurnState};
use crate::dialect::Tx;
use crate::read::{foreign, uncount};
use crate::{Store, StoreError};

/// With 6 values a row this stays under the 32,766 that SQLite takes in one statement.
const ROWS_AT_ONCE: usize = 1_000;

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
    /// It runs or waits for its place, here; its event has this number.
    Free(u64),
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
        let mut tx = self.db().begin_append().await?;
        let mut written = Vec::with_capacity(writes.len());
        for write in writes {
            written.push(match write {
                AgentWrite::AddTurn(add) => AgentWritten::Added(add_turn(&mut tx, add).await?),
                AgentWrite::Record(record) => write_record(&mut tx, record).await?,
            });
        }
        tx.commit().await?;
        Ok(written)
    }
}

async fn add_turn(tx: &mut Tx, add: &AgentAddTurn) -> Result<AgentAddedTurn, StoreError> {
    let session = add.session.to_string();
    // The row stays locked until the end, so that no other process begins or ends a turn of this session meanwhile.
    let found = fetch_optional!(
        tx,
        (String,),
        "UPDATE agent_sessions SET updated_at = $3, title = CASE WHEN title = '' THEN $4 ELSE title END
         WHERE id = $1 AND user_id = $2 RETURNING id",
        &session,
        add.user.to_string(),
        add.at.as_millis(),
        foreign(&add.title).as_ref(),
    )?;
    if found.is_none() {
        return Ok(AgentAddedTurn::NoSession);
    }
    let found = fetch_optional!(
        tx,
        (i64, i64, i64),
        "SELECT (SELECT COUNT(*) FROM agent_turns WHERE session_id = $1 AND state <> 'ended'),
             (SELECT COUNT(*) FROM agent_turns WHERE session_id = $1 AND state = 'queued'),
             (SELECT COALESCE(MAX(id), 0) FROM agent_events WHERE session_id = $1)",
        &session
    )?;
    let (open, queued, last) = found.unwrap_or_default();
    let last = uncount(last);
    if uncount(queued) >= add.limit as u64 {
        return Ok(AgentAddedTurn::TooMany);
    }
    let free = open == 0;
    let (state, owner) = if free {
        (add.when_free, add.owner.as_str())
    } else {
        (AgentTurnState::Queued, "")
    };
    execute!(
        tx,
        "INSERT INTO agent_turns (id, session_id, position, text, state, owner, alive_at, stop_wanted, created_at)
         VALUES ($1, $2, (SELECT COALESCE(MAX(position), 0) + 1 FROM agent_turns WHERE session_id = $2), $3, $4, $5, $6,
             FALSE, $6)",
        add.turn.to_string(),
        &session,
        foreign(&add.text).as_ref(),
        state.as_str(),
        owner,
        add.at.as_millis(),
    )?;
    if state == AgentTurnState::Running {
        insert_message(tx, add.session, add.turn, &add.message).await?;
    }
    if !free {
        return Ok(AgentAddedTurn::Behind(last));
    }
    let mut event = add.event.clone();
    event.id = event.id.max(last + 1);
    insert_events(tx, &session, std::slice::from_ref(&event)).await?;
    Ok(AgentAddedTurn::Free(event.id))
}

async fn write_record(tx: &mut Tx, record: &AgentRecord) -> Result<AgentWritten, StoreError> {
    let (session, turn) = (record.session.to_string(), record.turn.to_string());
    // Whoever begins or ends a turn holds the session's row first, so that a message finds either the one or the other.
    if record.turns != AgentTurns::Goes && !touch(tx, &session, record.at).await? {
        return Ok(AgentWritten::Lost);
    }
    let state = match record.turns {
        AgentTurns::Goes => "",
        AgentTurns::Starts => "running",
        AgentTurns::Ends | AgentTurns::EndsAndTakesNext => "ended",
    };
    let mine = execute!(
        tx,
        "UPDATE agent_turns SET alive_at = $3, state = CASE WHEN $4 = '' THEN state ELSE $4 END,
             ended_at = CASE WHEN $4 = 'ended' THEN $3 ELSE ended_at END
         WHERE id = $1 AND owner = $2 AND state <> 'ended'",
        &turn,
        &record.owner,
        record.at.as_millis(),
        state,
    )?;
    if mine == 0 {
        return Ok(AgentWritten::Lost);
    }
    for body in &record.messages {
        insert_message(tx, record.session, record.turn, body).await?;
    }
    write_calls(tx, record, &session, &turn).await?;
    insert_events(tx, &session, &record.events).await?;
    if let Some(left_out) = &record.left_out {
        execute!(
            tx,
            "UPDATE agent_sessions SET left_out = $2 WHERE id = $1",
            &session,
            left_out
        )?;
    }
    let next = if record.turns == AgentTurns::EndsAndTakesNext {
        claim_next(tx, record, &session).await?
    } else {
        None
    };
    Ok(AgentWritten::Recorded(next))
}

async fn write_calls(
    tx: &mut Tx,
    record: &AgentRecord,
    session: &str,
    turn: &str,
) -> Result<(), StoreError> {
    for call in &record.calls {
        execute!(
            tx,
            "INSERT INTO agent_calls (id, session_id, turn_id, position, model_call_id, waiting)
             VALUES ($1, $2, $3, $4, $5, $6)",
            call.id.to_string(),
            session,
            turn,
            i64::try_from(call.position).unwrap_or(i64::MAX),
            foreign(&call.model_call_id).as_ref(),
            call.waiting,
        )?;
    }
    for id in &record.released {
        execute!(
            tx,
            "UPDATE agent_calls SET waiting = FALSE WHERE id = $1",
            id.to_string()
        )?;
    }
    if record.step_over {
        execute!(tx, "DELETE FROM agent_calls WHERE turn_id = $1", turn)?;
        return Ok(());
    }
    for (id, result) in &record.results {
        execute!(
            tx,
            "UPDATE agent_calls SET result = $2, waiting = FALSE WHERE id = $1",
            id.to_string(),
            result
        )?;
    }
    Ok(())
}

async fn claim_next(
    tx: &mut Tx,
    record: &AgentRecord,
    session: &str,
) -> Result<Option<AgentTurnRow>, StoreError> {
    let next = fetch_optional!(
        tx,
        Columns,
        concat!(
            "SELECT ",
            columns!(),
            " FROM agent_turns t WHERE t.session_id = $1 AND t.state = 'queued' ORDER BY t.position LIMIT 1"
        ),
        session
    )?;
    let Some(next) = next else {
        return Ok(None);
    };
    let mut next = AgentTurnRow::try_from(next)?;
    next.state = AgentTurnState::Waiting;
    next.owner.clone_from(&record.owner);
    next.alive_at = record.at;
    execute!(
        tx,
        "UPDATE agent_turns SET state = 'waiting', owner = $2, alive_at = $3 WHERE id = $1",
        next.id.to_string(),
        &record.owner,
        record.at.as_millis(),
    )?;
    Ok(Some(next))
}

/// Notes that something happened. Answers whether the session is still there.
async fn touch(tx: &mut Tx, session: &str, at: Timestamp) -> Result<bool, StoreError> {
    let touched = execute!(
        tx,
        "UPDATE agent_sessions SET updated_at = $2 WHERE id = $1",
        session,
        at.as_millis(),
    )?;
    Ok(touched > 0)
}

async fn insert_message(
    tx: &mut Tx,
    session: SessionId,
    turn: TurnId,
    body: &str,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO agent_messages (session_id, position, turn_id, body)
         VALUES ($1, (SELECT COALESCE(MAX(position), 0) + 1 FROM agent_messages WHERE session_id = $1), $2, $3)",
        session.to_string(),
        turn.to_string(),
        body,
    )?;
    Ok(())
}

async fn insert_events(
    tx: &mut Tx,
    session: &str,
    events: &[AgentEventRow],
) -> Result<(), StoreError> {
    for rows in events.chunks(ROWS_AT_ONCE) {
        on!(tx, link => {
            let mut insert = QueryBuilder::new(
                "INSERT INTO agent_events (session_id, id, turn_id, at, kind, body) ",
            );
            insert.push_values(rows, |mut row, event| {
                row.push_bind(session)
                    .push_bind(event.id.cast_signed())
                    .push_bind(event.turn.map(|turn| turn.to_string()))
                    .push_bind(event.at.as_millis())
                    .push_bind(event.kind.as_str())
                    .push_bind(event.body.as_str());
            });
            insert.build().execute(link).await.map(|_| ())
        })?;
    }
    Ok(())
}
