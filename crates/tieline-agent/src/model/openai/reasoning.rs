//! What a model thinks aloud, which servers of this format spell in three ways.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::{AssistantPart, Replay, Thinking};

/// The thinking of one answer.
#[derive(Default)]
pub(super) struct Reasoning {
    /// The field that came first. Servers that send both say the same in each.
    field: Option<&'static str>,
    text: String,
    details: Vec<Map<String, Value>>,
}

impl Reasoning {
    /// Takes a piece of one of the two text fields and hands out what is new.
    pub(super) fn text(&mut self, field: &'static str, more: Option<String>) -> Option<String> {
        let more = more.filter(|more| !more.is_empty())?;
        if *self.field.get_or_insert(field) != field {
            return None;
        }
        self.text.push_str(&more);
        Some(more)
    }

    /// Takes pieces of `reasoning_details`. Pieces of one entry follow each other and have its type and place.
    pub(super) fn details(&mut self, pieces: &RawValue) {
        let pieces: Vec<Map<String, Value>> =
            serde_json::from_str(pieces.get()).unwrap_or_default();
        for piece in pieces {
            let same = |last: &Map<String, Value>| {
                last.get("type") == piece.get("type") && last.get("index") == piece.get("index")
            };
            match self.details.last_mut().filter(|last| same(last)) {
                Some(last) => merge(last, piece),
                None => self.details.push(piece),
            }
        }
    }

    /// The parts to keep.
    pub(super) fn into_parts(self) -> Vec<AssistantPart> {
        let mut parts = Vec::new();
        if !self.details.is_empty() {
            let details = Value::from_iter(self.details).to_string();
            // The details hold the text as well: it is kept for the reader, and sent back once.
            let (text, replay) = (self.text, Replay::Details(details));
            parts.push(AssistantPart::Thinking(Thinking { text, replay }));
        } else if let Some(field) = self.field {
            let (text, replay) = (self.text, Replay::Field(field.to_owned()));
            parts.push(AssistantPart::Thinking(Thinking { text, replay }));
        }
        parts
    }
}

fn merge(entry: &mut Map<String, Value>, piece: Map<String, Value>) {
    for (name, value) in piece {
        match (entry.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(more))
                if matches!(name.as_str(), "text" | "summary" | "data") =>
            {
                text.push_str(&more);
            }
            (Some(_), Value::Null) => {}
            (_, value) => {
                entry.insert(name, value);
            }
        }
    }
}
