//! Which addresses are called: as literals, as names, inside IPv6, and when the name server lies.

use std::net::SocketAddr;
use std::time::Duration;

use tieline_mcp::{AddressKind, DialPolicy, Failure, Limits, McpClient};
use tieline_testkit::raw_server;
use url::Url;

use crate::support::{FakeDns, info, loopback, quick, target};

const BAD_INPUT: &str = include_str!("bad-input.yaml");

fn refused(policy: &DialPolicy, url: &str) -> Option<AddressKind> {
    let url = Url::parse(url).expect("a URL");
    policy.check_url(&url).err().map(|refused| refused.kind)
}

#[test]
fn every_refused_row_of_the_url_corpus_is_refused() {
    let corpus: serde_yaml_ng::Value = serde_yaml_ng::from_str(BAD_INPUT).unwrap();
    let mut checked = 0;
    for row in corpus["url"].as_sequence().unwrap() {
        let (Some(url), Some(expected)) = (row[0].as_str(), row[1].as_str()) else {
            continue;
        };
        let (strict, open) = (DialPolicy::default(), loopback());
        let url = url::Url::parse(url).unwrap().to_string();
        match expected {
            "refused" => {
                assert!(refused(&open, &url).is_some(), "{url}");
            }
            "refused unless loopback is allowed" => {
                assert_eq!(refused(&strict, &url), Some(AddressKind::Loopback), "{url}");
                assert_eq!(refused(&open, &url), None, "{url}");
            }
            "201 private allowed by default; refused with deny_private" => {
                let deny = DialPolicy {
                    deny_private: true,
                    ..DialPolicy::default()
                };
                assert_eq!(refused(&strict, &url), None, "{url}");
                assert_eq!(refused(&deny, &url), Some(AddressKind::Private), "{url}");
            }
            "refused at dial" => assert_eq!(refused(&strict, &url), None, "{url}"),
            other => panic!("no check for {other:?}"),
        }
        checked += 1;
    }
    assert!(checked >= 19, "only {checked} rows");
}

/// N01 and N02: never, whatever is allowed, as a literal and as the answer of a name server.
const NEVER: &[&str] = &[
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    "::",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::",
    "2001:0:a9fe:a9fe::1",
    "2001:0:1:2:0:0:5601:5601",
    "2001:db8::1",
    "100::1",
    "4000::1",
    "::ffff:0.0.0.0",
];

#[tokio::test]
async fn some_addresses_are_never_called() {
    for ip in NEVER {
        let literal = match ip.parse().expect("an address") {
            std::net::IpAddr::V6(ip) => format!("http://[{ip}]:9/mcp"),
            std::net::IpAddr::V4(ip) => format!("http://{ip}:9/mcp"),
        };
        assert!(refused(&loopback(), &literal).is_some(), "{ip}");
        let dns = FakeDns::new(&[&[ip]]);
        let client = McpClient::with_resolver(loopback(), quick(), info(), dns).unwrap();
        for url in [literal.as_str(), "http://innocent.test:9/mcp"] {
            let error = client.connect(&target(url), None).await.unwrap_err();
            assert_eq!(error.code(), "address_refused", "{url} as {ip}: {error}");
            assert!(!error.sent);
        }
    }
}

#[tokio::test]
async fn loopback_and_private_addresses_follow_the_policy_in_every_form() {
    let deny = DialPolicy {
        deny_private: true,
        ..DialPolicy::default()
    };
    for (ip, kind) in [
        ("127.0.0.1", AddressKind::Loopback),
        ("127.255.0.9", AddressKind::Loopback),
        ("::1", AddressKind::Loopback),
        ("::ffff:127.0.0.1", AddressKind::Loopback),
        ("::127.0.0.1", AddressKind::Loopback),
        ("64:ff9b::7f00:1", AddressKind::Loopback),
        ("2002:7f00:1::", AddressKind::Loopback),
        ("10.0.0.5", AddressKind::Private),
        ("172.31.0.1", AddressKind::Private),
        ("192.168.1.1", AddressKind::Private),
        ("100.64.0.1", AddressKind::Private),
        ("fc00::1", AddressKind::Private),
        ("fd12:3456::1", AddressKind::Private),
        ("::ffff:10.0.0.5", AddressKind::Private),
        ("2002:a00:5::", AddressKind::Private),
    ] {
        let address = SocketAddr::new(ip.parse().unwrap(), 443);
        let found = deny.check_address("h", address).unwrap_err();
        assert_eq!(found.kind, kind, "{ip}");
    }
    for public in [
        "93.184.216.34",
        "100.128.0.1",
        "172.32.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
    ] {
        let address = SocketAddr::new(public.parse().unwrap(), 443);
        assert_eq!(deny.check_address("h", address), Ok(()), "{public}");
    }
}

#[tokio::test]
async fn one_bad_answer_refuses_the_whole_name() {
    let listening = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
    let url = format!("http://mixed.test:{}/mcp", listening.address().port());
    for answers in [
        ["127.0.0.1", "169.254.169.254"],
        ["169.254.169.254", "127.0.0.1"],
    ] {
        let dns = FakeDns::new(&[&answers]);
        let client = McpClient::with_resolver(loopback(), quick(), info(), dns).unwrap();
        let error = client.connect(&target(&url), None).await.unwrap_err();
        assert_eq!(error.code(), "address_refused");
    }
    assert!(listening.received().is_empty());
}

#[tokio::test]
async fn a_name_that_moves_to_loopback_is_never_followed_there() {
    let bait = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
    let url = format!("http://rebinding.test:{}/mcp", bait.address().port());
    // The first answer passes the check, but nobody is there; each later connection is looked up and checked again.
    let dns = FakeDns::new(&[&["10.255.255.1"], &["127.0.0.1"]]);
    let limits = Limits {
        connect: Duration::from_millis(50),
        ..quick()
    };
    let client =
        McpClient::with_resolver(DialPolicy::default(), limits, info(), dns.clone()).unwrap();
    let first = client.connect(&target(&url), None).await.unwrap_err();
    assert!(first.code().starts_with("connect_"), "{first}");
    for _ in 1..100 {
        let error = client.connect(&target(&url), None).await.unwrap_err();
        assert_eq!(error.code(), "address_refused");
    }
    assert_eq!(dns.asked(), 100);
    assert!(bait.received().is_empty());
}

#[tokio::test]
async fn tieline_is_not_its_own_connector() {
    let own = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".as_slice()).await;
    let port = own.address().port();
    for listener in [own.address(), SocketAddr::from(([0, 0, 0, 0], port))] {
        let policy = DialPolicy {
            own_listeners: vec![listener],
            ..loopback()
        };
        assert_eq!(refused(&policy, &own.url()), Some(AddressKind::OwnListener));
        assert_eq!(
            refused(&policy, &format!("http://127.0.0.1:{}/", port ^ 1)),
            None
        );
        let dns = FakeDns::new(&[&["127.0.0.1"]]);
        let client = McpClient::with_resolver(policy, quick(), info(), dns).unwrap();
        for url in [own.url(), format!("http://myself.test:{port}/mcp")] {
            let error = client.connect(&target(&url), None).await.unwrap_err();
            assert!(
                matches!(&error.failure, Failure::AddressRefused(refused) if refused.kind == AddressKind::OwnListener),
                "{error}"
            );
        }
    }
    assert!(own.received().is_empty());
}

#[test]
fn refusals_say_what_the_address_is() {
    let deny = DialPolicy {
        deny_private: true,
        ..DialPolicy::default()
    };
    let sentence = deny
        .check_address("db.corp", ([10, 0, 0, 5], 80).into())
        .unwrap_err()
        .to_string();
    assert_eq!(
        sentence,
        "db.corp is 10.0.0.5, a private address, and Tieline may not call those. Change it in Settings, Network."
    );
    let sentence = deny
        .check_address("127.0.0.1", ([127, 0, 0, 1], 80).into())
        .unwrap_err()
        .to_string();
    assert!(
        sentence.starts_with("127.0.0.1 is this machine itself"),
        "{sentence}"
    );
}
