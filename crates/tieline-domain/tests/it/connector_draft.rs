//! One place parses what all five doors take in.

use tieline_domain::ConnectorDraft;
use zeroize::Zeroizing;

#[test]
fn every_wrong_field_is_reported_at_once() {
    let draft = ConnectorDraft {
        name: " ".to_owned(),
        slug: Some("Not A Slug".to_owned()),
        url: "ftp://h".to_owned(),
        token: Zeroizing::new("canary-7c1\r\nX: y".to_owned()),
        auth_header: "Cookie".to_owned(),
    };
    let errors = draft.parse().unwrap_err();
    let codes: Vec<_> = errors
        .iter()
        .map(|error| (error.field, error.code))
        .collect();
    let expected = [
        ("name", "name_empty"),
        ("slug", "slug_invalid"),
        ("url", "url_scheme"),
        ("token", "token_bad_char"),
        ("auth_header", "header_forbidden"),
    ];
    assert_eq!(codes, expected);

    let answer = serde_json::to_string(&errors).unwrap();
    assert!(!answer.contains("canary"), "{answer}");
    assert!(answer.contains("Character 11 of the token"), "{answer}");
    assert!(!format!("{draft:?}").contains("canary"));
}

#[test]
fn a_good_draft_becomes_a_connector() {
    let mut draft = ConnectorDraft {
        name: " Acme MCP ".to_owned(),
        slug: None,
        url: " https://acme.example/mcp\n".to_owned(),
        token: Zeroizing::new("Bearer abc".to_owned()),
        auth_header: "X-Api-Key".to_owned(),
    };
    let connector = draft.parse().unwrap();
    assert_eq!(connector.name.as_str(), "Acme MCP");
    assert_eq!(connector.slug.as_str(), "acme_mcp");
    assert_eq!(connector.url.as_str(), "https://acme.example/mcp");
    assert_eq!(connector.auth_header.as_str(), "X-Api-Key");
    assert_eq!(connector.token.as_ref().unwrap().expose(), "Bearer abc");
    assert!(!format!("{connector:?}").contains("abc"));

    for (typed, slug) in [
        ("acme_two", "acme_two"),
        (" ", "acme_mcp"),
        ("", "acme_mcp"),
    ] {
        draft.slug = Some(typed.to_owned());
        assert_eq!(draft.parse().unwrap().slug.as_str(), slug);
    }
}
