//! Which texts are taken for a master key (S08).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tieline_secrets::{MasterKey, MasterKeyError};

use crate::key;

#[track_caller]
fn check(text: &str, expected: &MasterKeyError) {
    let error = MasterKey::parse(text).expect_err("this key must be refused");
    assert_eq!(&error, expected, "{text}");
    assert!(
        error.to_string().contains("openssl rand -base64 32"),
        "{error}"
    );
}

#[test]
fn a_generated_key_reads_back() {
    for seed in 0..2000 {
        let text = key(seed).to_file_text();
        assert_eq!(MasterKey::parse(&text).unwrap().id(), key(seed).id());
        assert_eq!(
            MasterKey::parse(text.trim().trim_end_matches('='))
                .unwrap()
                .id(),
            key(seed).id()
        );
    }
    assert_ne!(key(1).id(), key(2).id());
}

#[test]
fn weak_keys_are_refused() {
    check("", &MasterKeyError::Empty);
    check(" \n", &MasterKeyError::Empty);
    check("changeme", &MasterKeyError::Placeholder);
    check(
        "CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME",
        &MasterKeyError::Placeholder,
    );
    check("your-master-key-here", &MasterKeyError::Placeholder);
    check(
        "ThisIsMyPassword+ThisIsMyPassword+123456789=",
        &MasterKeyError::Placeholder,
    );
    check("not base64 at all!", &MasterKeyError::NotBase64);
    check(&"A".repeat(5000), &MasterKeyError::NotBase64);
    check(
        &STANDARD.encode([7; 31]),
        &MasterKeyError::Length { bytes: 31 },
    );
    check(
        &STANDARD.encode([7; 33]),
        &MasterKeyError::Length { bytes: 33 },
    );
    check(&"deadbeef".repeat(8), &MasterKeyError::Length { bytes: 48 });
    check(&STANDARD.encode([0; 32]), &MasterKeyError::Weak);
    check(&STANDARD.encode([0xA7; 32]), &MasterKeyError::Weak);
    let counted: Vec<u8> = (0..32).collect();
    check(&STANDARD.encode(counted), &MasterKeyError::Weak);
    let down: Vec<u8> = (0..32).map(|step| 250 - 7 * step).collect();
    check(&STANDARD.encode(down), &MasterKeyError::Weak);
    let few: Vec<u8> = (0..32_u8).map(|step| step % 9 * 28).collect();
    check(&STANDARD.encode(few), &MasterKeyError::Weak);
    check(
        &STANDARD.encode("My dog has 3 fleas, quite jumpy!"),
        &MasterKeyError::Weak,
    );
}

#[test]
fn messages_do_not_contain_the_key() {
    let error = MasterKey::parse("c2hvcnQgc2VjcmV0").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c2hv"));
}
