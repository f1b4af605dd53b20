//! Small questions about raw values, and raw values from our own.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The decoded text of a raw string, borrowed when it holds no escape; nothing for any other value.
pub fn as_str(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_some() {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// The items of a raw array in order; nothing when it is not an array.
pub fn as_array(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// Whether the raw value is an object.
pub fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Whether the raw value is an array.
pub fn is_array(raw: &RawValue) -> bool {
    raw.get().starts_with('[')
}

/// Whether the raw value is `null`.
pub fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// A string as a raw value.
pub fn raw_str(text: &str) -> Box<RawValue> {
    to_raw(&text)
}

/// Anything that serialises to JSON as a raw value. Not for maps whose keys are not strings.
pub fn to_raw<T: serde::Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("values made in this program serialise to JSON")
}

/// An array of raw values.
pub fn raw_array<'v>(items: impl IntoIterator<Item = &'v RawValue>) -> Box<RawValue> {
    let mut text = String::from("[");
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(item.get());
    }
    text.push(']');
    RawValue::from_string(text).expect("an array made of JSON texts is a JSON text")
}

/// A piece of somebody else's text, made safe for an error message: escaped and at most 64 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}
