//! The shipped catalogue is data, so its tests are its type checker.

use std::collections::HashSet;

use tieline_domain::{
    AccessToken, AuthHeader, ConnectorName, ConnectorUrl, Provider, ReservedBy, Slug, provider,
    providers,
};

fn token(text: &str) -> AccessToken {
    AccessToken::parse(text)
        .expect("a good token")
        .expect("not empty")
}

fn header(provider: &Provider, typed: &str) -> String {
    provider
        .header_value(&token(typed))
        .expect("a good value")
        .expose()
        .to_owned()
}

#[test]
fn every_entry_is_complete_and_valid() {
    let mut slugs = HashSet::new();
    for entry in providers() {
        assert!(slugs.insert(&entry.slug), "{}", entry.slug);
        assert_eq!(
            Slug::derive(&ConnectorName::parse(&entry.name).unwrap()).as_str(),
            entry.slug
        );
        assert!(!ConnectorUrl::parse(&entry.url).unwrap().is_plain_http());
        assert_eq!(
            ConnectorUrl::parse(&entry.url).unwrap().as_str(),
            entry.url,
            "stored as it will be shown"
        );
        assert!(ConnectorUrl::parse(&entry.open_url).is_ok());
        AuthHeader::parse(&entry.auth_header).unwrap();
        assert!(entry.value_prefix.is_empty() || entry.value_prefix.ends_with(' '));
        assert!(entry.needs.starts_with("Needs "));
        assert!(!entry.summary.ends_with('.') && entry.summary.len() < 48);
        assert!(entry.recipe.len() <= 3);
        assert_eq!(entry.supported, entry.unsupported_reason.is_none());
        assert_eq!(entry.supported, !entry.recipe.is_empty());
    }
    assert!(slugs.len() >= 8);
}

#[test]
fn their_slugs_are_reserved_and_so_are_our_own_and_no_others() {
    let reserved = |slug: &str| Slug::parse(slug).unwrap().reserved_by();
    assert_eq!(
        reserved("linear"),
        Some(ReservedBy::Provider { name: "Linear" })
    );
    assert_eq!(
        reserved("hugging_face"),
        Some(ReservedBy::Provider {
            name: "Hugging Face"
        })
    );
    assert_eq!(reserved("tieline"), Some(ReservedBy::Tieline));
    assert_eq!(reserved("mcp"), Some(ReservedBy::Tieline));
    for free in [
        "test", "internal", "builtin", "admin", "linear_2", "claude", "acme_mcp",
    ] {
        assert_eq!(reserved(free), None, "{free}");
    }
    assert!(provider("nobody").is_none());
}

#[test]
fn the_prefix_is_added_once() {
    let linear = provider("linear").unwrap();
    for typed in [
        "lin_api_x",
        "Bearer lin_api_x",
        "bearer lin_api_x",
        "Bearer  lin_api_x",
    ] {
        assert_eq!(header(linear, typed), "Bearer lin_api_x");
    }
    let sentry = provider("sentry").unwrap();
    for typed in ["sntryu_x", "Bearer sntryu_x", "Sentry-Bearer sntryu_x"] {
        assert_eq!(header(sentry, typed), "Sentry-Bearer sntryu_x");
    }
    assert_eq!(
        header(provider("context7").unwrap(), "Bearer ctx7sk-x"),
        "ctx7sk-x"
    );
    assert_eq!(
        header(provider("atlassian").unwrap(), "Basic bWU6dG9rZW4="),
        "Basic bWU6dG9rZW4="
    );
}

#[test]
fn a_prefix_that_makes_the_value_too_long_is_an_error() {
    let long = token(&"a".repeat(8190));
    assert_eq!(
        provider("linear")
            .unwrap()
            .header_value(&long)
            .unwrap_err()
            .code(),
        "token_too_long"
    );
}

#[test]
fn a_token_of_another_kind_is_noticed() {
    let linear = provider("linear").unwrap();
    assert!(linear.recognises(&token("lin_api_x")));
    assert!(linear.recognises(&token("Bearer lin_api_x")));
    assert!(!linear.recognises(&token("lin_oauth_x")));
    assert!(
        provider("cloudflare")
            .unwrap()
            .recognises(&token("anything"))
    );
}
