//! Drives every row of the corpus of bad inputs, as far as text alone decides it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_yaml_ng::Value;
use tieline_domain::{AccessToken, AuthHeader, ConnectorDraft, ConnectorName, NewConnector, Slug};
use url::Host;
use zeroize::Zeroizing;

struct Row {
    /// `None` for a value that is no text; such rows belong to the JSON reader of the API.
    input: Option<String>,
    expected: String,
}

fn rows(section: &str) -> Vec<Row> {
    let corpus: BTreeMap<String, Vec<(Value, String)>> =
        serde_yaml_ng::from_str(include_str!("../data/bad-input.yaml"))
            .expect("the corpus is YAML");
    let row = |(input, expected): &(Value, String)| Row {
        input: text(input),
        expected: expected.clone(),
    };
    corpus[section].iter().map(row).collect()
}

fn text(value: &Value) -> Option<String> {
    if let Some(repeat) = value.get("r").and_then(Value::as_sequence) {
        let count = repeat[1].as_u64().expect("a count");
        let count = usize::try_from(count).expect("a small count");
        return Some(repeat[0].as_str().expect("a text").repeat(count));
    }
    value.as_str().map(ToOwned::to_owned)
}

fn draft() -> ConnectorDraft {
    ConnectorDraft {
        name: "Acme".to_owned(),
        url: "https://acme.example/mcp".to_owned(),
        ..ConnectorDraft::default()
    }
}

/// The accepted connector, or `None` when the row wanted a refusal and got the right one.
fn outcome(field: &str, draft: &ConnectorDraft, expected: &str) -> Option<NewConnector> {
    match (draft.parse(), expected.strip_prefix("422 ")) {
        (Ok(connector), None) => Some(connector),
        (Ok(_), Some(_)) => panic!("{draft:?} was accepted instead of {expected}"),
        (Err(errors), None) => {
            panic!("{draft:?} was refused with {errors:?} instead of {expected}")
        }
        (Err(errors), Some(code)) => {
            assert_eq!(errors.len(), 1, "{draft:?}: {errors:?}");
            assert_eq!(
                (errors[0].field, errors[0].code),
                (field, code),
                "{draft:?}"
            );
            assert!(errors[0].detail.ends_with('.'), "{errors:?}");
            assert!(errors[0].detail.chars().count() < 300, "{errors:?}");
            None
        }
    }
}

#[test]
fn names() {
    let mut seen = 0;
    for Row { input, expected } in rows("name") {
        seen += 1;
        let Some(input) = input else {
            assert_eq!(expected, "422 name_type");
            continue;
        };
        let draft = ConnectorDraft {
            name: input.clone(),
            ..draft()
        };
        let (status, rest) = expected.split_once(' ').expect("a status and more");
        let Some(connector) = outcome("name", &draft, &expected) else {
            continue;
        };
        let slug = connector.slug.as_str();
        match (status, rest) {
            ("409", "slug_reserved") => assert!(connector.slug.reserved_by().is_some(), "{slug}"),
            ("409", "slug_taken after \"C++\"") => {
                assert_eq!(
                    connector.slug,
                    Slug::derive(&ConnectorName::parse("C++").unwrap())
                );
                assert_eq!(connector.slug.numbered(2).as_str(), "c_2");
            }
            ("201", "slug of 24") => assert_eq!(slug, "a".repeat(24)),
            ("201", "text only") => {
                assert_eq!(connector.name.as_str(), input);
                assert_eq!(slug, "x_drop_table_connectors");
            }
            ("201", rest) => {
                assert_eq!(Some(slug), rest.split(' ').next());
                assert_eq!(connector.name.as_str(), input);
            }
            other => panic!("unknown expectation {other:?}"),
        }
    }
    assert_eq!(seen, 22);
}

/// The address that the dial policy must be asked about, for each row that it refuses or decides.
fn refused_host(input: &str) -> Host<String> {
    let metadata = Host::Ipv4(Ipv4Addr::new(169, 254, 169, 254));
    let v6 = |text: &str| Host::Ipv6(text.parse::<Ipv6Addr>().expect("an address"));
    match input {
        "http://127.0.0.1/" | "http://127.1/" => Host::Ipv4(Ipv4Addr::LOCALHOST),
        "http://0/" => Host::Ipv4(Ipv4Addr::UNSPECIFIED),
        "http://localhost./" => Host::Domain("localhost.".to_owned()),
        "http://169.254.169.254.nip.io/" => Host::Domain("169.254.169.254.nip.io".to_owned()),
        "http://[::ffff:169.254.169.254]/" => v6("::ffff:a9fe:a9fe"),
        "http://[::169.254.169.254]/" => v6("::a9fe:a9fe"),
        "http://[64:ff9b::a9fe:a9fe]/" => v6("64:ff9b::a9fe:a9fe"),
        "http://[2002:a9fe:a9fe::]/" => v6("2002:a9fe:a9fe::"),
        "http://[fe80::1]/" => v6("fe80::1"),
        "http://[fd00:ec2::254]/" => v6("fd00:ec2::254"),
        "http://100.100.100.200/" => Host::Ipv4(Ipv4Addr::new(100, 100, 100, 200)),
        "http://168.63.129.16/" => Host::Ipv4(Ipv4Addr::new(168, 63, 129, 16)),
        _ => metadata,
    }
}

#[test]
fn urls() {
    let mut seen = 0;
    for Row { input, expected } in rows("url") {
        seen += 1;
        let input = input.expect("every row is text");
        let draft = ConnectorDraft {
            url: input.clone(),
            ..draft()
        };
        let Some(NewConnector { url, .. }) = outcome("url", &draft, &expected) else {
            continue;
        };
        if expected.starts_with("refused") {
            assert_eq!(url.host().to_owned(), refused_host(&input), "{input}");
            assert_eq!(
                url.is_loopback_host(),
                expected.contains("loopback"),
                "{input}"
            );
            continue;
        }
        let warnings: Vec<_> = url
            .warnings()
            .iter()
            .map(|warning| warning.code())
            .collect();
        match expected.strip_prefix("201 ").expect("an accepted row") {
            "warning url_secret_in_query" => assert_eq!(warnings, ["url_secret_in_query"]),
            "literal bytes only" => assert_eq!(url.as_str(), "https://h/%7B%7Btoken%7D%7D"),
            "private allowed by default; refused with deny_private" => {
                assert_eq!(url.host(), Host::<&str>::Ipv4(Ipv4Addr::new(10, 0, 0, 5)));
            }
            normalised => assert_eq!(url.as_str(), normalised),
        }
    }
    assert_eq!(seen, 52);
}

#[test]
fn tokens() {
    let mut seen = 0;
    for Row { input, expected } in rows("token") {
        seen += 1;
        let Some(input) = input else {
            assert_eq!(expected, "422 token_type");
            continue;
        };
        let draft = ConnectorDraft {
            token: Zeroizing::new(input.clone()),
            ..draft()
        };
        let Some(connector) = outcome("token", &draft, &expected) else {
            continue;
        };
        let sent = connector.token.as_ref().map(AccessToken::expose);
        match expected.as_str() {
            "201 sent as tok" => assert_eq!(sent, Some("tok")),
            "201 no header sent" => assert_eq!(sent, None),
            "201 literal" => assert_eq!(sent, Some(input.as_str())),
            other => panic!("unknown expectation {other:?}"),
        }
    }
    assert_eq!(seen, 13);
}

#[test]
fn headers() {
    let mut seen = 0;
    for Row { input, expected } in rows("header") {
        seen += 1;
        let draft = ConnectorDraft {
            auth_header: input.expect("every row is text"),
            ..draft()
        };
        if let Some(connector) = outcome("auth_header", &draft, &expected) {
            assert_eq!(expected, "201 Authorization");
            assert_eq!(connector.auth_header.as_str(), "Authorization");
            assert_eq!(connector.auth_header, AuthHeader::default());
        }
    }
    assert_eq!(seen, 15);
}
