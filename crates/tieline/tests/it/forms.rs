//! The forms in which a secret could be written somewhere, and a search for all of them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What to search for, and how to call it when it is found.
pub(crate) struct Forms(Vec<(String, Vec<u8>)>);

impl Forms {
    /// Raw, in base64 at its three offsets and both alphabets, in hexadecimal, URL-encoded, and backwards.
    pub(crate) fn of(name: &str, secret: &str) -> Self {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let hex = secret
            .bytes()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let mut forms = vec![
            ("raw", secret.to_owned()),
            ("hex", hex.clone()),
            ("HEX", hex.to_uppercase()),
            ("URL-encoded", encoded.clone()),
            ("url-encoded", encoded.to_lowercase()),
            ("with escaped slashes", secret.replace('/', "\\/")),
            ("backwards", secret.chars().rev().collect()),
        ];
        for skip in 0..3 {
            let tail = &secret.as_bytes()[skip..];
            let whole = &tail[..tail.len() - tail.len() % 3];
            forms.push(("base64", STANDARD_NO_PAD.encode(whole)));
            forms.push(("base64url", URL_SAFE_NO_PAD.encode(whole)));
        }
        let named = |(form, text): (&str, String)| (format!("{name}, {form}"), text.into_bytes());
        Self(forms.into_iter().map(named).collect())
    }

    /// Adds the forms of one more secret.
    pub(crate) fn and(mut self, name: &str, secret: &str) -> Self {
        self.0.extend(Self::of(name, secret).0);
        self
    }

    /// Which forms occur.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let occurs = |form: &[u8]| memchr::memmem::find(bytes, form).is_some();
        let found = self.0.iter().filter(|(_, form)| occurs(form));
        found.map(|(name, _)| name.as_str()).collect()
    }

    /// Fails the test when any form occurs.
    #[track_caller]
    pub(crate) fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let found = self.found_in(bytes);
        assert!(found.is_empty(), "{place} holds {found:?}");
    }
}

#[test]
fn every_form_is_found() {
    let secret = "cn+ry/Zq~9w<Tk&4vLx%p0Rj=HdNm3QsY";
    let forms = Forms::of("token", secret);
    let encode = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{secret}!"));
    for text in [
        secret.to_owned(),
        encode(""),
        encode("x"),
        encode("xy"),
        encode("xyz"),
    ] {
        assert!(
            !forms.found_in(format!("…{text}…").as_bytes()).is_empty(),
            "{text}"
        );
    }
    forms.assert_absent("nothing", b"nothing to see here");
}
