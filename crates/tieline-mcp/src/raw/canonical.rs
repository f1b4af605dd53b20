//! One spelling for values that mean the same, so that they can be compared by a digest.

use serde_json::value::RawValue;

use super::{RawObject, as_array, as_str, is_array, is_object, to_raw};

/// The value without white space, its keys in order and its strings in one spelling. Numbers keep theirs: a client that
/// sends a value again spells its numbers as before, but not every language keeps the order of keys.
pub fn canonical(raw: &RawValue) -> String {
    let mut text = String::with_capacity(raw.get().len());
    push(&mut text, raw);
    text
}

fn push(text: &mut String, raw: &RawValue) {
    if is_object(raw) {
        let object = RawObject::parse(raw).unwrap_or_default();
        let mut entries: Vec<_> = object.entries().collect();
        entries.sort_by_key(|(key, _)| *key);
        text.push('{');
        for (at, (key, value)) in entries.into_iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            text.push_str(to_raw(key).get());
            text.push(':');
            push(text, value);
        }
        text.push('}');
    } else if is_array(raw) {
        text.push('[');
        for (at, item) in as_array(raw).unwrap_or_default().into_iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            push(text, item);
        }
        text.push(']');
    } else if let Some(string) = as_str(raw) {
        text.push_str(to_raw(&*string).get());
    } else {
        text.push_str(raw.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        canonical(&RawValue::from_string(text.to_owned()).expect("test JSON"))
    }

    #[test]
    fn order_and_white_space_do_not_matter_and_everything_else_does() {
        assert_eq!(
            of(r#"{ "b":[1, {"d":2,"c":"\u0041"}],"a":null}"#),
            r#"{"a":null,"b":[1,{"c":"A","d":2}]}"#
        );
        assert_eq!(of("1.0"), "1.0");
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":1.0}"#));
        assert_ne!(of(r#"["a","b"]"#), of(r#"["b","a"]"#));
        assert_ne!(of(r#"{"a":"b"}"#), of(r#"{"a":["b"]}"#));
    }
}
