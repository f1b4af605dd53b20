//! A message of a person, in statements that decide among themselves what becomes of it.

use super::{AgentAddTurn, AgentAddedTurn};
use crate::StoreError;
use crate::batch::{Batch, Rows, Value};
use crate::read::{foreign, uncount};

pub(super) fn batch(add: &AgentAddTurn) -> Batch<'_> {
    let (session, turn, user) = (
        add.session.to_string(),
        add.turn.to_string(),
        add.user.to_string(),
    );
    let mut batch = Batch::default();
    // The row stays locked until the end, so that no other process begins or ends a turn of this session meanwhile.
    batch.push(
        "UPDATE agent_sessions SET updated_at = $3, title = CASE WHEN title = '' THEN $4 ELSE title END
         WHERE id = $1 AND user_id = $2 RETURNING id",
        [
            session.clone().into(),
            user.clone().into(),
            add.at.as_millis().into(),
            foreign(&add.title).into(),
        ],
    );
    batch.push(
        "INSERT INTO agent_turns (id, session_id, position, text, state, owner, alive_at, stop_wanted, created_at)
         SELECT $1, $2, (SELECT COALESCE(MAX(position), 0) + 1 FROM agent_turns WHERE session_id = $2), $3,
             CASE WHEN before.busy THEN 'queued' ELSE $4 END, CASE WHEN before.busy THEN '' ELSE $5 END, $6, FALSE, $6
         FROM (SELECT EXISTS (SELECT 1 FROM agent_turns WHERE session_id = $2 AND state <> 'ended') AS busy) AS before
         WHERE EXISTS (SELECT 1 FROM agent_sessions WHERE id = $2 AND user_id = $7)
             AND (SELECT COUNT(*) FROM agent_turns WHERE session_id = $2 AND state = 'queued') < $8
         RETURNING state, (SELECT COALESCE(MAX(id), 0) FROM agent_events WHERE session_id = $2)",
        [
            turn.clone().into(),
            session.clone().into(),
            foreign(&add.text).into(),
            add.when_free.as_str().into(),
            add.owner.as_str().into(),
            add.at.as_millis().into(),
            user.into(),
            i64::try_from(add.limit).unwrap_or(i64::MAX).into(),
        ],
    );
    batch.push(
        "INSERT INTO agent_messages (session_id, position, turn_id, body)
         SELECT $1, (SELECT COALESCE(MAX(position), 0) + 1 FROM agent_messages WHERE session_id = $1), $2, $3
         WHERE EXISTS (SELECT 1 FROM agent_turns WHERE id = $2 AND state = 'running')",
        [
            session.clone().into(),
            turn.clone().into(),
            add.message.as_str().into(),
        ],
    );
    batch.push(
        "INSERT INTO agent_events (session_id, id, turn_id, at, kind, body)
         SELECT $1, CASE WHEN $2 > before.last THEN $2 ELSE before.last + 1 END, $3, $4, $5, $6
         FROM (SELECT COALESCE(MAX(id), 0) AS last FROM agent_events WHERE session_id = $1) AS before
         WHERE EXISTS (SELECT 1 FROM agent_turns WHERE id = $3 AND state <> 'queued')
         RETURNING id",
        [
            session.clone().into(),
            add.event.id.cast_signed().into(),
            turn.clone().into(),
            add.event.at.as_millis().into(),
            Value::from(add.event.kind.as_str()),
            add.event.body.as_str().into(),
        ],
    );
    // Whoever runs the turn needs them at once, and another way to the database would cost more than they do.
    batch.push(
        "SELECT body FROM agent_messages
         WHERE session_id = $1 AND EXISTS (SELECT 1 FROM agent_turns WHERE id = $2 AND state = 'running') ORDER BY position",
        [session.into(), turn.into()],
    );
    batch
}

/// The session, the turn and its event each answer a row, when there is one; then each message.
pub(super) fn answer(rows: &Rows) -> Result<AgentAddedTurn, StoreError> {
    if rows.read::<(String,)>(0)?.is_none() {
        return Ok(AgentAddedTurn::NoSession);
    }
    let Some((_, last)) = rows.read::<(String, i64)>(1)? else {
        return Ok(AgentAddedTurn::TooMany);
    };
    let event = rows.read::<(i64,)>(2)?;
    let Some((event,)) = event else {
        return Ok(AgentAddedTurn::Behind(uncount(last)));
    };
    let mut messages = Vec::new();
    while let Some((body,)) = rows.read::<(String,)>(3 + messages.len())? {
        messages.push(body);
    }
    Ok(AgentAddedTurn::Free {
        event: uncount(event),
        messages,
    })
}
