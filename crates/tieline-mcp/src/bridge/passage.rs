//! A result on its way to the client while it still comes in: what [`result_for`](super::result_for) makes of a whole
//! one, byte by byte.
//!
//! The message is followed on its outer levels only: the envelope, the members of the result, and the blocks in its
//! list (`content`, `contents`, `messages`). Everything below passes as it is and is only checked to be JSON. What
//! changes on the way is either short (`resultType`, `annotations`, a URI), so it is held until it has come and put
//! right in its place, or it is left out, or it is put at the end of its object.
//!
//! A block that is not long is held and treated like one of a whole result. Of a longer one the beginning is searched
//! for its `type`, and then its members pass one by one, so that it may be as long as it wants.
//!
//! Nothing is handed out before [`Passage::may_begin`]. Until then every doubt is a reason to read the whole answer
//! first, which needs no decision in advance. From then on what contradicts the beginning is an error: the answer is
//! broken off, so that a client never takes a wrong one for the right one.

use std::mem;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::blocks::{self, Changing};
use super::fixes;
use super::way::Way;
use crate::raw::{RawObject, Step, Unsound, Walk, as_str, raw_str};
use crate::wire::Era;

mod block;
mod members;
mod out;

use block::{Block, BlockKind, type_within};
use members::{RESULT_TYPE, SCOPE, TTL};
use out::Out;

/// What is held of one member, and of everything between two members.
const MOST_HELD: usize = 16 << 10;
/// A block that is longer is passed on while it comes.
const LONG_BLOCK: usize = 16 << 10;
/// Members of a message that mean nothing to us.
const MOST_UNKNOWN: usize = 16;

/// Why an answer cannot be passed on while it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It is not JSON.
    Unsound(Unsound),
    /// It answers another request.
    IdMismatch,
    /// It breaks the rules of the protocol, or cannot be judged before it has come as a whole.
    Rules(&'static str),
}

impl From<Unsound> for Stopped {
    fn from(unsound: Unsound) -> Self {
        Self::Unsound(unsound)
    }
}

/// What a complete answer turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The tool says that it failed.
    pub(crate) is_error: bool,
    /// Bytes of the result as the client got it.
    pub(crate) bytes: usize,
}

/// The JSON-RPC answer to one request, from which the result is taken on its way.
pub(crate) struct Passage<'w> {
    way: Way<'w>,
    id: u64,
    long_block: usize,
    walk: Walk,
    frames: Vec<Frame>,
    route: Route,
    /// What stands between two members, with the key of the next.
    gap: Vec<u8>,
    /// Where the key begins in there.
    key_at: usize,
    held: Vec<u8>,
    out: Out,
    facts: Facts,
    unknown: Vec<Vec<u8>>,
}

/// What is known of the answer so far.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact that is learned on its own"
)]
struct Facts {
    version: bool,
    id: bool,
    result: bool,
    /// The result says that it is complete.
    complete: bool,
    /// It has the list that only complete results have.
    list: bool,
    is_error: bool,
}

/// An open object or array whose members are looked at.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// Members that were passed on.
    kept: usize,
    /// Which of the keys that matter here were seen.
    seen: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Envelope,
    Result,
    List(Part),
    Message,
    Contents,
    Block(Block),
}

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Block,
    Contents,
    Message,
}

/// Where the bytes of the value go that is being read. It ends when the walk is back at this depth.
#[derive(Debug, Clone, Copy)]
enum Route {
    /// No value: the space between two.
    Gap,
    Pass {
        depth: usize,
        sniffs: bool,
    },
    Swallow {
        depth: usize,
    },
    Hold {
        depth: usize,
        what: Held,
    },
}

#[derive(Debug, Clone, Copy)]
enum Held {
    Version,
    Id,
    Null,
    ResultType,
    Ttl,
    Scope,
    Type,
    Annotations,
    Uri,
    /// A block as a whole; the place to come back to when it turns out to be long.
    Part(Part, Walk),
}

/// What becomes of a value that begins.
enum Action {
    Pass,
    /// The same, with a look at its beginning.
    Sniff,
    LeaveOut,
    Replace(&'static str),
    Hold(Held),
    Enter(Kind),
}

impl<'w> Passage<'w> {
    /// For the answer to the request with this id.
    pub(crate) fn new(way: Way<'w>, id: u64, max_depth: usize) -> Self {
        Self {
            way,
            id,
            long_block: LONG_BLOCK,
            walk: Walk::new(max_depth),
            frames: Vec::with_capacity(8),
            route: Route::Gap,
            gap: Vec::new(),
            key_at: 0,
            held: Vec::new(),
            out: Out::default(),
            facts: Facts::default(),
            unknown: Vec::new(),
        }
    }

    /// Whether enough is known to hand out what has come: this is a result, and one that is complete.
    pub(crate) fn may_begin(&self) -> bool {
        let Facts {
            result,
            complete,
            list,
            ..
        } = self.facts;
        result && (self.way.south == Era::Legacy || complete || list)
    }

    /// The next bytes of the result as the client is to get it.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.out.take()
    }

    /// Takes the next piece of the answer.
    pub(crate) fn push(&mut self, piece: &Bytes) -> Result<(), Stopped> {
        self.read(piece, 0)
    }

    /// The answer has ended. Fails unless it was whole and right.
    pub(crate) fn finish(&self) -> Result<Passed, Stopped> {
        self.walk.finish()?;
        if !self.facts.version {
            return Err(Stopped::Rules("the body is JSON, but not JSON-RPC 2.0"));
        }
        if !self.facts.result {
            return Err(Stopped::Rules("neither a result nor an error"));
        }
        if !self.facts.id {
            return Err(Stopped::IdMismatch);
        }
        Ok(Passed {
            is_error: self.facts.is_error,
            bytes: self.out.bytes(),
        })
    }

    fn read(&mut self, piece: &Bytes, mut from: usize) -> Result<(), Stopped> {
        let mut at = 0;
        loop {
            let step = self.walk.step(piece, &mut at)?;
            match (step, self.route) {
                (Step::More, _) => {
                    self.put(piece, from, at)?;
                    return self.look_at_length();
                }
                (Step::Begin(first), Route::Gap) => {
                    self.put(piece, from, at)?;
                    from = at;
                    if self.begin(first)? {
                        // The bracket was written when its frame was entered.
                        from += 1;
                    }
                }
                (Step::Key, Route::Gap) => {
                    self.put(piece, from, at)?;
                    (from, self.key_at) = (at, self.gap.len());
                }
                (Step::End, Route::Gap) => {
                    self.put(piece, from, at - 1)?;
                    from = at;
                    self.leave(piece[at - 1])?;
                }
                (
                    Step::End,
                    Route::Pass { depth, .. }
                    | Route::Swallow { depth }
                    | Route::Hold { depth, .. },
                ) if self.walk.depth() == depth => {
                    self.put(piece, from, at)?;
                    from = at;
                    self.end()?;
                }
                // What lies deeper is nobody's business.
                _ => {}
            }
        }
    }

    /// Brings bytes to where they go.
    fn put(&mut self, piece: &Bytes, from: usize, to: usize) -> Result<(), Stopped> {
        if from >= to {
            return Ok(());
        }
        let bytes = &piece[from..to];
        match self.route {
            Route::Gap => {
                self.gap.extend_from_slice(bytes);
                if self.gap.len() > MOST_HELD {
                    return Err(Stopped::Rules("too much between two members"));
                }
            }
            Route::Pass { sniffs, .. } => {
                if sniffs
                    && let Some(Kind::Block(block)) =
                        self.frames.last_mut().map(|frame| &mut frame.kind)
                {
                    block.sniff(bytes);
                }
                self.out.pass(piece, from, to);
            }
            Route::Swallow { .. } => {}
            Route::Hold { .. } => self.held.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// What is held may have become too much for that.
    fn look_at_length(&mut self) -> Result<(), Stopped> {
        match self.route {
            Route::Hold {
                what: Held::Part(part, place),
                ..
            } if self.held.len() > self.long_block => self.pass_part(part, place),
            Route::Hold { .. } if self.held.len() > MOST_HELD.max(self.long_block) => {
                Err(Stopped::Rules("a member that is longer than it can be"))
            }
            _ => Ok(()),
        }
    }

    /// Goes back to the beginning of a block and passes its members on one by one.
    fn pass_part(&mut self, part: Part, place: Walk) -> Result<(), Stopped> {
        let begun = Bytes::from(mem::take(&mut self.held));
        let kind = match part {
            Part::Message => Kind::Message,
            Part::Contents => Kind::Contents,
            Part::Block => Kind::Block(Block::new(type_within(&begun))),
        };
        self.walk = place;
        self.enter(kind, b'{');
        self.read(&begun, 1)
    }

    /// A value begins between two others. Says whether its first byte is done with.
    fn begin(&mut self, first: u8) -> Result<bool, Stopped> {
        let depth = self.walk.depth();
        let Some(frame) = self.frames.last() else {
            if first != b'{' {
                return Err(Stopped::Rules("something else in the place of a message"));
            }
            self.enter(Kind::Envelope, first);
            return Ok(true);
        };
        let kind = frame.kind;
        let key = match kind {
            Kind::List(_) => String::new(),
            _ => key_of(&self.gap[self.key_at..])?,
        };
        let action = match kind {
            Kind::Envelope => self.of_envelope(&key, first)?,
            Kind::Result => self.of_result(&key, first)?,
            Kind::List(part) if first == b'{' => Action::Hold(Held::Part(part, self.walk)),
            Kind::List(_) => Action::Pass,
            Kind::Message => self.of_message(&key, first)?,
            Kind::Contents => self.of_contents(&key, first)?,
            Kind::Block(block) => self.of_block(block, &key, first)?,
        };
        self.route = match action {
            Action::Pass | Action::Sniff => {
                self.keep_gap();
                Route::Pass {
                    depth,
                    sniffs: matches!(action, Action::Sniff),
                }
            }
            Action::LeaveOut => Route::Swallow { depth },
            Action::Replace(with) => {
                self.keep_gap();
                self.out.write(with.as_bytes());
                Route::Swallow { depth }
            }
            Action::Hold(what) => {
                // A block is never left out.
                if matches!(what, Held::Part(..)) {
                    self.keep_gap();
                }
                Route::Hold { depth, what }
            }
            Action::Enter(kind) => {
                self.keep_gap();
                self.enter(kind, first);
                return Ok(true);
            }
        };
        Ok(false)
    }

    fn enter(&mut self, kind: Kind, bracket: u8) {
        if kind != Kind::Envelope {
            self.out.write(&[bracket]);
        }
        self.frames.push(Frame {
            kind,
            kept: 0,
            seen: 0,
        });
        self.gap.clear();
        self.route = Route::Gap;
    }

    /// Writes what stands before a member that stays. The comma goes when nothing stayed before it.
    fn keep_gap(&mut self) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if frame.kind != Kind::Envelope {
            let comma = (frame.kept == 0)
                .then(|| self.gap.iter().position(|byte| !byte.is_ascii_whitespace()))
                .flatten()
                .filter(|at| self.gap[*at] == b',');
            match comma {
                Some(at) => {
                    self.out.write(&self.gap[..at]);
                    self.out.write(&self.gap[at + 1..]);
                }
                None => self.out.write(&self.gap),
            }
        }
        frame.kept += 1;
    }

    /// The key has to be the first of its kind here: which of two counts is known only at the end.
    fn once(&mut self, bit: u16) -> Result<(), Stopped> {
        if let Some(frame) = self.frames.last_mut() {
            if frame.seen >> bit & 1 == 1 {
                return Err(Stopped::Rules("a message that names a key twice"));
            }
            frame.seen |= 1 << bit;
        }
        Ok(())
    }

    fn was_seen(&self, bit: u16) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.seen >> bit & 1 == 1)
    }

    /// A value between two others has ended.
    fn end(&mut self) -> Result<(), Stopped> {
        let route = mem::replace(&mut self.route, Route::Gap);
        if let Route::Hold { what, .. } = route {
            let held = mem::take(&mut self.held);
            self.put_right(what, &held)?;
            // Its place in memory serves again.
            self.held = held;
            self.held.clear();
        }
        self.gap.clear();
        Ok(())
    }

    /// What was held is complete.
    fn put_right(&mut self, what: Held, held: &[u8]) -> Result<(), Stopped> {
        let text = std::str::from_utf8(held).map_err(|_| Unsound::Grammar)?;
        let raw: &RawValue = serde_json::from_str(text).map_err(|_| Unsound::Grammar)?;
        match what {
            Held::Version => {
                self.facts.version = as_str(raw).as_deref() == Some("2.0");
                if !self.facts.version {
                    return Err(Stopped::Rules("the body is JSON, but not JSON-RPC 2.0"));
                }
            }
            Held::Id => {
                self.facts.id = text.parse() == Ok(self.id);
                if !self.facts.id {
                    return Err(Stopped::IdMismatch);
                }
            }
            Held::Null => {}
            Held::ResultType => {
                self.facts.complete = as_str(raw).as_deref() == Some("complete");
                if !self.facts.complete {
                    return Err(Stopped::Rules("a result that is not complete after all"));
                }
                if self.way.north == Era::Modern {
                    self.keep_gap();
                    self.out.write(held);
                }
            }
            Held::Ttl | Held::Scope => {
                let (key, is_ttl) = match what {
                    Held::Ttl => ("ttlMs", true),
                    _ => ("cacheScope", false),
                };
                let (ttl, scope) = fixes::caching(&RawObject::new().with(key, raw));
                let new = if is_ttl { ttl } else { scope };
                self.keep_gap();
                self.out
                    .write(new.as_deref().unwrap_or(raw).get().as_bytes());
            }
            Held::Type => {
                let kind = BlockKind::of(as_str(raw).as_deref());
                self.block(|block| block.kind = Some(kind));
                self.keep_gap();
                self.out.write(held);
            }
            Held::Annotations => {
                match fixes::annotations(&RawObject::new().with("annotations", raw)) {
                    Some(None) => {}
                    changed => {
                        self.keep_gap();
                        let kept = changed.flatten();
                        self.out
                            .write(kept.as_deref().unwrap_or(raw).get().as_bytes());
                    }
                }
            }
            Held::Uri => {
                let whole = RawObject::new().with("uri", raw);
                let mut exposed = Changing::new(&whole);
                exposed.expose(&self.way, "uri");
                let exposed = exposed.done();
                let exposed = exposed
                    .as_deref()
                    .and_then(|held| RawObject::parse(held).ok());
                let uri = exposed.as_ref().and_then(|held| held.get("uri"));
                self.keep_gap();
                self.out.write(uri.unwrap_or(raw).get().as_bytes());
            }
            Held::Part(part, _) => {
                let changed = match part {
                    Part::Block => blocks::block(&self.way, raw),
                    Part::Contents => blocks::contents(&self.way, raw),
                    Part::Message => blocks::message(&self.way, raw),
                };
                self.out
                    .write(changed.as_deref().unwrap_or(raw).get().as_bytes());
            }
        }
        Ok(())
    }

    /// A frame's bracket closes; what it still lacks is put before it.
    fn leave(&mut self, bracket: u8) -> Result<(), Stopped> {
        match self.frames.last().map(|frame| frame.kind) {
            None | Some(Kind::Envelope) => {}
            Some(kind) => {
                self.out.write(&self.gap);
                match kind {
                    Kind::Result => self.complete_result(),
                    Kind::Block(block) => self.complete_block(block)?,
                    _ => {}
                }
                self.out.write(&[bracket]);
            }
        }
        self.frames.pop();
        self.gap.clear();
        Ok(())
    }

    fn complete_result(&mut self) {
        if self.way.north == Era::Modern && !self.was_seen(RESULT_TYPE) {
            self.add("resultType", &raw_str("complete"));
        }
        if self.mends_caching() {
            let (ttl, scope) = fixes::caching(&RawObject::new());
            if let Some(ttl) = ttl.filter(|_| !self.was_seen(TTL)) {
                self.add("ttlMs", &ttl);
            }
            if let Some(scope) = scope.filter(|_| !self.was_seen(SCOPE)) {
                self.add("cacheScope", &scope);
            }
        }
    }

    fn complete_block(&mut self, block: Block) -> Result<(), Stopped> {
        if block.embeds && block.kind != Some(BlockKind::Resource) {
            return Err(Stopped::Rules("a resource in a block of another type"));
        }
        if self.way.normalise
            && !block.has_media_type
            && let Some(kind) = block.media()
        {
            let data =
                std::str::from_utf8(block.data.get(1..block.data_length).unwrap_or_default());
            let data = data.unwrap_or_default().replace("\\/", "/");
            let known = RawObject::new()
                .rename_value("type", kind)
                .rename_value("data", &data);
            if let Some(media_type) = fixes::media_type(&known) {
                self.add("mimeType", &raw_str(media_type));
            }
        }
        Ok(())
    }

    /// One more member at the end of the innermost object.
    fn add(&mut self, key: &str, value: &RawValue) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let comma = if frame.kept > 0 { "," } else { "" };
        frame.kept += 1;
        self.out
            .write(format!("{comma}\"{key}\":{}", value.get()).as_bytes());
    }
}

/// The key at the beginning of a text that goes on with a colon.
fn key_of(text: &[u8]) -> Result<String, Stopped> {
    let mut keys = serde_json::Deserializer::from_slice(text).into_iter::<String>();
    match keys.next() {
        Some(Ok(key)) => Ok(key),
        _ => Err(Stopped::Unsound(Unsound::Grammar)),
    }
}

#[cfg(test)]
mod tests;
