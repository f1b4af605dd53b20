//! Removes a connector's own credential from what its server sends back.
//!
//! A server that echoes the token, in a result or in an error, must not carry it to a model, a page or a log.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use serde_json::value::RawValue;

const REDACTED: &str = "[redacted]";

/// A shorter value would match by chance all over a payload, so it is left alone.
const SHORTEST: usize = 8;

/// The forms in which one credential could come back.
pub(crate) struct Scrubber {
    needles: Vec<String>,
}

impl Scrubber {
    /// The raw value, and the common encodings of it: base64 at all three offsets in both alphabets, hexadecimal in
    /// both cases, URL-encoded, and with JSON escapes.
    pub(crate) fn new(credential: Option<&str>) -> Self {
        let mut needles = Vec::new();
        let Some(value) = credential else {
            return Self { needles };
        };
        push_forms(&mut needles, value);
        if let Some((_scheme, secret)) = value.split_once(' ') {
            push_forms(&mut needles, secret);
        }
        // PHP and others write a slash in JSON as `\/`.
        let slashed: Vec<String> = needles
            .iter()
            .filter(|needle| needle.contains('/'))
            .map(|needle| needle.replace('/', "\\/"))
            .collect();
        needles.extend(slashed);
        // A longer form goes first: what holds it whole must not be cut by a shorter one.
        needles.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self { needles }
    }

    /// The text with every form of the credential replaced.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut clean = Cow::Borrowed(text);
        for needle in &self.needles {
            if memmem::find(clean.as_bytes(), needle.as_bytes()).is_some() {
                clean = Cow::Owned(clean.replace(needle.as_str(), REDACTED));
            }
        }
        clean
    }

    /// Whether the text holds any form of the credential.
    pub(crate) fn finds(&self, text: &str) -> bool {
        matches!(self.text(text), Cow::Owned(_))
    }

    /// The JSON with every form of the credential replaced; `None` if it would not be JSON afterwards.
    pub(crate) fn json(&self, json: Box<RawValue>) -> Option<Box<RawValue>> {
        match self.text(json.get()) {
            Cow::Borrowed(_) => Some(json),
            Cow::Owned(clean) => RawValue::from_string(clean).ok(),
        }
    }
}

fn hex(text: &str, digits: &[u8; 16]) -> String {
    let digit = |value: u8| char::from(digits[usize::from(value & 15)]);
    text.bytes()
        .flat_map(|byte| [digit(byte >> 4), digit(byte)])
        .collect()
}

/// Every call asks for these, so a form that would equal one before it is not made at all.
fn push_forms(needles: &mut Vec<String>, text: &str) {
    if text.len() < SHORTEST {
        return;
    }
    needles.reserve(12);
    needles.push(text.to_owned());
    let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    if text.bytes().any(is_escaped) {
        let escaped = serde_json::Value::String(text.to_owned()).to_string();
        needles.push(escaped.trim_matches('"').to_owned());
    }
    needles.push(hex(text, b"0123456789abcdef"));
    needles.push(hex(text, b"0123456789ABCDEF"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte);
    if !text.bytes().all(is_plain) {
        needles.push(url::form_urlencoded::byte_serialize(text.as_bytes()).collect());
        needles.push(text.replace(' ', "%20"));
    }
    for skip in 0..3 {
        // The first characters of a base64 text depend on what stands before it; from the next full group on they
        // depend on the credential alone, so the three starting offsets cover every position.
        let Some(tail) = text.as_bytes().get(skip..) else {
            continue;
        };
        let whole = &tail[..tail.len() - tail.len() % 3];
        let standard = STANDARD_NO_PAD.encode(whole);
        if standard.contains(['+', '/']) {
            needles.push(URL_SAFE_NO_PAD.encode(whole));
        }
        needles.push(standard);
    }
}
