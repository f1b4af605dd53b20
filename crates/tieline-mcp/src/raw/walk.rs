//! Reads JSON that comes in pieces, as strictly as [`parse_strict`](super::parse_strict), and keeps none of it.
//!
//! Every step costs the same however long the text is: strings are searched and not decoded, nothing is allocated, and
//! a copy of the reader is a place in the text that one can come back to.

use super::RawError;
use super::lanes::least_and_bits;

/// The deepest nesting that can be followed: one bit for each level.
const DEEPEST: usize = 127;
/// Every number below ten to this power plus one is a double.
const LARGEST_EXPONENT: i64 = 307;

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

/// Within a string.
#[derive(Debug, Clone, Copy, Default)]
struct Text {
    escape: Escape,
    /// The first half of a surrogate pair stands before this place.
    high: bool,
    /// A character that the end of a piece has cut.
    cut: [u8; 4],
    cut_length: usize,
}

#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Unit {
        digits: u8,
        unit: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    part: Part,
    /// Whole digits from the first one that is not zero.
    whole: i64,
    /// Zeros between the point and the first digit that is not zero.
    zeros: i64,
    is_zero: bool,
    exponent: i64,
    is_negative: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Sign,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
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

impl Text {
    /// Reads on in a string; says whether it has ended.
    fn read(&mut self, piece: &[u8], at: &mut usize) -> Result<bool, Unsound> {
        loop {
            match self.escape {
                Escape::None => {
                    let rest = piece.get(*at..).unwrap_or_default();
                    let end = memchr::memchr2(b'"', b'\\', rest);
                    let run = &rest[..end.unwrap_or(rest.len())];
                    if self.high && !(run.is_empty() && end.is_none_or(|end| rest[end] == b'\\')) {
                        return Err(Unsound::LoneSurrogate);
                    }
                    self.characters(run, end.is_some())?;
                    *at += run.len();
                    if end.is_none() {
                        return Ok(false);
                    }
                    let is_quote = piece[*at] == b'"';
                    *at += 1;
                    if is_quote {
                        return Ok(true);
                    }
                    self.escape = Escape::Begun;
                }
                Escape::Begun => {
                    let Some(byte) = piece.get(*at) else {
                        return Ok(false);
                    };
                    *at += 1;
                    self.escape = match byte {
                        b'u' => Escape::Unit { digits: 0, unit: 0 },
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' if self.high => {
                            return Err(Unsound::LoneSurrogate);
                        }
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Escape::None,
                        _ => return Err(Unsound::Grammar),
                    };
                }
                Escape::Unit { digits: 4, unit } => {
                    self.high = match (unit, self.high) {
                        (0xD800..=0xDBFF, false) => true,
                        (0xDC00..=0xDFFF, true) => false,
                        (0xD800..=0xDFFF, _) | (_, true) => return Err(Unsound::LoneSurrogate),
                        (_, false) => false,
                    };
                    self.escape = Escape::None;
                }
                Escape::Unit { digits, unit } => {
                    let Some(byte) = piece.get(*at) else {
                        return Ok(false);
                    };
                    *at += 1;
                    let digit = char::from(*byte).to_digit(16).ok_or(Unsound::Grammar)?;
                    self.escape = Escape::Unit {
                        digits: digits + 1,
                        unit: unit * 16 + digit,
                    };
                }
            }
        }
    }

    /// Characters that stand for themselves. Those at the end of a piece may be cut; before a quote or an escape they
    /// are complete.
    fn characters(&mut self, mut run: &[u8], is_complete: bool) -> Result<(), Unsound> {
        while self.cut_length > 0 {
            let Some((byte, rest)) = run.split_first() else {
                return if is_complete {
                    Err(Unsound::Grammar)
                } else {
                    Ok(())
                };
            };
            self.cut[self.cut_length] = *byte;
            self.cut_length += 1;
            run = rest;
            match std::str::from_utf8(&self.cut[..self.cut_length]) {
                Ok(_) => self.cut_length = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Unsound::Grammar),
            }
        }
        let (least, all) = least_and_bits(run);
        if least < b' ' {
            return Err(Unsound::Grammar);
        }
        if all.is_ascii() {
            return Ok(());
        }
        match std::str::from_utf8(run) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() && !is_complete => {
                let cut = &run[error.valid_up_to()..];
                self.cut[..cut.len()].copy_from_slice(cut);
                self.cut_length = cut.len();
                Ok(())
            }
            Err(_) => Err(Unsound::Grammar),
        }
    }
}

impl Number {
    fn beginning_with(byte: u8) -> Self {
        let part = match byte {
            b'-' => Part::Sign,
            b'0' => Part::Zero,
            _ => Part::Whole,
        };
        let is_digit = part == Part::Whole;
        Self {
            part,
            whole: i64::from(is_digit),
            zeros: 0,
            is_zero: !is_digit,
            exponent: 0,
            is_negative: false,
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Unsound> {
        self.part = match (self.part, byte) {
            (Part::Sign, b'0') => Part::Zero,
            (Part::Sign, b'1'..=b'9') | (Part::Whole, b'0'..=b'9') => {
                self.whole += 1;
                self.is_zero = false;
                Part::Whole
            }
            (Part::Zero | Part::Whole, b'.') => Part::Point,
            (Part::Point | Part::Fraction, b'0'..=b'9') => {
                if byte != b'0' {
                    self.is_zero = false;
                } else if self.is_zero {
                    self.zeros += 1;
                }
                Part::Fraction
            }
            (Part::Zero | Part::Whole | Part::Fraction, b'e' | b'E') => Part::Exponent,
            (Part::Exponent, b'+' | b'-') => {
                self.is_negative = byte == b'-';
                Part::ExponentSign
            }
            (Part::Exponent | Part::ExponentSign | Part::ExponentDigits, b'0'..=b'9') => {
                let digit = i64::from(byte - b'0');
                self.exponent = self.exponent.saturating_mul(10).saturating_add(digit);
                Part::ExponentDigits
            }
            _ => return Err(Unsound::Grammar),
        };
        Ok(())
    }

    /// A number at the very edge of what a double holds counts as beyond it: to know better one would have to keep it.
    fn finish(&self) -> Result<(), Unsound> {
        if matches!(
            self.part,
            Part::Sign | Part::Point | Part::Exponent | Part::ExponentSign
        ) {
            return Err(Unsound::Grammar);
        }
        let first = if self.whole > 0 {
            self.whole - 1
        } else {
            -self.zeros - 1
        };
        let exponent = if self.is_negative {
            first.saturating_sub(self.exponent)
        } else {
            first.saturating_add(self.exponent)
        };
        if !self.is_zero && exponent > LARGEST_EXPONENT {
            return Err(Unsound::NumberOutOfRange);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::raw::parse_strict;

    /// Reads a text in pieces that end at these places; the number of its values.
    fn walk(text: &[u8], cuts: &[usize], max_depth: usize) -> Result<usize, Unsound> {
        let (mut walk, mut values, mut from) = (Walk::new(max_depth), 0, 0);
        for to in cuts.iter().copied().chain([text.len()]) {
            let (piece, mut at) = (&text[from..to], 0);
            loop {
                match walk.step(piece, &mut at)? {
                    Step::More => break,
                    Step::End => values += 1,
                    _ => {}
                }
            }
            assert_eq!(at, piece.len());
            from = to;
        }
        walk.finish().map(|()| values)
    }

    const TEXTS: [&str; 30] = [
        r#"{"a":[1,-2.5e3,0,0.1,1E+2],"b":{},"c":[],"d":null,"e":true,"f":false}"#,
        " \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
        r#"{"ä€😀":"\u00e4\ud83d\ude00\n\"\\\/"}"#,
        r#""just a text""#,
        "null",
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        "{a:1}",
        r#"{"a":}"#,
        "[1,]",
        "[1 2]",
        "[1}",
        r#"{"a":1]"#,
        r#"{"a":1}}"#,
        r#"{"a":1}{}"#,
        r#"{"a":01}"#,
        r#"{"a":-}"#,
        r#"{"a":1.}"#,
        r#"{"a":1e}"#,
        r#"{"a":1e+}"#,
        r#"{"a":.5}"#,
        r#"{"a":1e999}"#,
        r#"{"a":0e999,"b":0.00001e300}"#,
        r#"{"a":tru}"#,
        r#"{"a":nulll}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ud800\n"}"#,
        r#"{"a":"\ude00"}"#,
        r#"{"a":"\u12g4"}"#,
    ];

    /// The verdict is that of the reader of whole texts, wherever the pieces end.
    fn agrees(text: &[u8]) {
        let whole = parse_strict(text, 8).is_ok();
        let at_once = walk(text, &[], 8);
        assert_eq!(at_once.is_ok(), whole, "{}", text.escape_ascii());
        for cut in 0..=text.len() {
            assert_eq!(walk(text, &[cut], 8).is_ok(), whole, "cut at {cut}");
        }
        let each: Vec<usize> = (0..text.len()).collect();
        assert_eq!(walk(text, &each, 8).is_ok(), whole, "byte by byte");
    }

    #[test]
    fn it_is_as_strict_as_the_reader_of_whole_texts() {
        for text in TEXTS {
            agrees(text.as_bytes());
            let nested = format!("[{text},[{text}],{{\"x\":{text}}}]");
            agrees(nested.as_bytes());
        }
        for text in [
            &b"\"\xff\""[..],
            b"\"\xc3\"",
            b"\"\xc3\\n\"",
            b"\"\xed\xa0\x80\"",
            b"\"a\nb\"",
            b"\"\x1f\"",
            b"\"\x7f\"",
            b"",
            b"\xef\xbb\xbf{}",
            b"[[[[[[[[]]]]]]]]",
            b"[[[[[[[[[]]]]]]]]]",
        ] {
            agrees(text);
        }
    }

    #[test]
    fn every_value_ends_once() {
        assert_eq!(walk(TEXTS[0].as_bytes(), &[], 8), Ok(12));
        assert_eq!(walk(b"[1", &[], 8), Err(Unsound::CutOff));
        assert_eq!(walk(b"[[]]", &[], 1), Err(Unsound::TooDeep));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_alike(text in "[\\[\\]{}\",:0-9eE+.\\\\un -]{0,24}") {
            agrees(text.as_bytes());
        }

        #[test]
        fn any_change_of_one_byte_is_judged_alike(which in 0..TEXTS.len(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = TEXTS[which].as_bytes().to_vec();
            let at = place.index(text.len());
            text[at] = byte;
            // At the edge of the range of doubles the two may differ.
            agrees(&text);
        }
    }
}
