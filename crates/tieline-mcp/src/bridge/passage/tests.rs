//! What comes out is what [`result_for`] makes of the whole result, wherever the pieces end.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::bridge::result_for;
use Era::{Legacy, Modern};

const ID: u64 = 7;

fn expose(uri: &str) -> String {
    format!("tieline://slug/{uri}")
}

/// Every pair of eras, with and without what is mended and renamed.
fn ways(method: &'static str) -> Vec<Way<'static>> {
    let mut ways = Vec::new();
    for north in [Modern, Legacy] {
        for south in [Modern, Legacy] {
            for (normalise, renames) in [(false, false), (true, false), (false, true), (true, true)]
            {
                ways.push(Way {
                    north,
                    south,
                    method,
                    normalise,
                    uris: renames.then_some(&expose),
                });
            }
        }
    }
    ways
}

/// The message in pieces that end at these places.
fn pass(
    way: Way<'_>,
    message: &str,
    cuts: &[usize],
    long_block: usize,
) -> Result<(String, Passed), Stopped> {
    let mut passage = Passage::new(way, ID, 127);
    passage.long_block = long_block;
    let message = Bytes::copy_from_slice(message.as_bytes());
    let (mut from, mut all) = (0, Vec::new());
    for to in cuts.iter().copied().chain([message.len()]) {
        passage.push(&message.slice(from..to))?;
        all.extend(passage.take());
        from = to;
    }
    let passed = passage.finish()?;
    let text = String::from_utf8(all.concat()).expect("UTF-8");
    assert_eq!(passed.bytes, text.len());
    Ok((text, passed))
}

const RESULTS: [(&str, &str); 26] = [
    (
        "tools/call",
        r#"{"content":[{"type":"text","text":"a \"uri\" ä😀\n"}]}"#,
    ),
    ("tools/call", r#"{"resultType":"complete","content":[]}"#),
    ("tools/call", r#"{"content":[],"resultType":"complete"}"#),
    (
        "tools/call",
        r#" { "content" : [ { "type" : "text" , "text" : "x" } , { } ] , "isError" : true , "zz" : { "a" : 1.0 } } "#,
    ),
    (
        "tools/call",
        r#"{"structuredContent":[1,{"a":2}],"content":[{"type":"text","text":"x"}],"ttlMs":5,"cacheScope":"public"}"#,
    ),
    (
        "tools/call",
        r#"{"ttlMs":5,"structuredContent":{"a":[1,"\u0061"]},"content":[{"type":"text","text":"x"}]}"#,
    ),
    ("tools/call", r#"{"ttlMs":5}"#),
    ("tools/call", "{}"),
    (
        "tools/call",
        r#"{"content":[{"type":"image","data":"iVBORw0KGgoAAAANSUhEUgAAAAE"},{"type":"image","data":"\/9j\/4AAQ","mimeType":null},{"type":"audio","data":"x","mimeType":"a/b"}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"data":"UklGRiQAAABXQVZF","type":"audio","annotations":{"audience":["user","assistant","model"]}}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"type":"text","annotations":{"audience":["nobody"]},"text":"x"},{"annotations":7,"type":"text","text":"y"},{"type":"text","text":"z","annotations":[]}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"type":"text","annotations":{"priority":0.50,"audience":["user"]},"text":"x"}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"type":"resource_link","uri":"file:///a","name":"a"},{"type":"text","uri":"file:///b","text":"b"}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"name":"a","uri":"ui:\/\/a\u00e9","type":"resource_link"}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"type":"resource","resource":{"uri":"file:///a","text":"long","annotations":{"audience":"user"}},"annotations":{"title":1}}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"resource":{"blob":"AAAA","uri":"file:///a"},"type":"resource"}]}"#,
    ),
    (
        "tools/call",
        r#"{"content":[{"type":"resource","resource":{"uri":7}},{"type":"resource","resource":null},7,[{"uri":"x"}]]}"#,
    ),
    (
        "tools/call",
        r#"{"content":{"uri":"x"},"contents":[{"uri":"x"}],"messages":[]}"#,
    ),
    (
        "tools/call",
        r#"{"\u0063ontent":[{"\u0074ype":"resource_link","uri":"x"}],"_meta":{"uri":"x"}}"#,
    ),
    (
        "resources/read",
        r#"{"contents":[{"uri":"file:///a","mimeType":"text/plain","text":"aaa"},{"blob":"AAAA","uri":"ui://b","annotations":{"audience":["x","user"]}}]}"#,
    ),
    (
        "resources/read",
        r#"{"contents":[],"ttlMs":-5.5,"cacheScope":"everybody","resultType":"complete"}"#,
    ),
    (
        "resources/read",
        r#"{"ttlMs":1000,"cacheScope":"public","contents":[{"uri":"x","text":""}]}"#,
    ),
    ("resources/read", r#"{"ttlMs":"soon","contents":[]}"#),
    (
        "prompts/get",
        r#"{"description":"d","messages":[{"role":"user","content":{"type":"text","text":"x","annotations":{"audience":["x"]}}},{"role":"assistant","content":[{"type":"resource","resource":{"uri":"a","text":"t"}},{"type":"image","data":"R0lGOD"}]}]}"#,
    ),
    (
        "prompts/get",
        r#"{"messages":[{"content":{"type":"resource_link","uri":"a"},"role":"user"},{"content":"text"},{}]}"#,
    ),
    ("prompts/get", r#"{"messages":[],"resultType":"x"}"#),
];

fn message(result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{ID},"result":{result}}}"#)
}

/// Compares the passage of a whole message with the whole result; what came out, if it could pass at all.
fn compare(way: Way<'_>, result: &str, long_block: usize) -> Option<String> {
    let whole = RawValue::from_string(result.trim().to_owned()).expect("JSON");
    let expected = result_for(&way, &whole);
    let passed = pass(way, &message(result), &[], long_block);
    let (Ok(expected), Ok((text, passed))) = (&expected, passed) else {
        return None;
    };
    let object = RawObject::parse(&whole).expect("an object");
    let is_error = object
        .get("isError")
        .is_some_and(|held| held.get() == "true");
    assert_eq!(passed.is_error, is_error);
    let context = format!("{way:?} {result} long from {long_block}");
    if let Cow::Borrowed(_) = expected {
        assert_eq!(text, expected.get(), "{context}");
    }
    let [ours, theirs] = [&*text, expected.get()].map(|text| {
        serde_json::from_str::<Value>(text)
            .unwrap_or_else(|error| panic!("{error}: {text} {context}"))
    });
    assert_eq!(ours, theirs, "{context}");
    Some(text)
}

/// Where the pieces end makes no difference.
fn cut(way: Way<'_>, result: &str, cuts: &[usize], long_block: usize, expected: Option<&str>) {
    let passed = pass(way, &message(result), cuts, long_block);
    let text = passed.as_ref().ok().map(|(text, _)| &**text);
    assert_eq!(
        text, expected,
        "{way:?} {result} cut at {cuts:?}, long from {long_block}"
    );
}

#[test]
fn what_comes_out_is_what_is_made_of_a_whole_result() {
    let mut could = 0;
    for (method, result) in RESULTS {
        let each: Vec<usize> = (0..message(result).len()).collect();
        for way in ways(method) {
            for long_block in [0, 20, 1 << 20] {
                let text = compare(way, result, long_block);
                could += usize::from(text.is_some());
                // How much of a block comes at once decides whether its type is found in time.
                if long_block < 1 << 20 {
                    continue;
                }
                for at in 0..=message(result).len() {
                    cut(way, result, &[at], long_block, text.as_deref());
                }
                cut(way, result, &each, long_block, text.as_deref());
            }
        }
    }
    let all = RESULTS.len() * 16 * 3;
    // What cannot pass is what only the whole answer tells: an unknown kind, and links whose type comes last.
    assert!(could * 100 > all * 93, "{could} of {all}");
}

#[test]
fn a_whole_block_is_never_in_doubt() {
    for (method, result) in RESULTS {
        for way in ways(method) {
            let is_odd = result.contains(r#""resultType":"x""#) && way.south == Modern;
            assert_eq!(
                compare(way, result, LONG_BLOCK).is_some(),
                !is_odd,
                "{way:?} {result}"
            );
        }
    }
}

fn code(message: &str) -> Result<Passed, Stopped> {
    let way = ways("tools/call")[0];
    let each: Vec<usize> = (0..message.len()).collect();
    let whole = pass(way, message, &[], LONG_BLOCK).map(|(_, passed)| passed);
    assert_eq!(
        pass(way, message, &each, LONG_BLOCK).map(|(_, passed)| passed),
        whole
    );
    whole
}

#[test]
fn the_envelope_is_checked_in_any_order() {
    for right in [
        r#"{"result":{"content":[]},"jsonrpc":"2.0","id":7}"#,
        r#"{"id":7,"x":[{"id":8}],"result":{"content":[]},"y":null,"error":null,"jsonrpc":"2.0"}"#,
        r#"{"\u0069d":7,"r\u0065sult":{},"jsonrpc":"2\u002e0"} "#,
    ] {
        assert!(code(right).is_ok(), "{right}");
    }
    for wrong in [
        r#"{"jsonrpc":"2.0","result":{}}"#,
        r#"{"jsonrpc":"2.0","result":{},"id":8}"#,
        r#"{"jsonrpc":"2.0","result":{},"id":"7"}"#,
        r#"{"jsonrpc":"2.0","result":{},"id":null}"#,
    ] {
        assert_eq!(code(wrong), Err(Stopped::IdMismatch), "{wrong}");
    }
    for wrong in [
        r#"{"id":7,"result":{}}"#,
        r#"{"jsonrpc":"1.0","id":7,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":7}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":[]}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{},"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{},"x":1,"x":1}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","resultType":"task"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{"content":[],"resultType":"input_required"}}"#,
        r#"[{"jsonrpc":"2.0","id":7,"result":{}}]"#,
    ] {
        assert!(matches!(code(wrong), Err(Stopped::Rules(_))), "{wrong}");
    }
    for wrong in [
        r#"{"jsonrpc":"2.0","id":7,"result":{}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{}}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"x"}}}"#,
        "",
    ] {
        assert!(matches!(code(wrong), Err(Stopped::Unsound(_))), "{wrong}");
    }
}

#[test]
fn nothing_begins_before_it_is_known_what_it_is() {
    let begins = |south, text: &str| {
        let way = Way {
            south,
            ..ways("tools/call")[0]
        };
        let mut passage = Passage::new(way, ID, 127);
        passage
            .push(&Bytes::copy_from_slice(text.as_bytes()))
            .expect("sound so far");
        passage.may_begin()
    };
    let head = r#"{"jsonrpc":"2.0","id":7,"#;
    for (text, legacy, modern) in [
        (head.to_owned(), false, false),
        (format!(r#"{head}"x":"result"#), false, false),
        (
            format!(r#"{head}"result":{{"structuredContent":["#),
            true,
            false,
        ),
        (format!(r#"{head}"result":{{"content":["#), true, true),
        (
            format!(r#"{head}"result":{{"resultType":"complete","_meta":{{"#),
            true,
            true,
        ),
    ] {
        assert_eq!(begins(Legacy, &text), legacy, "{text}");
        assert_eq!(begins(Modern, &text), modern, "{text}");
    }
}

#[test]
fn a_long_text_is_sent_from_where_it_lies() {
    let text = "x".repeat(100_000);
    let whole = message(&format!(
        r#"{{"content":[{{"type":"text","text":"{text}"}}]}}"#
    ));
    let whole = Bytes::from(whole);
    let mut passage = Passage::new(ways("tools/call")[7], ID, 127);
    let mut shared = 0;
    for from in (0..whole.len()).step_by(32_000) {
        let piece = whole.slice(from..whole.len().min(from + 32_000));
        passage.push(&piece).expect("sound");
        let range = piece.as_ptr_range();
        shared += passage
            .take()
            .iter()
            .filter(|out| range.contains(&out.as_ptr()))
            .map(Bytes::len)
            .sum::<usize>();
        assert!(passage.held.len() <= LONG_BLOCK);
    }
    passage.finish().expect("complete");
    // All but the first piece, of which the beginning was held.
    assert!(shared > 65_000, "{shared} bytes were not copied");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_two_cuts_change_nothing(which in 0..RESULTS.len(), way in 0_usize..16, long_block in 0_usize..64, cuts in any::<[prop::sample::Index; 2]>()) {
        let (method, result) = RESULTS[which];
        let mut cuts = cuts.map(|cut| cut.index(message(result).len() + 1)).to_vec();
        cuts.sort_unstable();
        let way = ways(method)[way];
        let Ok((text, _)) = pass(way, &message(result), &cuts, long_block) else {
            return Ok(());
        };
        let whole = RawValue::from_string(result.trim().to_owned()).expect("JSON");
        let expected = result_for(&way, &whole).expect("what passes is right");
        let [ours, theirs] = [&*text, expected.get()].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        prop_assert_eq!(ours, theirs);
    }
}
