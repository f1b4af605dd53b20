use proptest::prelude::*;

use super::*;
use crate::raw::parse_strict;

/// Reads a text in pieces that end at these places; the number of its values.
fn walk(text: &[u8], cuts: &[usize], max_depth: usize) -> Result<usize, Unsound> {
    let (mut walk, mut values, mut from) = (Walk::new(max_depth), 0, 0);
    for to in cuts.iter().copied().chain([text.len()]) {
        let (piece, mut at) = (&text[from..to], 0);
        loop {
            match walk.step(piece, &mut at)? {
                Step::More => break,
                Step::End => values += 1,
                _ => {}
            }
        }
        assert_eq!(at, piece.len());
        from = to;
    }
    walk.finish().map(|()| values)
}

const TEXTS: [&str; 30] = [
    r#"{"a":[1,-2.5e3,0,0.1,1E+2],"b":{},"c":[],"d":null,"e":true,"f":false}"#,
    " \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
    r#"{"ä€😀":"\u00e4\ud83d\ude00\n\"\\\/"}"#,
    r#""just a text""#,
    "null",
    r#"{"a":1,}"#,
    r#"{"a" 1}"#,
    "{a:1}",
    r#"{"a":}"#,
    "[1,]",
    "[1 2]",
    "[1}",
    r#"{"a":1]"#,
    r#"{"a":1}}"#,
    r#"{"a":1}{}"#,
    r#"{"a":01}"#,
    r#"{"a":-}"#,
    r#"{"a":1.}"#,
    r#"{"a":1e}"#,
    r#"{"a":1e+}"#,
    r#"{"a":.5}"#,
    r#"{"a":1e999}"#,
    r#"{"a":0e999,"b":0.00001e300}"#,
    r#"{"a":tru}"#,
    r#"{"a":nulll}"#,
    r#"{"a":"\x"}"#,
    r#"{"a":"\ud800"}"#,
    r#"{"a":"\ud800\n"}"#,
    r#"{"a":"\ude00"}"#,
    r#"{"a":"\u12g4"}"#,
];

/// The verdict is that of the reader of whole texts, wherever the pieces end.
fn agrees(text: &[u8]) {
    let whole = parse_strict(text, 8).is_ok();
    let at_once = walk(text, &[], 8);
    assert_eq!(at_once.is_ok(), whole, "{}", text.escape_ascii());
    for cut in 0..=text.len() {
        assert_eq!(walk(text, &[cut], 8).is_ok(), whole, "cut at {cut}");
    }
    let each: Vec<usize> = (0..text.len()).collect();
    assert_eq!(walk(text, &each, 8).is_ok(), whole, "byte by byte");
}

#[test]
fn it_is_as_strict_as_the_reader_of_whole_texts() {
    for text in TEXTS {
        agrees(text.as_bytes());
        let nested = format!("[{text},[{text}],{{\"x\":{text}}}]");
        agrees(nested.as_bytes());
    }
    for text in [
        &b"\"\xff\""[..],
        b"\"\xc3\"",
        b"\"\xc3\\n\"",
        b"\"\xed\xa0\x80\"",
        b"\"a\nb\"",
        b"\"\x1f\"",
        b"\"\x7f\"",
        b"",
        b"\xef\xbb\xbf{}",
        b"[[[[[[[[]]]]]]]]",
        b"[[[[[[[[[]]]]]]]]]",
    ] {
        agrees(text);
    }
}

#[test]
fn every_value_ends_once() {
    assert_eq!(walk(TEXTS[0].as_bytes(), &[], 8), Ok(12));
    assert_eq!(walk(b"[1", &[], 8), Err(Unsound::CutOff));
    assert_eq!(walk(b"[[]]", &[], 1), Err(Unsound::TooDeep));
}

proptest! {
    #[test]
    fn any_text_is_judged_alike(text in "[\\[\\]{}\",:0-9eE+.\\\\un -]{0,24}") {
        agrees(text.as_bytes());
    }

    #[test]
    fn any_change_of_one_byte_is_judged_alike(which in 0..TEXTS.len(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = TEXTS[which].as_bytes().to_vec();
        let at = place.index(text.len());
        text[at] = byte;
        // At the edge of the range of doubles the two may differ.
        agrees(&text);
    }
}
