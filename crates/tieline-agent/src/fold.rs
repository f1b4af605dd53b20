//! The transcript: a session's events, folded into what a page shows.

use std::collections::HashMap;

use tieline_domain::{CallId, SessionId, Timestamp, TurnId};
use tieline_hub::Caller;
use tieline_store::AgentTurnState;

use crate::agent::Agent;
use crate::error::AgentError;
use crate::event::{Event, EventKind, ToolApproval, ToolFinished, ToolStarted, TurnFailed};
use crate::live::{Recent, events_of};
use crate::transcript::{NoteKind, QueuedText, ToolBlock, Transcript, TranscriptItem};

/// How many rows are read at once.
const PAGE: u32 = 1_000;

impl Agent {
    /// Everything that was said and done in a session, up to this moment. Events after its last one continue it.
    pub async fn transcript(
        &self,
        caller: &Caller,
        id: SessionId,
    ) -> Result<Transcript, AgentError> {
        self.own(caller, id).await?;
        let mut fold = Fold::default();
        self.fold_all(id, &mut fold).await?;
        let open = self.inner.store.agent_open_turns(id).await?;
        let state = self.state_of(id, &open);
        // What led to this state is part of it: whoever sees an idle session sees how its last turn ended.
        fold.retries = 0;
        self.fold_all(id, &mut fold).await?;
        let waiting = open
            .iter()
            .filter(|turn| turn.state != AgentTurnState::Running && !fold.begun.contains(&turn.id));
        let queued_texts = waiting
            .map(|turn| QueuedText {
                turn: turn.id,
                text: turn.text.clone(),
                at: turn.created_at,
            })
            .collect();
        Ok(Transcript {
            state,
            queued_texts,
            items: fold.items,
            last_event: fold.last,
        })
    }

    /// First what is stored, then what is in memory only. Between the two, some of the latter may become the former.
    async fn fold_all(&self, id: SessionId, fold: &mut Fold) -> Result<(), AgentError> {
        let live = self.inner.registry.get(id);
        loop {
            let rows = self.inner.store.agent_events(id, fold.last, PAGE).await?;
            let nothing_new = rows.is_empty();
            for row in rows {
                for event in events_of(&row, fold.last)? {
                    fold.take(&event);
                }
            }
            if !nothing_new {
                continue;
            }
            let Some(live) = &live else { return Ok(()) };
            match live.recent_after(fold.last) {
                Recent::Events(events) => {
                    for event in events {
                        fold.take(&event);
                    }
                    return Ok(());
                }
                Recent::Nothing => return Ok(()),
                // It was stored since; unless the numbers only jumped, there is something to read.
                Recent::InStore => {
                    if !fold.waits_for_store() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[derive(Debug, Default)]
struct Fold {
    items: Vec<TranscriptItem>,
    last: u64,
    /// Turns that said what they are about.
    begun: Vec<TurnId>,
    /// What was said and did not begin yet.
    said: HashMap<TurnId, (String, Timestamp)>,
    retries: u32,
}

impl Fold {
    /// A few more looks at the database: the numbers may just have jumped.
    fn waits_for_store(&mut self) -> bool {
        self.retries += 1;
        self.retries < 3
    }

    fn take(&mut self, event: &Event) {
        self.last = event.id;
        self.drop_retrying();
        let at = event.at;
        match &event.kind {
            EventKind::MessageQueued(message) => {
                if let Some(turn) = event.turn {
                    self.said.insert(turn, (message.text.clone(), at));
                }
            }
            EventKind::TurnStarted(started) => {
                let said = event.turn.and_then(|turn| self.said.remove(&turn));
                let at = said.map_or(at, |(_, at)| at);
                self.user(event.turn, started.text.clone(), at);
            }
            EventKind::ModelRetrying(retrying) => {
                self.note(NoteKind::Retrying, &retrying.reason, None, at);
            }
            EventKind::TextDelta(delta) => match self.items.last_mut() {
                Some(TranscriptItem::Text { markdown, .. }) => markdown.push_str(&delta.text),
                _ => self.items.push(TranscriptItem::Text {
                    markdown: delta.text.clone(),
                    at,
                }),
            },
            EventKind::ToolApproval(call) => {
                let block = waiting_block(call, at);
                self.items.push(TranscriptItem::Tool(Box::new(block)));
            }
            EventKind::ToolDecided(decided) => {
                if let Some(block) = self.block(decided.call_id) {
                    block.awaiting_approval = false;
                }
            }
            EventKind::ToolStarted(call) => self.started(call, at),
            EventKind::ToolFinished(call) => self.finished(call),
            EventKind::ToolLeftOut(left) => {
                let text = format!("{} is left out of this session. {}", left.tool, left.reason);
                self.note(NoteKind::LeftOut, &text, None, at);
            }
            // The state says it.
            EventKind::TurnQueued(_) => {}
            EventKind::TurnFinished(finished) => {
                self.said_but_not_begun(event.turn);
                if let Some((about, text)) = ending(&finished.stop_reason) {
                    self.note(about, text, None, at);
                }
            }
            EventKind::TurnFailed(failed) => {
                self.said_but_not_begun(event.turn);
                self.failed(failed, at);
            }
        }
    }

    fn drop_retrying(&mut self) {
        if let Some(TranscriptItem::Note {
            about: NoteKind::Retrying,
            ..
        }) = self.items.last()
        {
            self.items.pop();
        }
    }

    fn user(&mut self, turn: Option<TurnId>, text: String, at: Timestamp) {
        if let Some(turn) = turn {
            self.begun.push(turn);
            self.items.push(TranscriptItem::User { turn, text, at });
        }
    }

    /// A turn that ended in the queue still shows what was said.
    fn said_but_not_begun(&mut self, turn: Option<TurnId>) {
        if let Some((text, at)) = turn.and_then(|turn| self.said.remove(&turn)) {
            self.user(turn, text, at);
        }
    }

    fn failed(&mut self, failed: &TurnFailed, at: Timestamp) {
        // A call that never got its end shows one.
        for item in &mut self.items {
            if let TranscriptItem::Tool(block) = item {
                block.awaiting_approval = false;
            }
        }
        let about = if failed.code == "interrupted" {
            NoteKind::Interrupted
        } else {
            NoteKind::Failed
        };
        self.note(about, &failed.message, Some(failed.code.clone()), at);
    }

    fn note(&mut self, about: NoteKind, text: &str, code: Option<String>, at: Timestamp) {
        let text = text.to_owned();
        self.items.push(TranscriptItem::Note {
            about,
            text,
            code,
            at,
        });
    }

    fn block(&mut self, id: CallId) -> Option<&mut ToolBlock> {
        self.items.iter_mut().rev().find_map(|item| match item {
            TranscriptItem::Tool(block) if block.call_id == id => Some(&mut **block),
            _ => None,
        })
    }

    fn started(&mut self, call: &ToolStarted, at: Timestamp) {
        if let Some(block) = self.block(call.call_id) {
            block.awaiting_approval = false;
            return;
        }
        let block = ToolBlock {
            call_id: call.call_id,
            connector_slug: call.connector.clone(),
            connector_name: call.connector_name.clone(),
            tool: call.tool.clone(),
            arguments: call.arguments.clone(),
            outcome: None,
            code: None,
            ms: None,
            content: None,
            given: None,
            awaiting_approval: false,
            at,
        };
        self.items.push(TranscriptItem::Tool(Box::new(block)));
    }

    fn finished(&mut self, call: &ToolFinished) {
        if let Some(block) = self.block(call.call_id) {
            block.awaiting_approval = false;
            block.outcome = Some(call.outcome.clone());
            block.code.clone_from(&call.code);
            block.ms = Some(call.ms);
            block.content = Some(call.content.clone());
            block.given = call.given;
        }
    }
}

fn waiting_block(call: &ToolApproval, at: Timestamp) -> ToolBlock {
    ToolBlock {
        call_id: call.call_id,
        connector_slug: call.connector.clone(),
        connector_name: call.connector_name.clone(),
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        outcome: None,
        code: None,
        ms: None,
        content: None,
        given: None,
        awaiting_approval: true,
        at,
    }
}

fn ending(stop_reason: &str) -> Option<(NoteKind, &'static str)> {
    Some(match stop_reason {
        "stopped" => (NoteKind::Stopped, "Stopped by you."),
        "step_limit" => (
            NoteKind::Ended,
            "The agent reached the limit of its steps for one turn. Write “go on” to let it continue.",
        ),
        "max_tokens" => (
            NoteKind::Ended,
            "The answer reached its longest length. Write “go on” to let it continue.",
        ),
        "refusal" => (NoteKind::Ended, "The model refused to answer this."),
        _ => return None,
    })
}
