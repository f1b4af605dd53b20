//! The quick way and the slow way agree.

use proptest::prelude::*;

use super::super::{RawObject, strict::parse_object_slowly};
use super::*;

/// Whether the quick way took it. It never takes what the slow way would not, or with other entries.
fn is_taken(text: &str, max_depth: usize) -> bool {
    let quick = entries(text, max_depth, &[]);
    for path in [&["params", "_meta"][..], &["d", "c"], &["k", "k", "k"]] {
        let along = entries(text, max_depth, path);
        let all = |entries: &Vec<Entry<'_>>| entries.iter().map(parts).collect::<Vec<_>>();
        assert_eq!(along.as_ref().map(all), quick.as_ref().map(all), "{text:?}");
        is_apart_along(&along.unwrap_or_default(), path);
    }
    let Some(quick) = quick else {
        return false;
    };
    let slow = parse_object_slowly(text.as_bytes(), max_depth);
    let slow = slow.unwrap_or_else(|error| panic!("{text:?} is refused: {error}"));
    let quick: Vec<_> = quick.iter().map(parts).collect();
    let slow: Vec<_> = slow.entries.iter().map(parts).collect();
    assert_eq!(quick, slow, "{text:?}");
    true
}

/// Whether the objects along the path, and no others, are taken apart as they would be alone.
fn is_apart_along(entries: &[Entry<'_>], path: &[&str]) {
    for entry in entries {
        let (first, rest) = path.split_first().unwrap_or((&"", &[]));
        let is_meant = !path.is_empty() && entry.key == *first;
        let alone = RawObject::parse(&entry.value).ok().filter(|_| is_meant);
        let all = |object: &RawObject<'_>| object.entries.iter().map(parts).collect::<Vec<_>>();
        let apart = entry.inner.as_deref();
        assert_eq!(apart.map(all), alone.as_ref().map(all), "{}", entry.value);
        if let Some(apart) = apart {
            is_apart_along(&apart.entries, rest);
        }
    }
}

fn parts(entry: &Entry<'_>) -> (String, String, String) {
    let value = entry.value.get().to_owned();
    (entry.written.to_string(), entry.key.to_string(), value)
}

/// What is known to be JSON is taken apart as `serde_json` does it, and nothing else is.
fn is_known_alike(text: &str) {
    let Ok(known) = serde_json::from_str::<&RawValue>(text) else {
        return;
    };
    let all = |entries: &[Entry<'_>]| entries.iter().map(parts).collect::<Vec<_>>();
    let quick = known_entries(known).map(|entries| all(&entries));
    let slow = serde_json::from_str::<RawObject<'_>>(known.get()).ok();
    assert_eq!(quick, slow.map(|slow| all(&slow.entries)), "{text:?}");
}

#[test]
fn what_programs_send_is_taken() {
    for text in [
        "{}",
        " { } ",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2.5,-0,0.25,"\u00e9\n"],"y":{}}}}"#,
        r#"{"params":{"_meta":{"a":{"_meta":{}}, "b":1 },"_meta":[],"params":{}},"d":{"c":{"\u0063":2},"d":{}},"_meta":{}}"#,
        r#"{"k":{"k":{"k":{"k":{}}},"x":{"k":{}}},"k":"k","k": { } }"#,
        "{ \"a\" : [ true , false , null ] ,\n\t\"b\\u0062\" : { \"c\" : [ [ ] , { } ] } }\r\n",
        r#"{"emoji":"\ud83d\ude00 😀","escapes":"\"\\\/\b\f\n\r\t","long":"0123456789012345678901234567890123456789"}"#,
        r#"{"a":1,"a":2,"\u0061":3}"#,
        r#"{"big":12345678901234567890123,"":"","e":[1e5,-2.5E-07,1E+9]}"#,
        r#"{"a":"]}\"{[","b":[{"c":"\\"},["}"]],"d" : 1 , "e":[ ] }"#,
    ] {
        assert!(is_taken(text, 100), "{text}");
        is_known_alike(text);
    }
}

#[test]
fn what_is_no_object_or_not_strict_is_left_to_the_slow_way() {
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(is_taken(&deep(3), 4) && !is_taken(&deep(4), 4));
    assert!(!is_taken("{}", 0) && is_taken("{}", 1) && !is_taken(r#"{"a":{}}"#, 1));
    assert!(is_taken(&deep(126), 4_096) && !is_taken(&deep(127), 4_096));
    for text in [
        "",
        " ",
        "[]",
        "1",
        "{",
        "}",
        "{}x",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r"{a:1}",
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":+1}"#,
        r#"{"a":-}"#,
        r#"{"a":1e400}"#,
        r#"{"a":1e100}"#,
        r#"{"a":1e}"#,
        r#"{"a":1e+}"#,
        r#"{"a":tru}"#,
        r#"{"a":truex}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":[}"#,
        r#"{"a":{]}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\ude00"}"#,
        r#"{"a":"\ud800\u0061"}"#,
        r#"{"a":"\ud800x\udc00"}"#,
        "{\"a\":\"\n\"}",
        "{\"a\u{1}\":1}",
        r#"{"a":"x}"#,
        r#"{"\ud800":1}"#,
        "\u{feff}{}",
        "{\"a\":1}\u{a0}",
        r#"{"a":[1 2]}"#,
        r#"{"a":{"b" 1}}"#,
    ] {
        assert!(!is_taken(text, 100), "{text:?}");
        is_known_alike(text);
    }
}

#[test]
fn texts_that_differ_in_one_byte_are_read_alike() {
    let text = r#"{"a\n":[1,-2.5,{"b":"\ud83d\ude00é","c":[]}],"d":{"e":null,"f":true},"01234567890":"0123456789\"01234"}"#;
    assert!(is_taken(text, 100));
    let others = b"{}[]\",:\\u0e-.+ \n\x01x\x7f";
    for at in 0..text.len() {
        for other in others {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = *other;
            if let Ok(changed) = std::str::from_utf8(&changed) {
                is_taken(changed, 100);
                is_known_alike(changed);
            }
        }
        if text.is_char_boundary(at) {
            is_taken(&text[..at], 100);
            is_taken(&text[at..], 100);
        }
    }
}

proptest! {
    #[test]
    fn anything_that_looks_like_json_is_read_alike(text in r#"[ ]{0,1}\{("[a\\u0d8c"é\n]{0,9}"|[\[\]{}:,"]|-?[0-9.e]{1,4}|true|null|[ ]|"k":){0,14}\}"#) {
        is_taken(&text, 5);
        is_known_alike(&text);
    }
}
