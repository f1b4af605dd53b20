use serde_json::value::RawValue;
use tieline_agent::model::Usage;
use tieline_agent::{
    Event, EventKind, MessageQueued, SessionState, TextDelta, ToolFinished, ToolStarted,
    Transcript, TurnFinished, TurnStarted,
};
use tieline_domain::{CallId, Timestamp, TurnId};

use super::{Effect, Story};
use crate::dashboard::chat::view::{Block, Work};

const NOW: Timestamp = Timestamp::from_millis(1_795_307_400_000);

fn id(number: usize) -> String {
    format!("0190b6a4-7c3e-7a52-8d11-{number:012}")
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

/// A conversation that is told one event after the other.
struct Told {
    story: Story,
    last: u64,
}

impl Told {
    fn new() -> Self {
        let empty = Transcript {
            items: Vec::new(),
            last_event: 0,
            state: SessionState::Idle,
            queued_texts: Vec::new(),
        };
        let story = Story::new(empty, "/chat/x".to_owned(), false, "scripted".to_owned());
        Self { story, last: 0 }
    }

    fn tell(&mut self, kind: EventKind) -> Effect {
        self.last += 1;
        self.story.apply(&Event {
            id: self.last,
            turn: TurnId::parse(&id(9)).ok(),
            at: NOW,
            kind,
        })
    }

    fn begin(&mut self, text: &str) -> Effect {
        self.tell(EventKind::TurnStarted(TurnStarted {
            text: text.to_owned(),
        }))
    }

    fn say(&mut self, text: &str) -> Effect {
        self.tell(EventKind::TextDelta(TextDelta {
            text: text.to_owned(),
        }))
    }

    fn call(&mut self, number: usize) -> Effect {
        self.tell(EventKind::ToolStarted(ToolStarted {
            call_id: CallId::parse(&id(number)).expect("an id"),
            connector: "acme_mcp".to_owned(),
            connector_name: "Acme MCP".to_owned(),
            tool: "search".to_owned(),
            arguments: raw("{}"),
        }))
    }

    fn answer(&mut self, number: usize, outcome: &str) -> Effect {
        self.tell(EventKind::ToolFinished(ToolFinished {
            call_id: CallId::parse(&id(number)).expect("an id"),
            outcome: outcome.to_owned(),
            code: None,
            ms: 5,
            content: raw("[]"),
            given: None,
        }))
    }

    fn end(&mut self, reason: &str) -> Effect {
        self.tell(EventKind::TurnFinished(TurnFinished {
            stop_reason: reason.to_owned(),
            usage: Usage::default(),
        }))
    }

    fn blocks(&self) -> Vec<Block> {
        let blocks = self.story.blocks(0, NOW).into_iter();
        blocks.map(|(_, block)| block).collect()
    }
}

#[test]
fn text_is_rendered_as_it_grows_and_when_something_follows() {
    let mut told = Told::new();
    assert_eq!(told.begin("Hello"), Effect::Blocks(0));
    assert_eq!(told.story.tail().line, "Starting…");
    assert_eq!(told.story.writing(), None);
    assert_eq!(told.say("**a"), Effect::Blocks(1));
    assert!(
        matches!(&told.blocks()[1], Block::Typing { html } if html.to_string().contains("**a"))
    );
    assert_eq!(told.say("b**"), Effect::More);
    assert_eq!(told.story.writing(), Some((1, "**ab**")));
    assert!(
        matches!(&told.blocks()[1], Block::Typing { html } if html.to_string().contains("<strong>ab"))
    );
    assert_eq!(told.call(1), Effect::Blocks(1), "the text is told anew");
    assert!(
        matches!(&told.blocks()[1], Block::Text { html } if html.to_string().contains("<strong>ab"))
    );
    assert_eq!(told.answer(1, "ok"), Effect::Blocks(2));
    told.say("done");
    told.end("end_turn");
    assert!(matches!(told.blocks()[3], Block::Text { .. }));
    assert_eq!(told.story.work(), Work::Idle);
}

#[test]
fn calls_that_follow_each_other_are_one_block_and_many_fold() {
    let mut told = Told::new();
    told.begin("Many");
    for number in 1..=4 {
        assert_eq!(told.call(number), Effect::Blocks(1));
    }
    let folded = |told: &Told| match &told.blocks()[1] {
        Block::Calls(calls) => (calls.calls.len(), calls.fold.clone(), calls.open),
        other => panic!("{other:?}"),
    };
    assert_eq!(folded(&told), (4, "4 calls".to_owned(), true));
    for number in 1..=3 {
        told.answer(number, "ok");
    }
    told.answer(4, "tool_error");
    assert_eq!(folded(&told), (4, "4 calls, 1 failed".to_owned(), false));
}

#[test]
fn a_call_without_an_answer_is_stopped_with_its_turn() {
    let mut told = Told::new();
    told.begin("Stop");
    told.call(1);
    assert_eq!(told.end("stopped"), Effect::Blocks(0));
    let blocks = told.blocks();
    assert!(
        matches!(&blocks[1], Block::Calls(calls) if calls.calls[0].status.word == "Stopped" && calls.calls[0].running_ms.is_none())
    );
    assert!(matches!(&blocks[2], Block::Note(note) if note.text.lead == "Stopped by you."));
}

#[test]
fn a_queued_text_waits_below_until_its_turn_begins() {
    let mut told = Told::new();
    told.begin("First");
    told.say("a");
    let queued = MessageQueued {
        text: "Second".to_owned(),
    };
    assert_eq!(told.tell(EventKind::MessageQueued(queued)), Effect::Tail);
    assert_eq!(told.say("b"), Effect::More, "the text goes on");
    assert_eq!(told.story.tail().queued, ["Second"]);
    told.end("end_turn");
    told.story.drop_before(usize::MAX);
    let known = told.story.end();
    told.tell(EventKind::TextDelta(TextDelta {
        text: "late".to_owned(),
    }));
    assert_eq!(told.story.end(), known + 1, "blocks keep their numbers");
}
