//! Tokens go out as they came in, and are never shown.

use tieline_domain::{AccessToken, AuthHeader, TokenError};

fn token(text: &str) -> AccessToken {
    AccessToken::parse(text)
        .expect("a good token")
        .expect("not empty")
}

#[test]
fn every_printable_character_stays() {
    let all: String = ('!'..='~').collect();
    assert_eq!(token(&all).expose(), all);
    assert_eq!(token("Bearer  two  spaces").expose(), "Bearer  two  spaces");
    assert_eq!(token(" \r\n\tabc\r\n ").expose(), "abc");
    assert_eq!(token(&"a".repeat(8192)).expose().len(), 8192);
}

#[test]
fn positions_count_from_one_in_what_was_typed() {
    let position = |text: &str| match AccessToken::parse(text) {
        Err(TokenError::BadChar { position }) => position,
        other => panic!("{other:?}"),
    };
    assert_eq!(position("tök"), 2);
    assert_eq!(position("  tök"), 4);
    assert_eq!(position("\u{200B}tok"), 1);
    assert_eq!(position("ab\u{85}"), 3);
    assert_eq!(position("a\tb"), 2);
}

#[test]
fn hints_show_little() {
    assert_eq!(token("abcdefghijk").hint().to_string(), "11 characters");
    assert_eq!(
        token("abcdefghk3Qf").hint().to_string(),
        "12 characters, ends in k3Qf"
    );
    assert_eq!(token("abcdefghk3Qf").hint().tail.as_deref(), Some("k3Qf"));
    assert_eq!(
        format!("{:?}", token("abcdefghk3Qf")),
        "AccessToken([redacted])"
    );
}

#[test]
fn schemes_are_recognised() {
    assert!(token("Bearer abc").has_scheme());
    assert!(!token("abc").has_scheme());
    assert_eq!(token("bearer abc").scheme(), Some("Bearer"));
    assert_eq!(token("hunter2 abc").scheme(), None);
    assert_eq!(token("abc").scheme(), None);
}

#[test]
fn headers_keep_their_spelling_and_ignore_case() {
    let header = |text: &str| AuthHeader::parse(text).expect("a good header");
    assert_eq!(header(" x-API-Key\n").as_str(), "x-API-Key");
    assert_eq!(header("X-Api-Key"), header("x-api-key"));
    assert!(header("AUTHORIZATION").is_authorization());
    assert!(!header("X-Api-Key").is_authorization());
    assert_eq!(header(&"x".repeat(64)).as_str().len(), 64);
    for name in [
        "HOST",
        "content-TYPE",
        "Sec-Fetch-Site",
        "Connection",
        "TE",
        "Accept",
        "Mcp-Session-Id",
        "Via",
    ] {
        assert_eq!(
            AuthHeader::parse(name).unwrap_err().code(),
            "header_forbidden",
            "{name}"
        );
    }
    for name in [
        "Authorization",
        "X-Mcp-Token",
        "Api-Key",
        "Private-Token",
        "X-Content-Key",
        "CONTEXT7_API_KEY",
    ] {
        AuthHeader::parse(name).unwrap();
    }
}
