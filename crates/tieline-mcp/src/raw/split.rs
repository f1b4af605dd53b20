//! The quick way to take an object apart: one pass that checks the grammar, the depth and the strings as strictly as
//! [`parse_strict`](super::parse_strict), and finds the entries on the way.
//!
//! It says yes only to what the slow way would accept with the same entries. Whatever it does not know or does not like
//! it leaves to the slow way, which has the last word and says what is wrong. In a text that was already found to be JSON
//! only the places are looked for where values end.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde::de::value::{BorrowedStrDeserializer, Error, MapAccessDeserializer, MapDeserializer};
use serde_json::value::RawValue;

use super::lanes::least_and_bits;
use super::{Entry, RawObject};

/// A level is one bit of what is open.
const DEEPEST: usize = 127;
/// Longer numbers may be out of the range of a double, and so may those with a longer exponent.
const LONGEST_NUMBER: usize = 100;
const LONGEST_EXPONENT: usize = 2;
/// Where searching for the end of a string pays, in bytes.
const SHORT_STRING: usize = 48;
/// The name under which `serde_json` hands over a text that was already found to be JSON.
const READY_MADE: &str = "$serde_json::private::RawValue";

/// The entries of the object that the text spells, with white space around it or not; nothing when that is not sure.
/// The object itself is the first of `max_depth` levels. An object behind the first key of `path` is taken apart as well, and
/// in it the one behind the second key, and so on.
pub(super) fn entries<'t>(
    text: &'t str,
    max_depth: usize,
    path: &[&str],
) -> Option<Vec<Entry<'t>>> {
    let inner = max_depth.min(DEEPEST).checked_sub(1)?;
    let (least, _) = least_and_bits(text.as_bytes());
    // White space between the values is no reason, but control characters in a string are. Telling the two apart is for
    // the slower way to look for the end of a string.
    if least < b' ' {
        Splitter::<true>(text).whole(inner, path)
    } else {
        Splitter::<false>(text).whole(inner, path)
    }
}

/// The entries of an object that is known to be JSON; nothing when the value is no object, or holds a key that is not text.
pub(super) fn known_entries(object: &RawValue) -> Option<Vec<Entry<'_>>> {
    let splitter = Splitter::<false>(object.get());
    let value = |_: &str, at| Some((splitter.known_value(at)?, None));
    let (entries, ends) = splitter.each_entry(splitter.white(0), value)?;
    splitter.ends(ends).then_some(entries)
}

/// The text of an object, and whether there may be control characters in it.
#[derive(Clone, Copy)]
struct Splitter<'t, const CONTROLS: bool>(&'t str);

impl<'t, const CONTROLS: bool> Splitter<'t, CONTROLS> {
    /// The entries of a text that holds one object and nothing else.
    fn whole(self, inner: usize, path: &[&str]) -> Option<Vec<Entry<'t>>> {
        let (entries, ends) = self.object(self.white(0), inner, path)?;
        self.ends(ends).then_some(entries)
    }

    /// The entries of the object that begins here, with `inner` levels in it at most, and where it ends.
    fn object(self, at: usize, inner: usize, path: &[&str]) -> Option<(Vec<Entry<'t>>, usize)> {
        self.each_entry(at, |key, at| match path.split_first() {
            Some((first, rest)) if key == *first && self.byte(at)? == b'{' => {
                let (entries, ends) = self.object(at, inner.checked_sub(1)?, rest)?;
                Some((ends, Some(Box::new(RawObject { entries }))))
            }
            _ => Some((self.whole_value(at, inner)?, None)),
        })
    }

    /// The entries of the object that begins here, and where it ends. `value` knows where the value of a key ends that begins
    /// at a place, and may have taken it apart on the way.
    #[inline]
    fn each_entry(
        self,
        begins: usize,
        value: impl Fn(&str, usize) -> Option<(usize, Option<Box<RawObject<'t>>>)>,
    ) -> Option<(Vec<Entry<'t>>, usize)> {
        let text = self.0;
        let mut entries = Vec::with_capacity(4);
        let mut at = self.white(self.expect(begins, b'{')?);
        if self.byte(at)? == b'}' {
            return Some((entries, at + 1));
        }
        loop {
            let (key_ends, is_escaped) = self.string(self.expect(at, b'"')?)?;
            let begins = self.white(self.expect(self.white(key_ends), b':')?);
            let written = &text[at..key_ends];
            let key = if is_escaped {
                Cow::Owned(serde_json::from_str(written).ok()?)
            } else {
                Cow::Borrowed(&text[at + 1..key_ends - 1])
            };
            let (ends, inner) = value(&key, begins)?;
            entries.push(Entry {
                written: Cow::Borrowed(written),
                key,
                value: Cow::Borrowed(checked(&text[begins..ends])?),
                inner,
            });
            at = self.white(ends);
            match self.byte(at)? {
                b',' => at = self.white(at + 1),
                b'}' => return Some((entries, at + 1)),
                _ => return None,
            }
        }
    }

    /// Where the value ends that begins here.
    fn whole_value(&self, mut at: usize, max_depth: usize) -> Option<usize> {
        // One bit for each open level: set for an object.
        let (mut open, mut depth) = (0_u128, 0);
        loop {
            let first = self.byte(at)?;
            at = match first {
                b'"' => self.string(at + 1)?.0,
                b'{' | b'[' => {
                    let is_object = first == b'{';
                    let inside = self.white(at + 1);
                    if depth == max_depth {
                        return None;
                    }
                    if self.byte(inside)? == if is_object { b'}' } else { b']' } {
                        inside + 1
                    } else {
                        depth += 1;
                        open = open << 1 | u128::from(is_object);
                        at = if is_object { self.key(inside)? } else { inside };
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => self.number(at)?,
                b't' => self.word(at, b"true")?,
                b'f' => self.word(at, b"false")?,
                b'n' => self.word(at, b"null")?,
                _ => return None,
            };
            loop {
                if depth == 0 {
                    return Some(at);
                }
                at = self.white(at);
                let in_object = open & 1 == 1;
                match (self.byte(at)?, in_object) {
                    (b',', true) => {
                        at = self.key(self.white(at + 1))?;
                        break;
                    }
                    (b',', false) => {
                        at = self.white(at + 1);
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        (open, depth) = (open >> 1, depth - 1);
                        at += 1;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Where the value ends that begins here, in a text whose grammar nobody has to check any more: brackets count, except
    /// in strings.
    fn known_value(&self, mut at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        loop {
            match self.byte(at)? {
                b'"' => {
                    at = self.known_string(at + 1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    at += 1;
                }
                b'}' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return Some(at),
                b'}' | b']' => {
                    depth -= 1;
                    at += 1;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => at += 1,
            }
        }
    }

    /// Where the string ends whose opening quote lies before this place, in such a text.
    #[inline]
    fn known_string(&self, mut at: usize) -> Option<usize> {
        loop {
            at = self.next_special(at)?;
            if self.byte(at)? == b'"' {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    /// Where the value begins behind the key that begins here.
    fn key(&self, at: usize) -> Option<usize> {
        let (ends, _) = self.string(self.expect(at, b'"')?)?;
        Some(self.white(self.expect(self.white(ends), b':')?))
    }

    /// Where the string ends whose opening quote lies before this place, and whether anything in it is escaped.
    #[inline]
    fn string(&self, at: usize) -> Option<(usize, bool)> {
        let found = self.next_special(at)?;
        if self.byte(found)? == b'"' {
            return Some((found + 1, false));
        }
        Some((self.rest_of_string(found)?, true))
    }

    fn rest_of_string(&self, mut at: usize) -> Option<usize> {
        loop {
            match self.byte(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at = self.next_special(self.escape(at + 1)?)?,
                // Control characters have to be escaped.
                _ => return None,
            }
        }
    }

    /// The next quote, backslash or control character. Most strings are short, so their first bytes are looked at eight
    /// at a time before anybody is asked to search for the rest.
    #[inline]
    fn next_special(&self, mut at: usize) -> Option<usize> {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x80 * ONES;
        // The lowest bit that is set is right; those above it may come from a borrow.
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
        let bytes = self.0.as_bytes();
        let short = at + SHORT_STRING;
        while let Some(eight) = bytes.get(at..)?.first_chunk() {
            let word = u64::from_le_bytes(*eight);
            let mut found = zeros(word ^ (0x22 * ONES)) | zeros(word ^ (0x5C * ONES));
            if CONTROLS {
                found |= word.wrapping_sub(0x20 * ONES) & !word & HIGH;
            }
            if found != 0 {
                return Some(at + (found.trailing_zeros() / 8) as usize);
            }
            at += 8;
            if !CONTROLS && at >= short {
                return Some(at + memchr::memchr2(b'"', b'\\', &bytes[at..])?);
            }
        }
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..=0x1F);
        Some(at + bytes[at..].iter().position(is_special)?)
    }

    /// Where the escape ends whose backslash lies before this place.
    fn escape(&self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
            b'u' => match self.code_unit(at + 1)? {
                0xD800..=0xDBFF => {
                    let second = self.word(at + 5, b"\\u")?;
                    let is_low = matches!(self.code_unit(second)?, 0xDC00..=0xDFFF);
                    is_low.then_some(second + 4)
                }
                0xDC00..=0xDFFF => None,
                _ => Some(at + 5),
            },
            _ => None,
        }
    }

    fn code_unit(&self, at: usize) -> Option<u32> {
        let mut digits = self.0.as_bytes().get(at..at + 4)?.iter();
        digits.try_fold(0, |unit, digit| {
            Some(unit * 16 + char::from(*digit).to_digit(16)?)
        })
    }

    /// Where the number ends that begins here.
    fn number(&self, begins: usize) -> Option<usize> {
        let is_at =
            |at: usize, bytes: &[u8]| self.byte(at).is_some_and(|byte| bytes.contains(&byte));
        let mut at = begins + usize::from(is_at(begins, b"-"));
        at = if is_at(at, b"0") {
            at + 1
        } else {
            self.digits(at)?
        };
        if is_at(at, b".") {
            at = self.digits(at + 1)?;
        }
        if is_at(at, b"eE") {
            let exponent = at + 1 + usize::from(is_at(at + 1, b"+-"));
            at = self.digits(exponent)?;
            if at - exponent > LONGEST_EXPONENT {
                return None;
            }
        }
        (at - begins <= LONGEST_NUMBER).then_some(at)
    }

    fn digits(&self, at: usize) -> Option<usize> {
        let rest = self.0.as_bytes().get(at..)?.iter();
        let count = rest.take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(at + count)
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    #[inline]
    fn expect(&self, at: usize, byte: u8) -> Option<usize> {
        (self.byte(at)? == byte).then_some(at + 1)
    }

    #[inline]
    fn white(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte(at) {
            at += 1;
        }
        at
    }

    fn word(&self, at: usize, word: &[u8]) -> Option<usize> {
        let rest = self.0.as_bytes().get(at..)?;
        rest.starts_with(word).then_some(at + word.len())
    }

    fn ends(&self, at: usize) -> bool {
        self.white(at) == self.0.len()
    }
}

/// A text that was found to be one JSON value, as such. `serde_json` would read it again to make sure, unless it comes
/// from a format that says that it is one.
fn checked(json: &str) -> Option<&RawValue> {
    let text = BorrowedStrDeserializer::<Error>::new(json);
    let ready_made = MapDeserializer::new(std::iter::once((READY_MADE, text)));
    <&RawValue>::deserialize(MapAccessDeserializer::new(ready_made)).ok()
}

#[cfg(test)]
mod tests;
