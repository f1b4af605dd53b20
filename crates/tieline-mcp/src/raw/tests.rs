//! What survives and what is refused when raw objects are split and joined.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("test JSON")
}

const ODD: &str = r#"{"z":1.0,"a":0.7,"big":12345678901234567890123,"e":1e5,"\u0061b":"\u00e9\/","n":null,"deep":{"y":[ 1, 2 ],"x":-0.0}}"#;

#[test]
fn an_untouched_object_keeps_every_byte() {
    let text = raw(ODD);
    assert_eq!(RawObject::parse(&text).unwrap().to_json(), ODD);
}

#[test]
fn one_changed_entry_leaves_the_others_alone() {
    let text = raw(ODD);
    let changed = RawObject::parse(&text)
        .unwrap()
        .rename_value("n", "new \"name\"")
        .to_json();
    assert_eq!(changed, ODD.replace("\"n\":null", r#""n":"new \"name\"""#));
}

#[test]
fn keys_are_found_by_their_meaning_and_written_as_they_were() {
    let text = raw(ODD);
    let object = RawObject::parse(&text).unwrap();
    assert_eq!(object.get("ab").unwrap().get(), r#""\u00e9\/""#);
    assert_eq!(object.get_str("ab").unwrap(), "é/");
    assert_eq!(object.get_str("a"), None);
    assert_eq!(
        object.clone().with("ab", raw("1")).to_json(),
        ODD.replace(r#""\u00e9\/""#, "1")
    );
    assert!(object.without(&["ab", "absent"]).get("ab").is_none());
}

#[test]
fn a_key_spelled_two_ways_is_a_duplicate() {
    let text = raw(r#"{"a":1,"b":2,"\u0061":3}"#);
    let object = RawObject::parse(&text).unwrap();
    assert_eq!(object.duplicate_key(), Some("a"));
    assert_eq!(
        object.refuse_duplicates(),
        Err(RawError::DuplicateKey {
            key: "a".to_owned()
        })
    );
    assert_eq!(object.get("a").unwrap().get(), "3");
    assert_eq!(object.with("a", raw("4")).to_json(), r#"{"a":4,"b":2}"#);
}

#[test]
fn many_keys_are_searched_for_duplicates_too() {
    let body: Vec<String> = (0..50).map(|n| format!("\"k{n}\":{n}")).collect();
    let unique = raw(&format!("{{{}}}", body.join(",")));
    assert_eq!(RawObject::parse(&unique).unwrap().duplicate_key(), None);
    let twice = raw(&format!("{{{},\"k49\":0}}", body.join(",")));
    assert_eq!(
        RawObject::parse(&twice).unwrap().duplicate_key(),
        Some("k49")
    );
}

#[test]
fn a_path_is_made_where_it_is_missing_and_kept_where_it_is_not() {
    let text = raw(r#"{"name":"x","_meta":{"keep":1.50}}"#);
    let object = RawObject::parse(&text)
        .unwrap()
        .set_in(&["_meta", "io.x/v"], raw_str("1"))
        .unwrap();
    assert_eq!(
        object.to_json(),
        r#"{"name":"x","_meta":{"keep":1.50,"io.x/v":"1"}}"#
    );
    let made = RawObject::new()
        .set_in(&["a", "b", "c"], raw("true"))
        .unwrap();
    assert_eq!(made.to_json(), r#"{"a":{"b":{"c":true}}}"#);
    assert_eq!(made.get_in(&["a", "b", "c"]).unwrap().get(), "true");
}

#[test]
fn a_path_through_something_else_is_refused() {
    let text = raw(r#"{"_meta":[1]}"#);
    let refused = RawObject::parse(&text)
        .unwrap()
        .set_in(&["_meta", "x"], raw("1"));
    assert_eq!(refused.unwrap_err(), RawError::NotAnObject);
}

#[test]
fn other_values_are_not_objects() {
    for text in ["[]", "1", "null", "\"{}\""] {
        assert_eq!(
            RawObject::parse(&raw(text)).unwrap_err(),
            RawError::NotAnObject,
            "{text}"
        );
    }
    assert!(matches!(
        RawObject::parse_bytes(b"{\"a\":1"),
        Err(RawError::NotJson { .. })
    ));
}

#[test]
fn strict_parsing_refuses_what_receivers_read_differently() {
    let refuse = |bytes: &[u8]| parse_strict(bytes, 100).unwrap_err();
    for text in [
        "",
        " ",
        "{",
        "{} {}",
        "\u{feff}{}",
        "{'a':1}",
        "[1,]",
        "01",
        "nul",
        "\"a\nb\"",
    ] {
        assert!(
            matches!(refuse(text.as_bytes()), RawError::NotJson { .. }),
            "{text:?}"
        );
    }
    assert!(matches!(refuse(b"\"\xff\""), RawError::NotJson { .. }));
    for text in [
        r#""\ud800""#,
        r#"["\udc00"]"#,
        r#"{"\ud800x":1}"#,
        r#""\ud800\n""#,
        r#""\ud83d\ud83d\ude00""#,
        r#""\ud83dx\ude00""#,
    ] {
        assert_eq!(refuse(text.as_bytes()), RawError::LoneSurrogate, "{text}");
    }
    for text in ["1e400", "[-1E+999]", &"9".repeat(400)] {
        assert_eq!(
            refuse(text.as_bytes()),
            RawError::NumberOutOfRange,
            "{text}"
        );
    }
    let bomb = "[".repeat(200_000) + &"]".repeat(200_000);
    assert_eq!(refuse(bomb.as_bytes()), RawError::TooDeep { limit: 100 });
}

#[test]
fn strict_parsing_takes_what_is_odd_but_clear() {
    for text in [
        r#""\ud83d\ude00\\u\"""#,
        "1e5",
        "0.7",
        "-0.0",
        r#"{"[[[":"]\\"}"#,
        " [1] ",
        "123456789012345678901234567890",
    ] {
        assert_eq!(
            parse_strict(text.as_bytes(), 100).unwrap().get(),
            text.trim(),
            "{text}"
        );
    }
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert!(parse_strict(deep.as_bytes(), 100).is_ok());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn strict_parsing_takes_everything_that_a_serialiser_writes(value in any_json()) {
        let text = value.to_string();
        prop_assert_eq!(parse_strict(text.as_bytes(), 100).unwrap().get(), text.as_str());
    }

    #[test]
    fn splitting_and_joining_changes_nothing(map in prop::collection::btree_map(any::<String>(), any_json(), 0..8)) {
        let text = Value::Object(map.into_iter().collect()).to_string();
        let held = raw(&text);
        prop_assert_eq!(RawObject::parse(&held).unwrap().to_json(), text);
    }

    #[test]
    fn any_bytes_are_refused_or_taken_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse_strict(&bytes, 4);
        let _ = RawObject::parse_bytes(&bytes).map(|object| object.to_box());
    }

    #[test]
    fn setting_a_key_makes_it_readable(key in any::<String>(), text in any::<String>()) {
        let held = raw(ODD);
        let object = RawObject::parse(&held).unwrap().rename_value(&key, &text).to_box();
        let back = RawObject::parse(&object).unwrap();
        prop_assert_eq!(back.get_str(&key).unwrap(), text);
        prop_assert_eq!(back.duplicate_key(), None);
    }
}

#[test]
fn what_was_taken_apart_is_forgotten_with_its_value() {
    let text = br#"{"a":{"b":{"c":1}},"d":{"b":{}}}"#;
    let mut object = parse_strict_along(text, 10, &["a", "b"]).expect("JSON");
    let inner = |object: &RawObject<'_>| object.inner("a").map(RawObject::to_json);
    assert_eq!(inner(&object).as_deref(), Some(r#"{"b":{"c":1}}"#));
    assert!(object.inner("d").is_none());
    let apart = object.inner("a").and_then(|a| a.inner("b"));
    assert_eq!(apart.map(RawObject::to_json).as_deref(), Some(r#"{"c":1}"#));
    object.set("a", to_raw(&serde_json::json!({ "b": 2 })));
    assert_eq!(inner(&object), None);
    let now = object.get_object("a").expect("an object").expect("there");
    assert_eq!(now.to_json(), r#"{"b":2}"#);
}
