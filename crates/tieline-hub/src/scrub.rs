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
        let secret = value.split_once(' ').map_or(value, |(_scheme, rest)| rest);
        for text in [value, secret] {
            if text.len() >= SHORTEST {
                push_forms(&mut needles, text);
            }
        }
        // PHP and others write a slash in JSON as `\/`.
        let slashed: Vec<String> = needles
            .iter()
            .filter(|needle| needle.contains('/'))
            .map(|needle| needle.replace('/', "\\/"))
            .collect();
        needles.extend(slashed);
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
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

fn push_forms(needles: &mut Vec<String>, text: &str) {
    needles.push(text.to_owned());
    let escaped = serde_json::Value::String(text.to_owned()).to_string();
    needles.push(escaped.trim_matches('"').to_owned());
    needles.push(text.bytes().map(|byte| format!("{byte:02x}")).collect());
    needles.push(text.bytes().map(|byte| format!("{byte:02X}")).collect());
    needles.push(url::form_urlencoded::byte_serialize(text.as_bytes()).collect());
    needles.push(text.replace(' ', "%20"));
    for skip in 0..3 {
        // The first characters of a base64 text depend on what stands before it; from the next full group on they
        // depend on the credential alone, so the three starting offsets cover every position.
        let Some(tail) = text.as_bytes().get(skip..) else {
            continue;
        };
        let whole = &tail[..tail.len() - tail.len() % 3];
        needles.push(STANDARD_NO_PAD.encode(whole));
        needles.push(URL_SAFE_NO_PAD.encode(whole));
    }
}
