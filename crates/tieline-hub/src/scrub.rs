//! Removes a connector's own credential from what its server sends back.
//!
//! A server that echoes the token, in a result or in an error, must not carry it to a model, a page or a log.

mod forms;
mod probe;
mod stream;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use forms::Forms;
use probe::{Core, Probe};

const REDACTED: &str = "[redacted]";

/// Knows one credential in all the forms in which it could come back.
pub(crate) struct Scrubber {
    whole: Zeroizing<String>,
    /// The forms of the part that every echo of the credential has in it. Few texts make anybody ask for them.
    core: OnceLock<Core>,
    probe: Trace,
}

/// What tells of nearly every text that it does not hold one credential. It is made by the first call with this version of
/// the credential and serves all others; the credential itself is opened for each call anew. Whoever reads it in memory
/// can test guesses, but the key that opens the credential lies there as well.
#[derive(Clone, Default)]
pub(crate) struct Trace(Option<Arc<Probe>>);

/// How a credential is spelled is nobody's to print.
impl fmt::Debug for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Trace").finish_non_exhaustive()
    }
}

impl Scrubber {
    /// The raw value, and the common encodings of it: base64 at all three offsets in both alphabets, hexadecimal in
    /// both cases, URL-encoded, and with JSON escapes.
    pub(crate) fn new(credential: Option<&str>) -> Self {
        Self::known_by(&OnceLock::new(), credential)
    }

    /// The same with what was found out about this version of the credential before.
    pub(crate) fn known_by(known: &OnceLock<Trace>, credential: Option<&str>) -> Self {
        let whole = Zeroizing::new(credential.unwrap_or_default().to_owned());
        let trace = known.get_or_init(|| Trace(Probe::of(&whole).map(Arc::new)));
        Self {
            probe: trace.clone(),
            core: OnceLock::new(),
            whole,
        }
    }

    /// The text with every form of the credential replaced.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.finds(text) {
            return Cow::Borrowed(text);
        }
        let mut clean = text.to_owned();
        for form in Forms::of(&self.whole).iter() {
            clean = clean.replace(form, REDACTED);
        }
        Cow::Owned(clean)
    }

    /// Whether the text holds any form of the credential.
    pub(crate) fn finds(&self, text: &str) -> bool {
        self.finds_in(text.as_bytes())
    }

    fn finds_in(&self, bytes: &[u8]) -> bool {
        let core = || self.core.get_or_init(|| Core::of(&self.whole));
        let found = |probe: &Arc<Probe>| probe.finds(core, bytes);
        self.probe.0.as_ref().is_some_and(found)
    }

    /// The JSON with every form of the credential replaced; `None` if it would not be JSON afterwards.
    pub(crate) fn json(&self, json: Box<RawValue>) -> Option<Box<RawValue>> {
        match self.text(json.get()) {
            Cow::Borrowed(_) => Some(json),
            Cow::Owned(clean) => RawValue::from_string(clean).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "Bearer s/cr+t \"k3y\" ÄÖ==0123456789";

    fn every_form() -> Vec<String> {
        Forms::of(TOKEN).iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        let scrubber = Scrubber::new(Some(TOKEN));
        for form in every_form() {
            for before in 0..40 {
                let text = format!("{}{form}tail", "x".repeat(before));
                let clean = scrubber.text(&text);
                assert!(clean.contains(REDACTED), "{form} after {before}");
                assert!(!clean.contains(&form), "{form} after {before}");
            }
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        let scrubber = Scrubber::new(Some(TOKEN));
        let mut text = "lorem ipsum Bearer 0123456789 ".repeat(200);
        for form in every_form() {
            // All but its last character is not the form.
            let mut shorter = form;
            shorter.pop();
            text.push_str(&shorter);
            text.push('\n');
        }
        assert!(matches!(scrubber.text(&text), Cow::Borrowed(_)));
        for nothing in [None, Some(""), Some("short")] {
            let scrubber = Scrubber::new(nothing);
            assert!(!scrubber.finds("a short text"));
        }
    }

    #[test]
    fn a_value_of_the_least_length_is_found() {
        let scrubber = Scrubber::new(Some("abcdefgh"));
        for before in 0..9 {
            assert!(scrubber.finds(&format!("{}abcdefgh", "-".repeat(before))));
        }
        assert!(!scrubber.finds("abcdefg"));
        assert!(!scrubber.finds("abc"));
    }
}
