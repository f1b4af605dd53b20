//! What the corpus does not say about URLs.

use proptest::prelude::*;
use tieline_domain::{ConnectorUrl, UrlError};

fn parse(text: &str) -> ConnectorUrl {
    ConnectorUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_origin_always_spells_out_the_port() {
    for (url, origin) in [
        ("https://h.example/mcp", "https://h.example:443"),
        ("http://h.example", "http://h.example:80"),
        ("https://h.example:8443/", "https://h.example:8443"),
        ("http://[::1]:7000/x", "http://[::1]:7000"),
        ("HTTP://H.Example:80/x", "http://h.example:80"),
    ] {
        assert_eq!(parse(url).origin().as_str(), origin);
    }
    assert_ne!(
        parse("https://h.example/").origin(),
        parse("http://h.example/").origin()
    );
}

#[test]
fn loopback_is_seen_in_every_spelling() {
    for url in [
        "http://localhost/",
        "http://x.localhost:1234/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
    ] {
        assert!(parse(url).is_loopback_host(), "{url}");
    }
    for url in [
        "http://localhost.example/",
        "http://10.0.0.1/",
        "http://notlocalhost/",
    ] {
        assert!(!parse(url).is_loopback_host(), "{url}");
    }
    assert!(parse("http://h/").is_plain_http());
    assert!(!parse("https://h/").is_plain_http());
}

#[test]
fn only_query_keys_that_sound_secret_give_a_warning() {
    for url in [
        "https://h/?token=x",
        "https://h/?a=1&Access-Token=x",
        "https://h/?x_secret=1",
        "https://h/?key=1",
        "https://h/?sig=1",
    ] {
        assert_eq!(parse(url).warnings().len(), 1, "{url}");
    }
    for url in [
        "https://h/",
        "https://h/?toolsets=all",
        "https://h/?keyword=x",
        "https://h/?api_key=",
        "https://h/token",
    ] {
        assert!(parse(url).warnings().is_empty(), "{url}");
    }
}

#[test]
fn container_names_and_international_names_are_hosts() {
    assert_eq!(
        parse("http://mcp_server:8000/mcp").as_str(),
        "http://mcp_server:8000/mcp"
    );
    assert_eq!(
        parse("https://bücher.example/").as_str(),
        "https://xn--bcher-kva.example/"
    );
    let long = "a".repeat(64);
    assert_eq!(
        ConnectorUrl::parse(&format!("https://{long}.example/")).unwrap_err(),
        UrlError::Host
    );
}

#[test]
fn the_limit_holds_for_what_is_stored_too() {
    let url = format!("https://h/{}", "ü".repeat(800));
    assert!(url.len() < 2048);
    assert_eq!(
        ConnectorUrl::parse(&url).unwrap_err(),
        UrlError::TooLong {
            bytes: 10 + 800 * 6
        }
    );
}

#[test]
fn refused_ports_name_themselves() {
    for port in [0, 22, 25, 53, 110, 143, 3306, 5432, 6379, 11211, 2375] {
        let error = ConnectorUrl::parse(&format!("http://h:{port}/")).unwrap_err();
        assert_eq!(error, UrlError::PortRefused { port });
        assert!(error.to_string().contains(&format!("port {port}:")));
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_url_that_parses_to_itself_or_an_error(text in "(?i:https?)://[ -~]{0,40}") {
        if let Ok(url) = ConnectorUrl::parse(&text) {
            let again = ConnectorUrl::parse(url.as_str());
            prop_assert_eq!(again.as_ref().map(ConnectorUrl::as_str), Ok(url.as_str()));
            prop_assert!(url.as_str().starts_with("http"));
            prop_assert!(!url.as_str().contains(['@', '#']) || url.path().contains('@') || url.as_str().contains('?'));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = ConnectorUrl::parse(&text);
        let _ = ConnectorUrl::parse(&format!("https://{text}"));
    }
}
