//! What becomes of each member, by the object that it belongs to and the first byte of its value.

use super::block::{Block, BlockKind};
use super::{Action, Held, Kind, MOST_UNKNOWN, Part, Passage, Stopped};
use crate::bridge::way::Way;
use crate::wire::Era;

// The keys of which an object may have one only, because which of two counts is known at its end.
pub(super) const RESULT_TYPE: u16 = 0;
pub(super) const TTL: u16 = 1;
pub(super) const SCOPE: u16 = 2;
const STRUCTURED: u16 = 3;
const LIST: u16 = 4;
const TYPE: u16 = 5;
const ANNOTATIONS: u16 = 6;
const URI: u16 = 7;
const MEDIA_TYPE: u16 = 8;
const DATA: u16 = 9;
const RESOURCE: u16 = 10;

impl Passage<'_> {
    pub(super) fn of_envelope(&mut self, key: &str, first: u8) -> Result<Action, Stopped> {
        let (bit, action) = match key {
            "jsonrpc" => (0, Action::Hold(Held::Version)),
            "id" => (1, Action::Hold(Held::Id)),
            "error" if first == b'n' => (2, Action::Hold(Held::Null)),
            "result" if first == b'{' => {
                self.facts.result = true;
                (3, Action::Enter(Kind::Result))
            }
            "error" => return Err(Stopped::Rules("both a result and an error")),
            "result" => return Err(Stopped::Rules("a result that is not an object")),
            "method" => {
                return Err(Stopped::Rules("something else in the place of an answer"));
            }
            other => {
                let known = self.unknown.iter().any(|known| *known == other.as_bytes());
                if known || self.unknown.len() >= MOST_UNKNOWN {
                    return Err(Stopped::Rules("a message that names a key twice"));
                }
                self.unknown.push(other.as_bytes().to_vec());
                return Ok(Action::LeaveOut);
            }
        };
        self.once(bit)?;
        Ok(action)
    }

    pub(super) fn of_result(&mut self, key: &str, first: u8) -> Result<Action, Stopped> {
        let (north, south) = (self.way.north, self.way.south);
        let to_legacy = (north, south) == (Era::Legacy, Era::Modern);
        match key {
            "resultType" => self.once(RESULT_TYPE)?,
            "ttlMs" => self.once(TTL)?,
            "cacheScope" => self.once(SCOPE)?,
            "isError" => self.facts.is_error = first == b't',
            _ => {}
        }
        Ok(match key {
            "resultType" if south == Era::Modern => Action::Hold(Held::ResultType),
            "resultType" if north == Era::Modern => Action::Replace("\"complete\""),
            "ttlMs" | "cacheScope" if to_legacy => Action::LeaveOut,
            "ttlMs" if self.mends_caching() => Action::Hold(Held::Ttl),
            "cacheScope" if self.mends_caching() => Action::Hold(Held::Scope),
            "structuredContent" if to_legacy => {
                self.once(STRUCTURED)?;
                if first == b'{' {
                    Action::Pass
                } else {
                    Action::LeaveOut
                }
            }
            _ => {
                let (list, part) = match self.way.method {
                    "prompts/get" => ("messages", Part::Message),
                    "resources/read" => ("contents", Part::Contents),
                    _ => ("content", Part::Block),
                };
                if key != list {
                    return Ok(Action::Pass);
                }
                self.once(LIST)?;
                self.facts.list = first == b'[';
                if first == b'[' && (self.way.normalise || self.way.uris.is_some()) {
                    Action::Enter(Kind::List(part))
                } else {
                    Action::Pass
                }
            }
        })
    }

    /// Whether a client that keeps resources is told how long it may.
    pub(super) fn mends_caching(&self) -> bool {
        let Way {
            north,
            south,
            method,
            normalise,
            ..
        } = self.way;
        method == "resources/read" && north == Era::Modern && (south == Era::Legacy || normalise)
    }

    pub(super) fn of_message(&mut self, key: &str, first: u8) -> Result<Action, Stopped> {
        if key != "content" {
            return Ok(Action::Pass);
        }
        self.once(LIST)?;
        Ok(match first {
            b'{' => Action::Hold(Held::Part(Part::Block, self.walk)),
            b'[' => Action::Enter(Kind::List(Part::Block)),
            _ => Action::Pass,
        })
    }

    pub(super) fn of_contents(&mut self, key: &str, first: u8) -> Result<Action, Stopped> {
        Ok(match key {
            "annotations" if self.way.normalise => {
                self.once(ANNOTATIONS)?;
                Action::Hold(Held::Annotations)
            }
            "uri" if self.way.uris.is_some() => {
                self.once(URI)?;
                if first == b'"' {
                    Action::Hold(Held::Uri)
                } else {
                    Action::Pass
                }
            }
            _ => Action::Pass,
        })
    }

    pub(super) fn of_block(
        &mut self,
        block: Block,
        key: &str,
        first: u8,
    ) -> Result<Action, Stopped> {
        let undecided = Stopped::Rules("a long block whose type comes late");
        let bit = match key {
            "type" => TYPE,
            "annotations" => ANNOTATIONS,
            "uri" => URI,
            "mimeType" => MEDIA_TYPE,
            "data" => DATA,
            "resource" => RESOURCE,
            _ => return Ok(Action::Pass),
        };
        self.once(bit)?;
        let exposes = self.way.uris.is_some();
        Ok(match key {
            "type" => Action::Hold(Held::Type),
            "annotations" if self.way.normalise => Action::Hold(Held::Annotations),
            "uri" if exposes && first == b'"' => match block.kind {
                Some(BlockKind::Link) => Action::Hold(Held::Uri),
                Some(_) => Action::Pass,
                None => return Err(undecided),
            },
            "mimeType" if first == b'"' => {
                self.block(|block| block.has_media_type = true);
                Action::Pass
            }
            "mimeType" if self.way.normalise => match block.kind {
                Some(BlockKind::Image | BlockKind::Audio) => Action::LeaveOut,
                Some(_) => Action::Pass,
                None => return Err(undecided),
            },
            "data" if first == b'"' => Action::Sniff,
            "resource" if first == b'{' => match block.kind {
                Some(BlockKind::Resource) | None => {
                    self.block(|block| block.embeds = true);
                    Action::Hold(Held::Part(Part::Contents, self.walk))
                }
                Some(_) => Action::Pass,
            },
            _ => Action::Pass,
        })
    }

    pub(super) fn block(&mut self, change: impl FnOnce(&mut Block)) {
        if let Some(Kind::Block(block)) = self.frames.last_mut().map(|frame| &mut frame.kind) {
            change(block);
        }
    }
}
