//! Reads JSON that comes in pieces, as strictly as [`parse_strict`](super::parse_strict), and keeps none of it.
//!
//! Every step costs the same however long the text is: strings are searched and not decoded, nothing is allocated, and
//! a copy of the reader is a place in the text that one can come back to.

mod number;
mod text;

use super::RawError;
use number::Number;
use text::Text;

/// The deepest nesting that can be followed: one bit for each level.
const DEEPEST: usize = 127;
/// What comes next in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A value begins with this byte, which is still to be read.
    Begin(u8),
    /// A value has ended with the byte before.
    End,
    /// A key begins with the quote that is still to be read.
    Key,
    /// A key has ended with the quote before.
    KeyEnd,
    /// The piece has been read.
    More,
}

/// Why a text is not JSON that every receiver reads the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsound {
    /// It breaks the grammar, or is not UTF-8.
    Grammar,
    /// It ended too early.
    CutOff,
    TooDeep,
    LoneSurrogate,
    NumberOutOfRange,
}

impl Unsound {
    /// The same for a person.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Grammar => "not valid JSON".to_owned(),
            Self::CutOff => "JSON that ends too early".to_owned(),
            Self::TooDeep => RawError::TooDeep { limit: DEEPEST }.to_string(),
            Self::LoneSurrogate => RawError::LoneSurrogate.to_string(),
            Self::NumberOutOfRange => RawError::NumberOutOfRange.to_string(),
        }
    }
}

/// A place in a JSON text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    max_depth: usize,
    state: State,
    depth: usize,
    /// Which of the open levels are objects.
    objects: u128,
    string: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value has to come; in an array that has just begun its end may come as well.
    Value {
        or_end: bool,
    },
    /// A value was announced with [`Step::Begin`].
    Announced,
    /// A key has to come; in an object that has just begun its end may come as well.
    Key {
        or_end: bool,
    },
    AnnouncedKey,
    Colon,
    /// A comma or the end of the level; at the outermost only white space.
    After,
    Text {
        is_key: bool,
    },
    Number(Number),
    Literal(&'static [u8]),
}

impl Walk {
    /// Before the first byte of a text that may be nested so deep.
    pub(crate) fn new(max_depth: usize) -> Self {
        Self {
            max_depth: max_depth.min(DEEPEST),
            state: State::Value { or_end: false },
            depth: 0,
            objects: 0,
            string: Text::default(),
        }
    }

    /// How many objects and arrays are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Fails unless the text is complete.
    pub(crate) fn finish(&self) -> Result<(), Unsound> {
        match self.state {
            State::After if self.depth == 0 => Ok(()),
            State::Number(number) if self.depth == 0 => number.finish(),
            _ => Err(Unsound::CutOff),
        }
    }

    /// Reads on from `at` to the next step.
    pub(crate) fn step(&mut self, piece: &[u8], at: &mut usize) -> Result<Step, Unsound> {
        loop {
            match self.state {
                State::Text { is_key } => {
                    if !self.string.read(piece, at)? {
                        return Ok(Step::More);
                    }
                    self.state = if is_key { State::Colon } else { State::After };
                    return Ok(if is_key { Step::KeyEnd } else { Step::End });
                }
                State::Number(mut number) => {
                    while let Some(&byte) = piece.get(*at) {
                        if !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') {
                            number.finish()?;
                            self.state = State::After;
                            return Ok(Step::End);
                        }
                        number.take(byte)?;
                        *at += 1;
                    }
                    self.state = State::Number(number);
                    return Ok(Step::More);
                }
                State::Literal(rest) => {
                    let Some((expected, rest)) = rest.split_first() else {
                        self.state = State::After;
                        return Ok(Step::End);
                    };
                    match piece.get(*at) {
                        None => return Ok(Step::More),
                        Some(byte) if byte == expected => *at += 1,
                        Some(_) => return Err(Unsound::Grammar),
                    }
                    self.state = State::Literal(rest);
                }
                State::Announced => self.begin(piece[*at], at)?,
                State::AnnouncedKey => {
                    *at += 1;
                    self.string = Text::default();
                    self.state = State::Text { is_key: true };
                }
                _ => match piece.get(*at) {
                    None => return Ok(Step::More),
                    Some(b' ' | b'\t' | b'\n' | b'\r') => *at += 1,
                    Some(&byte) => {
                        if let Some(step) = self.between(byte, at)? {
                            return Ok(step);
                        }
                    }
                },
            }
        }
    }

    /// A byte between values that is no white space.
    fn between(&mut self, byte: u8, at: &mut usize) -> Result<Option<Step>, Unsound> {
        let in_object = self.in_object();
        match (self.state, byte) {
            (State::Value { or_end: true }, b']') | (State::Key { or_end: true }, b'}') => {}
            (State::After, b']') if self.depth > 0 && !in_object => {}
            (State::After, b'}') if self.depth > 0 && in_object => {}
            (State::After, b',') if self.depth > 0 => {
                *at += 1;
                self.state = if in_object {
                    State::Key { or_end: false }
                } else {
                    State::Value { or_end: false }
                };
                return Ok(None);
            }
            (State::Value { .. }, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                self.state = State::Announced;
                return Ok(Some(Step::Begin(byte)));
            }
            (State::Key { .. }, b'"') => {
                self.state = State::AnnouncedKey;
                return Ok(Some(Step::Key));
            }
            (State::Colon, b':') => {
                *at += 1;
                self.state = State::Value { or_end: false };
                return Ok(None);
            }
            _ => return Err(Unsound::Grammar),
        }
        *at += 1;
        self.depth -= 1;
        self.state = State::After;
        Ok(Some(Step::End))
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && self.objects >> (self.depth - 1) & 1 == 1
    }

    /// Reads the first byte of a value.
    fn begin(&mut self, byte: u8, at: &mut usize) -> Result<(), Unsound> {
        self.state = match byte {
            b'{' => {
                self.open(true)?;
                State::Key { or_end: true }
            }
            b'[' => {
                self.open(false)?;
                State::Value { or_end: true }
            }
            b'"' => {
                self.string = Text::default();
                State::Text { is_key: false }
            }
            b't' => State::Literal(b"rue"),
            b'f' => State::Literal(b"alse"),
            b'n' => State::Literal(b"ull"),
            _ => State::Number(Number::beginning_with(byte)),
        };
        *at += 1;
        Ok(())
    }

    fn open(&mut self, is_object: bool) -> Result<(), Unsound> {
        if self.depth >= self.max_depth {
            return Err(Unsound::TooDeep);
        }
        let bit = 1 << self.depth;
        self.objects = if is_object {
            self.objects | bit
        } else {
            self.objects & !bit
        };
        self.depth += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
