//! What each event does to a conversation.

use tieline_agent::{
    Event, EventKind, NoteKind, SessionState, TextDelta, ToolApproval, ToolBlock, ToolFinished,
    ToolStarted, TranscriptItem, TurnStarted,
};
use tieline_domain::{CallId, Timestamp};

use super::{Effect, STARTING, Story};
use crate::dashboard::words::shown;

impl Story {
    /// Continues the conversation.
    pub(in crate::dashboard::chat) fn apply(&mut self, event: &Event) -> Effect {
        let was_typing = std::mem::take(&mut self.typing);
        let end = self.items.len();
        let touched = match &event.kind {
            EventKind::TextDelta(delta) => return self.write(delta, was_typing, event.at),
            EventKind::MessageQueued(message) => {
                self.queued.push(message.text.clone());
                return self.tail_only(was_typing);
            }
            EventKind::TurnQueued(queued) => {
                self.state = SessionState::Queued {
                    place: queued.place,
                };
                self.line = self.waiting_line();
                return self.tail_only(was_typing);
            }
            EventKind::ModelRetrying(retrying) => {
                self.line = format!("{} Trying again…", shown(&retrying.reason, 200));
                return self.tail_only(was_typing);
            }
            EventKind::TurnStarted(started) => self.begin_turn(started, event),
            EventKind::ToolApproval(asked) => self.ask(asked, event.at),
            EventKind::ToolDecided(decided) => {
                let at = self.on_call(decided.call_id, |block| block.awaiting_approval = false);
                self.await_the_rest();
                at.unwrap_or(end)
            }
            EventKind::ToolStarted(started) => self.start_call(started, event.at),
            EventKind::ToolFinished(finished) => self.finish_call(finished),
            EventKind::ToolLeftOut(left_out) => {
                let text = format!("{} is left out. {}", left_out.tool, left_out.reason);
                self.push_note(NoteKind::LeftOut, text, None, event.at)
            }
            EventKind::TurnFinished(finished) => {
                self.rest();
                match ending(&finished.stop_reason) {
                    Some((kind, text)) => self.push_note(kind, text, None, event.at),
                    None => end,
                }
            }
            EventKind::TurnFailed(failed) => {
                self.rest();
                let kind = match failed.code.as_str() {
                    "interrupted" => NoteKind::Interrupted,
                    _ => NoteKind::Failed,
                };
                let (text, code) = (failed.message.clone(), failed.code.clone());
                self.push_note(kind, text, Some(code), event.at)
            }
        };
        // A turn that is over may have left calls without an answer, which now show as stopped.
        if event.ends_turn() {
            return Effect::Blocks(self.latest_turn());
        }
        // The text before is complete now and is shown as what it means.
        let touched = if was_typing {
            touched.min(end.saturating_sub(1))
        } else {
            touched
        };
        Effect::Blocks(self.block_of(touched))
    }

    fn tail_only(&mut self, was_typing: bool) -> Effect {
        self.typing = was_typing;
        Effect::Tail
    }

    fn write(&mut self, delta: &TextDelta, was_typing: bool, at: Timestamp) -> Effect {
        self.typing = true;
        if was_typing && let Some(TranscriptItem::Text { markdown, .. }) = self.items.last_mut() {
            markdown.push_str(&delta.text);
            return Effect::More;
        }
        self.line.clear();
        self.items.push(TranscriptItem::Text {
            markdown: delta.text.clone(),
            at,
        });
        Effect::Blocks(self.end() - 1)
    }

    fn begin_turn(&mut self, started: &TurnStarted, event: &Event) -> usize {
        let waiting = self.queued.iter().position(|text| *text == started.text);
        if let Some(at) = waiting {
            self.queued.remove(at);
        }
        self.state = SessionState::Running;
        STARTING.clone_into(&mut self.line);
        let end = self.items.len();
        let known = self.items.last().is_some_and(|item| is_turn(item, event));
        let Some(turn) = event.turn.filter(|_| !known) else {
            return end.saturating_sub(1);
        };
        self.items.push(TranscriptItem::User {
            turn,
            text: started.text.clone(),
            at: event.at,
        });
        end
    }

    fn ask(&mut self, asked: &ToolApproval, at: Timestamp) -> usize {
        self.state = SessionState::AwaitingApproval;
        self.line.clear();
        self.push_call(ToolBlock {
            call_id: asked.call_id,
            connector_slug: asked.connector.clone(),
            connector_name: asked.connector_name.clone(),
            tool: asked.tool.clone(),
            arguments: asked.arguments.clone(),
            outcome: None,
            code: None,
            ms: None,
            content: None,
            given: None,
            awaiting_approval: true,
            at,
        })
    }

    fn start_call(&mut self, started: &ToolStarted, at: Timestamp) -> usize {
        self.line.clear();
        let known = self.on_call(started.call_id, |block| {
            block.awaiting_approval = false;
            block.at = at;
        });
        if let Some(known) = known {
            return known;
        }
        self.push_call(ToolBlock {
            call_id: started.call_id,
            connector_slug: started.connector.clone(),
            connector_name: started.connector_name.clone(),
            tool: started.tool.clone(),
            arguments: started.arguments.clone(),
            outcome: None,
            code: None,
            ms: None,
            content: None,
            given: None,
            awaiting_approval: false,
            at,
        })
    }

    fn finish_call(&mut self, finished: &ToolFinished) -> usize {
        let at = self.on_call(finished.call_id, |block| {
            block.awaiting_approval = false;
            block.outcome = Some(finished.outcome.clone());
            block.code.clone_from(&finished.code);
            block.ms = Some(finished.ms);
            block.content = Some(finished.content.clone());
            block.given = finished.given;
        });
        self.await_the_rest();
        // Every call is answered: the model is asked again.
        if self.calls().all(|block| block.outcome.is_some()) {
            STARTING.clone_into(&mut self.line);
        }
        at.unwrap_or(self.items.len())
    }

    /// Whether another call still waits for its person.
    fn await_the_rest(&mut self) {
        self.state = if self.calls().any(|block| block.awaiting_approval) {
            SessionState::AwaitingApproval
        } else {
            SessionState::Running
        };
    }

    fn rest(&mut self) {
        self.state = SessionState::Idle;
        self.line.clear();
    }

    fn push_call(&mut self, block: ToolBlock) -> usize {
        self.items.push(TranscriptItem::Tool(Box::new(block)));
        self.items.len() - 1
    }

    fn push_note(
        &mut self,
        about: NoteKind,
        text: String,
        code: Option<String>,
        at: Timestamp,
    ) -> usize {
        self.items.push(TranscriptItem::Note {
            about,
            text,
            code,
            at,
        });
        self.items.len() - 1
    }

    /// Changes a call; the position of its item.
    fn on_call(&mut self, id: CallId, change: impl FnOnce(&mut ToolBlock)) -> Option<usize> {
        let mut items = self.items.iter_mut().enumerate().rev();
        let (at, block) = items.find_map(|(at, item)| match item {
            TranscriptItem::Tool(block) if block.call_id == id => Some((at, block)),
            _ => None,
        })?;
        change(block);
        Some(at)
    }
}

fn is_turn(item: &TranscriptItem, event: &Event) -> bool {
    matches!(item, TranscriptItem::User { turn, .. } if Some(*turn) == event.turn)
}

/// What the end of a turn is worth saying.
fn ending(reason: &str) -> Option<(NoteKind, String)> {
    let (kind, text) = match reason {
        "stopped" => (NoteKind::Stopped, "Stopped by you."),
        "step_limit" => (
            NoteKind::Ended,
            "The agent stopped after many steps. Send a message to let it go on.",
        ),
        "max_tokens" => (
            NoteKind::Ended,
            "The answer reached its greatest length. Send a message to let it go on.",
        ),
        "refusal" => (NoteKind::Ended, "The model did not want to answer this."),
        _ => return None,
    };
    Some((kind, text.to_owned()))
}
