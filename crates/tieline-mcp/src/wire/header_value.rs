//! Text in the modern request headers: plain where it is plain ASCII, else base64 between two marks.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

const OPENING: &str = "=?base64?";
const CLOSING: &str = "?=";

/// Spells a text so that it survives as a header value.
pub fn encode_header_value(text: &str) -> HeaderValue {
    let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let has_edge_space = text.starts_with(' ') || text.ends_with(' ');
    let looks_coded = text.starts_with(OPENING) && text.ends_with(CLOSING);
    let plain = is_printable && !has_edge_space && !looks_coded;
    let spelled = if plain {
        HeaderValue::from_str(text)
    } else {
        format!("{OPENING}{}{CLOSING}", STANDARD.encode(text)).try_into()
    };
    spelled.expect("visible ASCII and inner spaces make a header value")
}

/// Reads a header value back; nothing when it is neither plain ASCII nor well-formed base64 of UTF-8.
pub fn decode_header_value(value: &HeaderValue) -> Option<Cow<'_, str>> {
    let text = value.to_str().ok()?;
    match text
        .strip_prefix(OPENING)
        .and_then(|rest| rest.strip_suffix(CLOSING))
    {
        Some(coded) => String::from_utf8(STANDARD.decode(coded).ok()?)
            .ok()
            .map(Cow::Owned),
        None => Some(Cow::Borrowed(text)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        for (text, spelled) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode_header_value(text), spelled);
        }
    }

    #[test]
    fn what_is_neither_plain_nor_base64_is_refused() {
        for odd in [
            &b"=?base64?!!?="[..],
            b"=?base64?/w==?=",
            b"=?base64?YQ?=",
            b"t\xc3\xb6k",
        ] {
            assert_eq!(
                decode_header_value(&HeaderValue::from_bytes(odd).unwrap()),
                None,
                "{odd:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in any::<String>()) {
            let value = encode_header_value(&text);
            prop_assert_eq!(decode_header_value(&value).unwrap(), text);
        }
    }
}
