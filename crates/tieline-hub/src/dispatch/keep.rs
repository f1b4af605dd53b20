//! What was said in a call, taken down beside its record while an admin wants that. It costs the others one look at a
//! flag in memory.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_mcp::raw::RawObject;

use super::{Call, CallOutcome};
use crate::Hub;
use crate::scrub::Scrubber;
use crate::snapshot::LiveConnector;

/// The most that is kept of arguments, and of a result.
pub const KEPT_CONTENT: usize = 16 * 1024;

/// What the built-in agent calls itself in the records of its calls.
pub const BUILT_IN_AGENT: &str = "Built-in agent";

/// What is kept of one call.
pub(crate) struct Content {
    pub(crate) arguments: Option<Piece>,
    pub(crate) result: Option<Piece>,
}

/// The beginning of a text, and the size of all of it.
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) bytes: usize,
}

impl Piece {
    /// Cut between two characters.
    fn of(whole: &str) -> Self {
        Self {
            text: whole[..whole.floor_char_boundary(KEPT_CONTENT)].to_owned(),
            bytes: whole.len(),
        }
    }

    /// Of a text of which only the beginning is there.
    fn begun(beginning: &[u8], bytes: usize) -> Self {
        let mut text = String::from_utf8_lossy(beginning).into_owned();
        // The cut went through a character.
        if bytes > beginning.len() {
            text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        }
        Self { text, bytes }
    }
}

impl Content {
    /// What it takes in memory.
    pub(crate) fn size(&self) -> usize {
        let pieces = [&self.arguments, &self.result];
        pieces
            .into_iter()
            .flatten()
            .map(|piece| piece.text.len())
            .sum()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// An error of a server as JSON-RPC has it.
#[derive(Serialize)]
struct Error<'a> {
    code: i64,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

impl Hub {
    /// Whether contents are kept at the moment.
    pub(crate) fn keeps_content(&self) -> bool {
        self.inner.snapshot.load().settings().values.keep_content
    }

    /// How much of a result is to be kept that goes on to its caller while it comes.
    pub(super) fn kept_of_passed(&self, call: &Call<'_>) -> usize {
        if self.keeps_content() && !call.is_of_chat() {
            KEPT_CONTENT
        } else {
            0
        }
    }

    /// What is to be kept of a call that ended; nothing while contents are not kept. What the built-in agent says is part
    /// of somebody's chat, which stays with its owner.
    pub(super) fn content_of(
        &self,
        call: &Call<'_>,
        outcome: &CallOutcome,
        sent_to: Option<&Arc<LiveConnector>>,
    ) -> Option<Box<Content>> {
        if !self.keeps_content() || call.is_of_chat() {
            return None;
        }
        let result = match outcome {
            CallOutcome::Ok { result, .. }
            | CallOutcome::ToolError { result, .. }
            | CallOutcome::InputRequired { result }
            | CallOutcome::Task { result } => Some(Piece::of(result.get())),
            CallOutcome::PassedOn(passed) => Some(Piece::begun(&passed.kept, passed.bytes)),
            CallOutcome::RpcError {
                code,
                message,
                data,
                ..
            } => {
                let (code, data) = (*code, data.as_deref());
                let error = Error {
                    code,
                    message,
                    data,
                };
                serde_json::to_string(&error)
                    .ok()
                    .map(|error| Piece::of(&error))
            }
            CallOutcome::UpstreamFailure(_) | CallOutcome::Refused(_) => None,
        };
        Some(Box::new(Content {
            arguments: self.arguments_of(call, sent_to),
            result,
        }))
    }

    /// The arguments without the connector's credential, the one that the call was sent with and the one of now. Answers
    /// were cleaned before; arguments go to their server as they are. If a credential cannot be opened, nobody could say
    /// whether it is among them.
    fn arguments_of(&self, call: &Call<'_>, sent_to: Option<&Arc<LiveConnector>>) -> Option<Piece> {
        let params = RawObject::parse(call.params).ok()?;
        // They may be left out where there are none.
        let arguments = params.get("arguments").map_or("{}", RawValue::get);
        let mut clean = arguments.to_owned();
        let now = self
            .inner
            .snapshot
            .load()
            .connector(call.wanted.connector())
            .cloned();
        for live in sent_to.into_iter().chain(&now) {
            let credential = self.open_credential(live).ok()?;
            let scrubber = Scrubber::new(credential.expose());
            if scrubber.finds(&clean) {
                clean = scrubber.text(&clean).into_owned();
            }
        }
        Some(Piece::of(&clean))
    }
}

impl Call<'_> {
    fn is_of_chat(&self) -> bool {
        self.caller.key.is_none() && self.client.map(|client| &**client) == Some(BUILT_IN_AGENT)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_CONTENT, Piece};

    #[test]
    fn a_text_is_cut_between_two_characters_and_its_size_is_told() {
        let short = Piece::of("{}");
        assert_eq!((short.text.as_str(), short.bytes), ("{}", 2));
        // A character of three bytes stands across the end.
        let long = format!("{}{}", "x".repeat(KEPT_CONTENT - 1), "€".repeat(10));
        let cut = Piece::of(&long);
        assert_eq!((cut.text.len(), cut.bytes), (KEPT_CONTENT - 1, long.len()));
        let begun = Piece::begun(&long.as_bytes()[..KEPT_CONTENT], long.len());
        assert_eq!((begun.text, begun.bytes), (cut.text, cut.bytes));
    }
}
