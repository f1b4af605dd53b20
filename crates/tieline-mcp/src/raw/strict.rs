//! The one place that decides whether bytes from outside are JSON that every receiver reads the same way.

use serde_json::value::RawValue;

use super::{RawError, RawObject, split};

/// How deep objects and arrays may be nested. Real schemas stay below 30; decoders that recurse break at 128.
pub const MAX_DEPTH: usize = 100;

/// Takes bytes as one JSON value: UTF-8, no byte order mark, no trailing text, at most `max_depth` levels, no unpaired
/// surrogate escape, no number beyond the range of a double. Costs two passes over the bytes and no recursion.
pub fn parse_strict(bytes: &[u8], max_depth: usize) -> Result<&RawValue, RawError> {
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(|error| RawError::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    scan(raw.get().as_bytes(), max_depth)?;
    Ok(raw)
}

/// [`parse_strict`] for a message that has to be an object: it is checked while it is split.
pub fn parse_strict_object(bytes: &[u8], max_depth: usize) -> Result<RawObject<'_>, RawError> {
    parse_strict_along(bytes, max_depth, &[])
}

/// The same, and if it costs nothing the object behind the first key of `path` is split as well, in it the one behind the
/// second key, and so on.
pub fn parse_strict_along<'a>(
    bytes: &'a [u8],
    max_depth: usize,
    path: &[&str],
) -> Result<RawObject<'a>, RawError> {
    let text = std::str::from_utf8(bytes).ok();
    match text.and_then(|text| split::entries(text, max_depth, path)) {
        Some(entries) => Ok(RawObject { entries }),
        None => parse_object_slowly(bytes, max_depth),
    }
}

/// The same in two passes, for what the quick way does not take, and for the words about what is wrong.
pub(super) fn parse_object_slowly(
    bytes: &[u8],
    max_depth: usize,
) -> Result<RawObject<'_>, RawError> {
    match RawObject::parse_bytes(bytes) {
        Ok(object) => {
            scan(bytes, max_depth)?;
            Ok(object)
        }
        // The split ends at the first byte that is no object; whether the rest is JSON decides what to say about it.
        Err(RawError::NotAnObject) => {
            parse_strict(bytes, max_depth)?;
            Err(RawError::NotAnObject)
        }
        Err(error) => Err(error),
    }
}

/// Walks a text that is already known to follow the grammar.
fn scan(text: &[u8], max_depth: usize) -> Result<(), RawError> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at = match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > max_depth {
                    return Err(RawError::TooDeep { limit: max_depth });
                }
                at + 1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            b'"' => end_of_string(text, at + 1)?,
            b'-' | b'0'..=b'9' => end_of_number(text, at)?,
            _ => at + 1,
        };
    }
    Ok(())
}

/// The position after the closing quote of the string whose content starts at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> Result<usize, RawError> {
    let mut high_before = false;
    loop {
        let Some(skip) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) else {
            return Ok(text.len());
        };
        if high_before && skip > 0 {
            return Err(RawError::LoneSurrogate);
        }
        at += skip;
        if text[at] == b'"' {
            return if high_before {
                Err(RawError::LoneSurrogate)
            } else {
                Ok(at + 1)
            };
        }
        if text.get(at + 1) != Some(&b'u') {
            if high_before {
                return Err(RawError::LoneSurrogate);
            }
            at += 2;
            continue;
        }
        high_before = match (code_unit(text, at + 2), high_before) {
            (0xD800..=0xDBFF, false) => true,
            (0xDC00..=0xDFFF, true) => false,
            (0xD800..=0xDFFF, _) | (_, true) => return Err(RawError::LoneSurrogate),
            (_, false) => false,
        };
        at += 6;
    }
}

fn code_unit(text: &[u8], at: usize) -> u32 {
    let digits = text.get(at..at + 4).unwrap_or_default();
    digits.iter().fold(0, |unit, digit| {
        unit * 16 + char::from(*digit).to_digit(16).unwrap_or(0)
    })
}

/// The position after the number that starts at `at`.
fn end_of_number(text: &[u8], at: usize) -> Result<usize, RawError> {
    let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    let length = text[at..].iter().take_while(|byte| is_part(byte)).count();
    let number = &text[at..at + length];
    let may_overflow = length > 300 || number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    if may_overflow {
        let value = std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse::<f64>().ok());
        if !value.is_some_and(f64::is_finite) {
            return Err(RawError::NumberOutOfRange);
        }
    }
    Ok(at + length)
}
