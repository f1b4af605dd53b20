//! What both formats need when they send an old answer back: it must be acceptable whatever the model wrote.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde_json::value::RawValue;

/// What stands for a result without text.
pub(super) const NO_CONTENT: &str = "(no content)";

/// The arguments as a JSON object. What is none is wrapped, so that the model sees what it wrote and the API does not
/// refuse the whole conversation because of it.
pub(super) fn arguments(text: &str) -> Cow<'_, RawValue> {
    if is_object(text) {
        let value: &RawValue =
            serde_json::from_str(text).expect("what was read as an object is JSON");
        return Cow::Borrowed(value);
    }
    let wrapped = if text.trim().is_empty() {
        "{}".to_owned()
    } else {
        format!(r#"{{"INVALID_JSON":{}}}"#, serde_json::Value::from(text))
    };
    Cow::Owned(RawValue::from_string(wrapped).expect("an object with one string is JSON"))
}

/// Whether the text is one complete JSON object.
pub(super) fn is_object(text: &str) -> bool {
    if !text.trim_start().starts_with('{') {
        return false;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde::de::IgnoredAny::deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// A name or id with only the characters that APIs accept. A model may have made up something else.
pub(super) fn word(text: &str, max: usize) -> Cow<'_, str> {
    let fine =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if !text.is_empty() && text.len() <= max && text.chars().all(fine) {
        return Cow::Borrowed(text);
    }
    let replaced: String = text
        .chars()
        .map(|character| if fine(character) { character } else { '_' })
        .take(max)
        .collect();
    Cow::Owned(if replaced.is_empty() {
        "_".to_owned()
    } else {
        replaced
    })
}

/// The picture formats that model APIs read.
pub(super) fn is_picture(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp"
    )
}

/// What stands for a picture of another format.
pub(super) fn no_picture(media_type: &str) -> String {
    let media_type = super::text::clean(media_type, None, 60);
    format!("(a picture of type {media_type}, which can’t be shown to the model)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_reach_the_api_as_they_were_or_wrapped() {
        let exact = r#" {"b": 1.0, "a": 12345678901234567890123} "#;
        assert_eq!(arguments(exact).get(), exact.trim());
        assert_eq!(arguments("").get(), "{}");
        assert_eq!(arguments("[1]").get(), r#"{"INVALID_JSON":"[1]"}"#);
        assert_eq!(arguments("{}{}").get(), r#"{"INVALID_JSON":"{}{}"}"#);
        assert_eq!(arguments(r#"{"q":"#).get(), r#"{"INVALID_JSON":"{\"q\":"}"#);
    }

    #[test]
    fn made_up_names_become_acceptable() {
        assert_eq!(word("mcp__a__b-c", 64), "mcp__a__b-c");
        assert_eq!(word("functions.get it:0", 64), "functions_get_it_0");
        assert_eq!(word("", 64), "_");
        assert_eq!(word("abc", 2), "ab");
    }
}
