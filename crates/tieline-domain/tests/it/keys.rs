//! Access keys and codes: their form, their checksum, and that nothing prints them.

use std::collections::HashSet;

use tieline_domain::{AccessKey, AccessKeyError, KeyHash, RandomCode};

use crate::Counting;

#[test]
fn a_key_has_its_form_and_reads_back() {
    let entropy = Counting::default();
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        let key = AccessKey::generate(&entropy);
        let text = key.expose();
        assert!(text.starts_with("tl_") && text.len() == 41, "{text}");
        assert!(
            text[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{text}"
        );
        assert!(seen.insert(text.to_owned()));
        assert_eq!(AccessKey::parse(text).unwrap().hash(), key.hash());
        assert_eq!(key.hint(), format!("{}…{}", &text[..7], &text[37..]));
    }
}

/// The checksum is the CRC32 of the 32 characters, as six base62 digits; scanners compute the same.
#[test]
fn the_checksum_is_the_documented_one() {
    let key = "tl_0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let crc = crc32fast::hash(&key.as_bytes()[3..]);
    let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".as_bytes();
    let power = |exponent| 62_u32.pow(exponent);
    let digit = |exponent| char::from(digits[(crc / power(exponent) % 62) as usize]);
    let checksum: String = (0..6).rev().map(digit).collect();
    AccessKey::parse(&format!("{key}{checksum}")).unwrap();
}

#[test]
fn w08_a_key_that_was_changed_anywhere_is_refused() {
    let key = AccessKey::generate(&Counting::default());
    for index in 3..41 {
        let mut bytes = key.expose().as_bytes().to_vec();
        bytes[index] = if bytes[index] == b'a' { b'b' } else { b'a' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(
            AccessKey::parse(&changed).unwrap_err(),
            AccessKeyError::Checksum,
            "{index}"
        );
    }
}

#[test]
fn other_texts_are_no_keys() {
    let key = AccessKey::generate(&Counting::default());
    let cut = &key.expose()[..40];
    for text in [
        "",
        "tl_",
        "tl_ä",
        "xx_0123",
        cut,
        &format!("{}0", key.expose()),
        &"tl_".repeat(100_000),
    ] {
        assert_eq!(AccessKey::parse(text).unwrap_err(), AccessKeyError::Form);
    }
    assert_eq!(AccessKeyError::Form.code(), "access_key_form");
}

#[test]
fn hashes_compare_and_do_not_print() {
    let entropy = Counting::default();
    let (one, two) = (AccessKey::generate(&entropy), AccessKey::generate(&entropy));
    assert_eq!(KeyHash::from_bytes(*one.hash().as_bytes()), one.hash());
    assert_ne!(one.hash(), two.hash());
    assert_eq!(
        format!("{one:?} {:?}", one.hash()),
        "AccessKey([redacted]) KeyHash(…)"
    );
}

#[test]
fn codes_have_256_bits_and_read_back() {
    let entropy = Counting::default();
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        let code = RandomCode::generate(&entropy);
        assert_eq!(code.expose().len(), 43);
        assert!(seen.insert(code.expose().to_owned()));
        assert_eq!(
            RandomCode::parse(code.expose()).unwrap().hash(),
            code.hash()
        );
        assert_eq!(format!("{code:?}"), "RandomCode([redacted])");
    }
    for text in ["", "abc", &"-".repeat(43), &"a".repeat(44)] {
        assert_eq!(RandomCode::parse(text).unwrap_err().code(), "code_invalid");
    }
}

#[test]
fn every_character_is_about_equally_likely() {
    let entropy = Counting::default();
    let mut counts = [0_u32; 128];
    for _ in 0..2000 {
        for byte in RandomCode::generate(&entropy).expose().bytes() {
            counts[usize::from(byte)] += 1;
        }
    }
    // 86,000 characters over 62: 1,387 each, give or take 37. Without the rejected bytes eight would be a fifth above.
    let used: Vec<_> = counts.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(used.len(), 62);
    assert!(
        used.iter().all(|count| (1190..1590).contains(count)),
        "{used:?}"
    );
}
