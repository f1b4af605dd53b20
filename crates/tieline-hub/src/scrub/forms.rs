//! The ways in which a credential can be spelled.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A shorter value would match by chance all over a payload, so it is left alone.
const SHORTEST: usize = 8;

/// All forms of one credential, the longest first. They lie in one piece of memory, because every call asks for them.
#[derive(Default)]
pub(super) struct Forms {
    text: String,
    places: Vec<Range<usize>>,
}

impl Forms {
    /// The forms of the whole value and, behind a scheme such as `Bearer`, those of the rest.
    pub(super) fn of(value: &str) -> Self {
        let mut forms = Self {
            text: String::with_capacity(32 * value.len()),
            places: Vec::with_capacity(24),
        };
        forms.push_all(value);
        if let Some((_scheme, secret)) = value.split_once(' ') {
            forms.push_all(secret);
        }
        forms.push_with_escaped_slashes();
        forms.sort();
        forms
    }

    /// A longer form goes first: what holds it whole must not be cut by a shorter one.
    fn sort(&mut self) {
        self.places
            .sort_unstable_by_key(|place| std::cmp::Reverse(place.len()));
    }

    /// The forms of one part alone, such that a text with any form of the whole value has one of these in it: what
    /// stands behind the scheme, if that is long enough to be looked for.
    pub(super) fn of_core(value: &str) -> Self {
        let behind_scheme = value.split_once(' ').map(|(_scheme, secret)| secret);
        let core = behind_scheme.filter(|secret| secret.len() >= SHORTEST);
        let core = core.unwrap_or(value);
        let mut forms = Self {
            text: String::with_capacity(16 * core.len()),
            places: Vec::with_capacity(12),
        };
        forms.push_all(core);
        forms.push_with_escaped_slashes();
        forms.sort();
        forms
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| &self.text[place.clone()])
    }

    /// The length of the shortest form.
    pub(super) fn shortest(&self) -> Option<usize> {
        self.places.last().map(ExactSizeIterator::len)
    }

    /// The length of the longest form.
    pub(super) fn longest(&self) -> usize {
        self.places.first().map_or(0, ExactSizeIterator::len)
    }

    /// A form that would equal the text itself is not made at all.
    fn push_all(&mut self, text: &str) {
        if text.len() < SHORTEST {
            return;
        }
        self.push(|forms| forms.push_str(text));
        let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
        if text.bytes().any(is_escaped) {
            let escaped = serde_json::Value::String(text.to_owned()).to_string();
            self.push(|forms| forms.push_str(escaped.trim_matches('"')));
        }
        self.push(|forms| push_hex(forms, text));
        let lower = self.places.last().cloned().unwrap_or_default();
        self.push(|forms| {
            let start = forms.len();
            forms.extend_from_within(lower);
            forms[start..].make_ascii_uppercase();
        });
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte);
        if !text.bytes().all(is_plain) {
            self.push(|forms| forms.extend(url::form_urlencoded::byte_serialize(text.as_bytes())));
            if text.contains(' ') {
                self.push(|forms| forms.push_str(&text.replace(' ', "%20")));
            }
        }
        for skip in 0..3 {
            self.push_base64(&text.as_bytes()[skip..]);
        }
    }

    /// The first characters of a base64 text depend on what stands before it; from the next full group on they depend on
    /// the credential alone, so the three starting offsets cover every position.
    fn push_base64(&mut self, tail: &[u8]) {
        let whole = &tail[..tail.len() - tail.len() % 3];
        self.push(|forms| STANDARD_NO_PAD.encode_string(whole, forms));
        let standard = self.places.last().cloned().unwrap_or_default();
        if self.text[standard].contains(['+', '/']) {
            self.push(|forms| URL_SAFE_NO_PAD.encode_string(whole, forms));
        }
    }

    /// PHP and others write a slash in JSON as `\/`.
    fn push_with_escaped_slashes(&mut self) {
        if memchr::memchr(b'/', self.text.as_bytes()).is_none() {
            return;
        }
        for at in 0..self.places.len() {
            let form = &self.text[self.places[at].clone()];
            if form.contains('/') {
                let slashed = form.replace('/', "\\/");
                self.push(|forms| forms.push_str(&slashed));
            }
        }
    }

    fn push(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        self.places.push(start..self.text.len());
    }
}

fn push_hex(forms: &mut String, text: &str) {
    let digits = text.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
    forms.extend(digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
}
