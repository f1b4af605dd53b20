//! What a session has in memory while something happens in it: the last events, the turn that runs here, and a way to
//! wake whoever listens. An idle session that nobody looks at has none of this.

mod registry;
mod turn;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_domain::{SessionId, Timestamp, TurnId};
use tieline_store::{AgentEventRow, AgentWritten, StoreError};
use tokio::sync::{oneshot, watch};

use crate::event::{Event, EventKind, TextDelta};

pub(crate) use registry::Registry;
pub(crate) use turn::{RunningTurn, Why};

/// How many stored events stay in memory for listeners, and how many bytes of them.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 64 * 1024;
/// How many events may wait for the database before the turn waits, too.
const UNSTORED: usize = 4_000;

/// A session with something going on.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) id: SessionId,
    /// Held while a turn begins or ends, so that a message finds either the one or the other.
    pub(crate) gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Changes with every event that listeners may have.
    news: watch::Sender<u64>,
    registry: Arc<Registry>,
}

#[derive(Debug, Default)]
struct State {
    /// The last number that was given to an event here.
    last: u64,
    /// All events above `floor` that happened here; what is at or below it is in the database.
    recent: VecDeque<Entry>,
    floor: u64,
    turn: Option<Arc<RunningTurn>>,
    /// Messages that wait and that listeners know of.
    announced: Vec<TurnId>,
    deleted: bool,
}

#[derive(Debug)]
struct Entry {
    event: Arc<Event>,
    size: usize,
    /// Whether it was handed to the writer.
    handed: bool,
    stored: bool,
    /// Whether listeners may have it. The end of a turn is shown when it is stored.
    shown: bool,
}

/// What listeners can have from memory.
#[derive(Debug)]
pub(crate) enum Recent {
    /// These come next.
    Events(Vec<Arc<Event>>),
    /// Nothing newer happened here.
    Nothing,
    /// What comes next is in the database only.
    InStore,
}

impl Live {
    fn new(id: SessionId, registry: Arc<Registry>) -> Self {
        Self {
            id,
            gate: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            news: watch::Sender::new(0),
            registry,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn that runs or waits here.
    pub(crate) fn turn(&self) -> Option<Arc<RunningTurn>> {
        self.lock().turn.clone()
    }

    pub(crate) fn set_turn(&self, turn: Option<Arc<RunningTurn>>) {
        self.lock().turn = turn;
        self.wake();
    }

    /// The last number that was given to an event here.
    pub(crate) fn last(&self) -> u64 {
        self.lock().last
    }

    /// Notes that listeners are told of a message that waits. Answers whether they were not told before.
    pub(crate) fn announce(&self, turn: TurnId) -> bool {
        let mut state = self.lock();
        let new = !state.announced.contains(&turn);
        if new {
            state.announced.push(turn);
        }
        new
    }

    pub(crate) fn set_deleted(&self) {
        self.lock().deleted = true;
        self.wake();
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.lock().deleted
    }

    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn wake(&self) {
        self.news.send_modify(|number| *number += 1);
    }

    /// Takes an event that was stored under this number together with what it is about. Numbers below it may have been
    /// given by another process since.
    pub(crate) fn stored_event(&self, event: Event) {
        let mut state = self.lock();
        if event.id > state.last + 1 {
            state.recent.clear();
        }
        if state.recent.is_empty() {
            state.floor = event.id - 1;
        }
        state.last = event.id;
        state.push(event, true);
        if let Some(entry) = state.recent.back_mut() {
            (entry.handed, entry.stored) = (true, true);
        }
        drop(state);
        self.wake();
    }

    /// Says where the numbers of a turn that was taken over go on.
    pub(crate) fn continue_from(&self, last_event: u64) {
        let mut state = self.lock();
        if last_event > state.last {
            state.recent.clear();
            state.floor = last_event;
            state.last = last_event;
        }
    }

    /// Gives an event its number and tells listeners at once. It is stored soon, by [`Live::hand_over`].
    pub(crate) fn emit(&self, turn: TurnId, at: Timestamp, kind: EventKind) {
        self.add(turn, at, kind, true);
        self.wake();
    }

    /// Gives an event its number. Listeners get it when it is stored.
    pub(crate) fn prepare(&self, turn: TurnId, at: Timestamp, kind: EventKind) {
        self.add(turn, at, kind, false);
    }

    fn add(&self, turn: TurnId, at: Timestamp, kind: EventKind, shown: bool) {
        let mut state = self.lock();
        let id = state.last + 1;
        state.last = id;
        let turn = Some(turn);
        state.push(Event { id, turn, at, kind }, shown);
    }

    /// Hands everything new to the writer, in the order of the numbers. `write` makes one thing to write of the rows;
    /// it must submit it before it returns.
    pub(crate) fn hand_over(
        &self,
        write: impl FnOnce(Vec<AgentEventRow>) -> oneshot::Receiver<Result<AgentWritten, StoreError>>,
    ) -> (u64, oneshot::Receiver<Result<AgentWritten, StoreError>>) {
        let mut state = self.lock();
        let rows = rows(
            state
                .recent
                .iter_mut()
                .filter(|entry| !entry.handed)
                .map(|entry| {
                    entry.handed = true;
                    &*entry.event
                }),
        );
        // Still locked: whatever is handed over next comes later.
        (state.last, write(rows))
    }

    /// Whether anything waits to be handed over.
    pub(crate) fn is_dirty(&self) -> bool {
        let state = self.lock();
        state.recent.back().is_some_and(|entry| !entry.handed)
    }

    /// Whether so much waits for the database that the turn should wait for it.
    pub(crate) fn is_full(&self) -> bool {
        let state = self.lock();
        state.recent.iter().filter(|entry| !entry.stored).count() > UNSTORED
    }

    /// Everything up to this number is stored: listeners may have all of it, and memory less.
    pub(crate) fn stored_up_to(&self, id: u64) {
        let mut state = self.lock();
        for entry in state.recent.iter_mut().filter(|entry| entry.event.id <= id) {
            entry.stored = true;
            entry.shown = true;
        }
        state.trim();
        drop(state);
        self.wake();
    }

    /// Takes back what listeners have not seen, because it could not be stored.
    pub(crate) fn take_back_unshown(&self) {
        self.lock().recent.retain(|entry| entry.shown);
    }

    /// What comes after this number.
    pub(crate) fn recent_after(&self, after: u64) -> Recent {
        let state = self.lock();
        if after < state.floor {
            return Recent::InStore;
        }
        let events: Vec<_> = state
            .recent
            .iter()
            .filter(|entry| entry.event.id > after)
            .take_while(|entry| entry.shown)
            .map(|entry| entry.event.clone())
            .collect();
        if events.is_empty() {
            Recent::Nothing
        } else {
            Recent::Events(events)
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.registry.forget(self.id);
    }
}

impl State {
    fn push(&mut self, event: Event, shown: bool) {
        let size = size_of_event(&event.kind);
        self.recent.push_back(Entry {
            event: Arc::new(event),
            size,
            handed: false,
            stored: false,
            shown,
        });
    }

    fn trim(&mut self) {
        let mut bytes: usize = self.recent.iter().map(|entry| entry.size).sum();
        while let Some(first) = self.recent.front()
            && first.stored
            && (self.recent.len() > KEPT || bytes > KEPT_BYTES)
        {
            bytes -= first.size;
            self.floor = first.event.id;
            self.recent.pop_front();
        }
    }
}

fn size_of_event(kind: &EventKind) -> usize {
    64 + match kind {
        EventKind::TextDelta(delta) => delta.text.len(),
        EventKind::ToolStarted(call) => call.arguments.get().len(),
        EventKind::ToolApproval(call) => call.arguments.get().len(),
        EventKind::ToolFinished(call) => call.content.get().len(),
        EventKind::TurnStarted(turn) => turn.text.len(),
        EventKind::MessageQueued(message) => message.text.len(),
        _ => 0,
    }
}

/// Rows of events: deltas that follow each other become one row, with where each of them ends.
fn rows<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<AgentEventRow> {
    let mut rows = Vec::new();
    let mut deltas: Option<Deltas> = None;
    for event in events {
        if let EventKind::TextDelta(TextDelta { text }) = &event.kind {
            match &mut deltas {
                Some(deltas) if deltas.turn == event.turn && deltas.last + 1 == event.id => {
                    deltas.push(event.id, text);
                }
                _ => {
                    rows.extend(deltas.take().map(Deltas::into_row));
                    let mut new = Deltas::new(event);
                    new.push(event.id, text);
                    deltas = Some(new);
                }
            }
            continue;
        }
        rows.extend(deltas.take().map(Deltas::into_row));
        rows.push(AgentEventRow {
            id: event.id,
            turn: event.turn,
            at: event.at,
            kind: event.name().to_owned(),
            body: event.kind.body(),
        });
    }
    rows.extend(deltas.take().map(Deltas::into_row));
    rows
}

/// The stored form of several deltas in a row: the text, and how many bytes of it each delta had.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct DeltasBody {
    text: String,
    cuts: Vec<usize>,
}

#[derive(Debug)]
struct Deltas {
    turn: Option<TurnId>,
    at: Timestamp,
    last: u64,
    body: DeltasBody,
}

impl Deltas {
    fn new(event: &Event) -> Self {
        Self {
            turn: event.turn,
            at: event.at,
            last: event.id,
            body: DeltasBody {
                text: String::new(),
                cuts: Vec::new(),
            },
        }
    }

    fn push(&mut self, id: u64, text: &str) {
        self.last = id;
        self.body.text.push_str(text);
        self.body.cuts.push(text.len());
    }

    fn into_row(self) -> AgentEventRow {
        AgentEventRow {
            id: self.last,
            turn: self.turn,
            at: self.at,
            kind: "text.delta".to_owned(),
            body: serde_json::to_string(&self.body).expect("text and numbers are JSON"),
        }
    }
}

/// The events of a stored row, those with a number above `after` only.
pub(crate) fn events_of(row: &AgentEventRow, after: u64) -> Result<Vec<Event>, StoreError> {
    let damaged = || StoreError::Corrupt {
        what: format!("event {} of a session", row.id),
    };
    if row.kind != "text.delta" {
        let kind = EventKind::read(&row.kind, &row.body).map_err(|_| damaged())?;
        let event = Event {
            id: row.id,
            turn: row.turn,
            at: row.at,
            kind,
        };
        return Ok(vec![event]);
    }
    let body: DeltasBody = serde_json::from_str(&row.body).map_err(|_| damaged())?;
    let mut rest = body.text.as_str();
    let first = (row.id + 1).saturating_sub(body.cuts.len() as u64);
    let mut events = Vec::with_capacity(body.cuts.len());
    for (id, cut) in (first..).zip(body.cuts) {
        let (text, later) = rest.split_at_checked(cut).ok_or_else(damaged)?;
        rest = later;
        if id > after {
            events.push(Event {
                id,
                turn: row.turn,
                at: row.at,
                kind: EventKind::TextDelta(TextDelta {
                    text: text.to_owned(),
                }),
            });
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::TurnQueued;

    fn event(id: u64, kind: EventKind) -> Event {
        Event {
            id,
            turn: None,
            at: Timestamp::from_millis(1),
            kind,
        }
    }

    fn delta(id: u64, text: &str) -> Event {
        let text = text.to_owned();
        event(id, EventKind::TextDelta(TextDelta { text }))
    }

    #[test]
    fn deltas_share_a_row_and_come_apart_again() {
        let all = [
            delta(1, "Grü"),
            delta(2, "ße"),
            event(3, EventKind::TurnQueued(TurnQueued { place: 1 })),
            delta(4, ""),
            delta(5, "!"),
        ];
        let rows = rows(all.iter());
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [2, 3, 5]);
        let back: Vec<_> = rows
            .into_iter()
            .flat_map(|row| events_of(&row, 1).expect("readable"))
            .map(|event| event.to_json())
            .collect();
        let expected: Vec<_> = all[1..].iter().map(Event::to_json).collect();
        assert_eq!(back, expected);
        assert_eq!(
            back[0],
            r#"{"type":"text.delta","id":2,"at":"1970-01-01T00:00:00.001Z","text":"ße"}"#
        );
    }

    #[test]
    fn a_damaged_row_is_an_error_and_no_panic() {
        for body in [
            "{",
            r#"{"text":"ß","cuts":[1]}"#,
            r#"{"text":"a","cuts":[7]}"#,
        ] {
            let row = AgentEventRow {
                id: 1,
                turn: None,
                at: Timestamp::from_millis(1),
                kind: "text.delta".to_owned(),
                body: body.to_owned(),
            };
            assert!(events_of(&row, 0).is_err(), "{body}");
        }
    }
}
