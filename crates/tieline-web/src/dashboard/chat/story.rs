//! A conversation in the making: a transcript, continued by events, as blocks that a page shows.
//!
//! It remembers which blocks an event touched, so that an open page is sent no more than what changed.

mod apply;

use std::ops::Range;
use std::sync::Arc;

use tieline_agent::{
    Event, EventKind, NoteKind, QueuedText, SessionState, ToolBlock, Transcript, TranscriptItem,
};
use tieline_domain::Timestamp;

use super::calls::{Viewer, call, spoken};
use super::markdown;
use super::view::{Block, Calls, Note, Sentence, Talk, Way, Work};
use crate::dashboard::words::{counted, shown};

/// This many calls in a row fold to one line.
const FOLD: usize = 4;
/// Until the model says its first word.
const STARTING: &str = "Starting…";

/// The conversation from some block on.
#[derive(Debug)]
pub(super) struct Story {
    items: Vec<TranscriptItem>,
    /// How many blocks come before the items.
    base: usize,
    state: SessionState,
    /// Whether the last item is a text that still grows.
    typing: bool,
    queued: Vec<String>,
    line: String,
    href: String,
    admin: bool,
    model: String,
}

/// What an event did to the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// More of the text in the last block.
    More,
    /// Blocks from this one on.
    Blocks(usize),
    /// Only what stands below them.
    Tail,
}

impl Story {
    pub(super) fn new(transcript: Transcript, href: String, admin: bool, model: String) -> Self {
        let busy = matches!(
            transcript.state,
            SessionState::Running | SessionState::AwaitingApproval
        );
        let typing = busy && matches!(transcript.items.last(), Some(TranscriptItem::Text { .. }));
        let mut story = Self {
            items: transcript.items,
            base: 0,
            state: transcript.state,
            typing,
            queued: transcript
                .queued_texts
                .into_iter()
                .map(|QueuedText { text, .. }| text)
                .collect(),
            line: String::new(),
            href,
            admin,
            model,
        };
        story.line = story.waiting_line();
        story
    }

    /// Forgets the blocks before `from`, or before the latest turn, whichever is earlier: they never change again.
    pub(super) fn drop_before(&mut self, from: usize) {
        let keep = from.min(self.latest_turn()).saturating_sub(self.base);
        let ranges = self.ranges();
        if let Some(range) = ranges.get(keep) {
            let start = range.start;
            self.items.drain(..start);
            self.base += keep;
        }
    }

    /// The first block of the latest turn.
    pub(super) fn latest_turn(&self) -> usize {
        let last = self
            .items
            .iter()
            .rposition(|item| matches!(item, TranscriptItem::User { .. }));
        let at = last.unwrap_or(0);
        let before = self.ranges().iter().position(|range| range.contains(&at));
        self.base + before.unwrap_or(0)
    }

    /// The number of the block that comes next.
    pub(super) fn end(&self) -> usize {
        self.base + self.ranges().len()
    }

    pub(super) fn first(&self) -> usize {
        self.base
    }

    fn calls(&self) -> impl Iterator<Item = &ToolBlock> {
        self.items.iter().filter_map(|item| match item {
            TranscriptItem::Tool(block) => Some(&**block),
            _ => None,
        })
    }

    fn block_of(&self, item: usize) -> usize {
        let ranges = self.ranges();
        let at = ranges.iter().position(|range| range.contains(&item));
        self.base + at.unwrap_or(ranges.len())
    }

    /// The items of each block: calls that follow each other are one.
    fn ranges(&self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let joins = at > 0 && is_call(item) && is_call(&self.items[at - 1]);
            match ranges.last_mut() {
                Some(last) if joins => last.end = at + 1,
                _ => ranges.push(at..at + 1),
            }
        }
        ranges
    }

    /// The blocks from one on, with their numbers.
    pub(super) fn blocks(&self, from: usize, now: Timestamp) -> Vec<(usize, Block)> {
        let ranges = self.ranges();
        let skip = from.saturating_sub(self.base);
        ranges
            .iter()
            .enumerate()
            .skip(skip)
            .map(|(at, range)| (self.base + at, self.block(range, now)))
            .collect()
    }

    fn block(&self, range: &Range<usize>, now: Timestamp) -> Block {
        match &self.items[range.start] {
            TranscriptItem::User { text, .. } => Block::User { text: text.clone() },
            TranscriptItem::Text { markdown, .. }
                if self.typing && range.end == self.items.len() =>
            {
                Block::Typing {
                    html: markdown::render(markdown),
                }
            }
            TranscriptItem::Text { markdown, .. } => Block::Text {
                html: markdown::render(markdown),
            },
            TranscriptItem::Note {
                about, text, code, ..
            } => Block::Note(note(*about, text, code.as_deref(), self.admin)),
            TranscriptItem::Tool(_) => self.group(range, now),
        }
    }

    fn group(&self, range: &Range<usize>, now: Timestamp) -> Block {
        let busy = !matches!(self.state, SessionState::Idle);
        let alive = busy && self.block_of(range.start) >= self.latest_turn();
        let viewer = Viewer {
            href: self.href.clone(),
            admin: self.admin,
            now,
            alive,
        };
        let blocks: Vec<&ToolBlock> = self.items[range.clone()]
            .iter()
            .filter_map(|item| match item {
                TranscriptItem::Tool(block) => Some(&**block),
                _ => None,
            })
            .collect();
        let failed = blocks
            .iter()
            .filter(|block| block.outcome.as_deref().is_some_and(|word| word != "ok"))
            .count();
        let running = alive && blocks.iter().any(|block| block.outcome.is_none());
        let mut fold = String::new();
        if blocks.len() >= FOLD {
            fold = counted(blocks.len() as u64, "call", "calls");
            if failed > 0 {
                fold = format!("{fold}, {failed} failed");
            }
        }
        Block::Calls(Calls {
            calls: blocks
                .into_iter()
                .map(|block| call(block, &viewer))
                .collect(),
            fold,
            open: running,
        })
    }

    /// The text that is being written, and the number of its block.
    pub(super) fn writing(&self) -> Option<(usize, &str)> {
        match self.items.last() {
            Some(TranscriptItem::Text { markdown, .. }) if self.typing => {
                Some((self.end() - 1, markdown))
            }
            _ => None,
        }
    }

    /// The last text, as it grew.
    pub(super) fn tail(&self) -> Talk {
        Talk {
            blocks: Vec::new(),
            from: self.latest_turn(),
            work: self.work(),
            line: self.line.clone(),
            later: if self.line == STARTING {
                format!("Connecting to {}…", self.model)
            } else {
                String::new()
            },
            queued: self.queued.clone(),
        }
    }

    /// Everything for a page.
    pub(super) fn talk(&self, now: Timestamp) -> Talk {
        Talk {
            blocks: self
                .blocks(0, now)
                .into_iter()
                .map(|(_, block)| block)
                .collect(),
            ..self.tail()
        }
    }

    pub(super) fn work(&self) -> Work {
        match self.state {
            SessionState::Idle => Work::Idle,
            SessionState::Queued { .. } => Work::Queued,
            SessionState::Running | SessionState::AwaitingApproval => Work::Running,
        }
    }

    fn waiting_line(&self) -> String {
        match self.state {
            SessionState::Idle | SessionState::AwaitingApproval => String::new(),
            SessionState::Queued { place: 0 | 1 } => {
                "Waiting for a free place. You are next.".to_owned()
            }
            SessionState::Queued { place } => {
                format!("Waiting for a free place, {} ahead of you.", place - 1)
            }
            SessionState::Running => {
                let waits = match self.items.last() {
                    Some(TranscriptItem::User { .. }) | None => true,
                    Some(TranscriptItem::Tool(block)) => block.outcome.is_some(),
                    _ => false,
                };
                if waits {
                    STARTING.to_owned()
                } else {
                    String::new()
                }
            }
        }
    }

    /// What a screen reader is told after an event.
    pub(super) fn said(&self, event: &Arc<Event>) -> Option<String> {
        match &event.kind {
            EventKind::ToolFinished(finished) => self
                .calls()
                .find(|block| block.call_id == finished.call_id)
                .map(spoken),
            EventKind::ToolApproval(asked) => self
                .calls()
                .find(|block| block.call_id == asked.call_id)
                .map(spoken),
            EventKind::TurnFinished(finished) if finished.stop_reason == "stopped" => {
                Some("Stopped by you.".to_owned())
            }
            EventKind::TurnFinished(_) => {
                let answer = self.items.iter().rev().find_map(|item| match item {
                    TranscriptItem::Text { markdown, .. } => Some(shown(markdown, 2_000)),
                    TranscriptItem::User { .. } => Some(String::new()),
                    _ => None,
                });
                answer
                    .filter(|text| !text.is_empty())
                    .map(|text| format!("Answer: {text}"))
            }
            EventKind::TurnFailed(failed) => Some(shown(&failed.message, 400)),
            _ => None,
        }
    }

    /// The connectors that the session called, for a look at one call's whole text.
    pub(super) fn find(
        transcript: Transcript,
        id: tieline_domain::CallId,
    ) -> Option<Box<ToolBlock>> {
        transcript.items.into_iter().find_map(|item| match item {
            TranscriptItem::Tool(block) if block.call_id == id => Some(block),
            _ => None,
        })
    }
}

fn is_call(item: &TranscriptItem) -> bool {
    matches!(item, TranscriptItem::Tool(_))
}

fn note(about: NoteKind, text: &str, code: Option<&str>, admin: bool) -> Note {
    let class = match about {
        NoteKind::Failed => "bad",
        NoteKind::Interrupted => "warn",
        NoteKind::Stopped | NoteKind::Ended | NoteKind::LeftOut | NoteKind::Retrying => "",
    };
    let settings = admin && code.is_some_and(|code| code.starts_with("model_"));
    let way = if settings {
        Way::Link {
            label: "Settings, Models",
            href: "/settings/models".to_owned(),
        }
    } else {
        Way::None
    };
    let text = match about {
        NoteKind::Stopped => "Stopped by you.".to_owned(),
        _ => shown(text, 600),
    };
    Note {
        class,
        text: Sentence::of(&text),
        way,
    }
}

#[cfg(test)]
mod tests;
