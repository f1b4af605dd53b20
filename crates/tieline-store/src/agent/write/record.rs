//! What happened in a turn, in statements of which none does anything when the turn is another process's by now.

use super::{AgentRecord, AgentTurns, AgentWritten};
use crate::StoreError;
use crate::agent::turns::Columns;
use crate::agent::{AgentEventRow, AgentNewCall, AgentTurnRow};
use crate::batch::{Batch, Rows, Value};
use crate::read::foreign;

/// The turn is this process's and not over. Each statement begins with these two parameters.
macro_rules! mine {
    () => {
        "EXISTS (SELECT 1 FROM agent_turns WHERE id = $1 AND owner = $2 AND state <> 'ended')"
    };
}

pub(super) fn batch(record: &AgentRecord) -> Batch<'_> {
    let mut writing = Writing {
        record,
        session: record.session.to_string(),
        turn: record.turn.to_string(),
        batch: Batch::default(),
    };
    writing.lock();
    for body in &record.messages {
        writing.message(body);
    }
    writing.calls();
    for event in &record.events {
        writing.event(event);
    }
    if let Some(left_out) = &record.left_out {
        let sql = concat!(
            "UPDATE agent_sessions SET left_out = $3 WHERE id = $4 AND ",
            mine!()
        );
        let session = writing.session.clone().into();
        writing.push(sql, [left_out.as_str().into(), session]);
    }
    writing.end();
    writing.batch
}

/// The turn answers a row when it is this process's; the message that was taken next answers another one.
pub(super) fn answer(rows: &Rows) -> Result<AgentWritten, StoreError> {
    if rows.read::<(String,)>(0)?.is_none() {
        return Ok(AgentWritten::Lost);
    }
    let next = rows.read::<Columns>(1)?;
    let next = next.map(AgentTurnRow::try_from).transpose()?;
    Ok(AgentWritten::Recorded(next))
}

impl AgentRecord {
    /// Whether the turn is over with it.
    pub fn ends(&self) -> bool {
        matches!(self.turns, AgentTurns::Ends | AgentTurns::EndsAndTakesNext)
    }

    /// Takes in what happened after it in the same turn, so that both are written as one.
    pub fn absorb(&mut self, later: Self) {
        if later.step_over {
            // They would be written only to be deleted.
            self.calls.clear();
            self.released.clear();
            self.results.clear();
        }
        self.at = later.at;
        self.messages.extend(later.messages);
        self.step_over |= later.step_over;
        self.calls.extend(later.calls);
        self.released.extend(later.released);
        self.results.extend(later.results);
        self.events.extend(later.events);
        self.left_out = later.left_out.or(self.left_out.take());
        if later.turns != AgentTurns::Goes {
            self.turns = later.turns;
        }
    }
}

struct Writing<'a> {
    record: &'a AgentRecord,
    session: String,
    turn: String,
    batch: Batch<'a>,
}

impl<'a> Writing<'a> {
    /// Adds a statement that begins with turn and owner.
    fn push<const N: usize>(&mut self, sql: &'static str, values: [Value<'a>; N]) {
        let who = [self.turn.clone().into(), self.record.owner.as_str().into()];
        self.batch.push_all(sql, who.into_iter().chain(values));
    }

    fn lock(&mut self) {
        let at = self.record.at.as_millis();
        // Whoever begins or ends a turn holds the session's row first, so that a message finds either the one or the
        // other.
        if self.record.turns != AgentTurns::Goes {
            self.batch.push(
                "UPDATE agent_sessions SET updated_at = $2 WHERE id = $1",
                [self.session.clone().into(), at.into()],
            );
        }
        let starts = self.record.turns == AgentTurns::Starts;
        self.push(
            "UPDATE agent_turns SET alive_at = $3, state = CASE WHEN $4 THEN 'running' ELSE state END
             WHERE id = $1 AND owner = $2 AND state <> 'ended' RETURNING id",
            [at.into(), starts.into()],
        );
    }

    fn message(&mut self, body: &'a str) {
        let sql = concat!(
            "INSERT INTO agent_messages (session_id, position, turn_id, body)
             SELECT $3, (SELECT COALESCE(MAX(position), 0) + 1 FROM agent_messages WHERE session_id = $3), $1, $4
             WHERE ",
            mine!()
        );
        self.push(sql, [self.session.clone().into(), body.into()]);
    }

    fn calls(&mut self) {
        // The calls of the step before leave first: those of the next one may be in the same record.
        if self.record.step_over {
            let sql = concat!("DELETE FROM agent_calls WHERE turn_id = $1 AND ", mine!());
            self.push(sql, []);
        }
        for call in &self.record.calls {
            self.call(call);
        }
        for id in &self.record.released {
            let sql = concat!(
                "UPDATE agent_calls SET waiting = FALSE WHERE turn_id = $1 AND id = $3 AND ",
                mine!()
            );
            self.push(sql, [id.to_string().into()]);
        }
        for (id, result) in &self.record.results {
            let sql = concat!(
                "UPDATE agent_calls SET result = $4, waiting = FALSE WHERE turn_id = $1 AND id = $3 AND ",
                mine!()
            );
            self.push(sql, [id.to_string().into(), result.as_str().into()]);
        }
    }

    fn call(&mut self, call: &'a AgentNewCall) {
        let sql = concat!(
            "INSERT INTO agent_calls (turn_id, id, position, model_call_id, waiting)
             SELECT $1, $3, $4, $5, $6 WHERE ",
            mine!()
        );
        let values = [
            call.id.to_string().into(),
            i64::try_from(call.position).unwrap_or(i64::MAX).into(),
            foreign(&call.model_call_id).into(),
            call.waiting.into(),
        ];
        self.push(sql, values);
    }

    fn event(&mut self, event: &'a AgentEventRow) {
        let sql = concat!(
            "INSERT INTO agent_events (session_id, id, turn_id, at, kind, body)
             SELECT $3, $4, $5, $6, $7, $8 WHERE ",
            mine!()
        );
        let values = [
            self.session.clone().into(),
            event.id.cast_signed().into(),
            event
                .turn
                .map_or(Value::NoText, |turn| turn.to_string().into()),
            event.at.as_millis().into(),
            event.kind.as_str().into(),
            event.body.as_str().into(),
        ];
        self.push(sql, values);
    }

    /// Takes the next message and ends the turn, last of all: what comes before is written while it is not over.
    fn end(&mut self) {
        let at = self.record.at.as_millis();
        if self.record.turns == AgentTurns::EndsAndTakesNext {
            let sql = concat!(
                "UPDATE agent_turns SET state = 'waiting', owner = $2, alive_at = $3
                 WHERE id = (SELECT id FROM agent_turns WHERE session_id = $4 AND state = 'queued' ORDER BY position LIMIT 1)
                     AND ",
                mine!(),
                " RETURNING id, session_id, text, state, owner, alive_at, created_at"
            );
            self.push(sql, [at.into(), self.session.clone().into()]);
        }
        if self.record.ends() {
            self.push(
                "UPDATE agent_turns SET state = 'ended', ended_at = $3 WHERE id = $1 AND owner = $2 AND state <> 'ended'",
                [at.into()],
            );
        }
    }
}
