//! An HTTP proxy: what goes through it, what does not, and what people are told when it does not let us through.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tieline_mcp::{
    DialPolicy, Limits, McpClient, McpError, Proxy, ProxyLogin, StepName, StepOutcome,
};
use tieline_testkit::{ConnectProxy, FakeMcp, ProxyManner, free_port};

use crate::support::{FakeDns, info, loopback, quick, target, target_with};

/// What a browser would send for `ops` and `s3cret-word`.
const BASIC: &str = "Basic b3BzOnMzY3JldC13b3Jk";

struct Login(Option<&'static str>);

impl ProxyLogin for Login {
    fn authorization(&self) -> Option<HeaderValue> {
        self.0.map(HeaderValue::from_static)
    }
}

fn through(address: SocketAddr, login: Option<Login>) -> DialPolicy {
    DialPolicy {
        proxy: Some(Proxy {
            host: address.ip().to_string(),
            port: address.port(),
            login: login.map(|login| Arc::new(login) as Arc<dyn ProxyLogin>),
        }),
        ..loopback()
    }
}

/// A client that knows no name, as behind most proxies.
fn client(policy: DialPolicy) -> McpClient {
    client_with(policy, quick(), &[&[]])
}

fn client_with(policy: DialPolicy, limits: Limits, dns: &[&[&str]]) -> McpClient {
    McpClient::with_resolver(policy, limits, info(), FakeDns::new(dns)).expect("a client")
}

async fn refused(client: &McpClient, url: &str) -> McpError {
    let target = target_with(url, "authorization", "Bearer canary");
    client
        .connect(&target, None)
        .await
        .map(|_| ())
        .expect_err("a failure")
}

#[tokio::test]
async fn a_name_that_only_the_proxy_knows_is_reached_and_the_token_stays_in_the_tunnel() {
    let server = FakeMcp::dual().tools(["search_orders"]).start().await;
    let proxy = ConnectProxy::start(ProxyManner::Open, server.address()).await;
    let client = client(through(proxy.address(), None));
    let target = target_with(
        "http://mcp.far.example:8080/mcp",
        "authorization",
        "Bearer canary",
    );
    let report = client.probe(&target, |_| {}).await;
    assert!(report.ok(), "{report:?}");
    let step = |at: usize| {
        (
            report.steps[at].step,
            report.steps[at].outcome,
            report.steps[at].message.as_str(),
        )
    };
    let dns = format!("Reached through the proxy {}", proxy.address());
    assert_eq!(step(0), (StepName::Dns, StepOutcome::Skipped, dns.as_str()));
    assert_eq!(
        step(1),
        (
            StepName::Tcp,
            StepOutcome::Ok,
            "The proxy connected to port 8080"
        )
    );
    for head in proxy.asked() {
        assert_eq!(
            head,
            "CONNECT mcp.far.example:8080 HTTP/1.1\r\nHost: mcp.far.example:8080\r\n\r\n"
        );
    }
    assert!(!proxy.asked().is_empty());
}

#[tokio::test]
async fn the_login_goes_to_the_proxy_and_not_to_the_server() {
    let server = FakeMcp::dual().start().await;
    let proxy = ConnectProxy::start(ProxyManner::Login(BASIC.to_owned()), server.address()).await;
    let policy = through(proxy.address(), Some(Login(Some(BASIC))));
    assert!(!format!("{policy:?}").contains("b3Bz"), "{policy:?}");
    let client = client(policy);
    client
        .connect(&target("http://far.example/mcp"), None)
        .await
        .expect("a connection");
    assert!(proxy.asked().iter().all(|head| head.contains(BASIC)));
    for request in server.requests() {
        assert!(!format!("{request:?}").contains("b3Bz"), "{request:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_from_a_server_that_does() {
    let nobody = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let wants = || ProxyManner::Login(BASIC.to_owned());
    let says = |text: &str| ProxyManner::Answers(text.to_owned());
    let far = "far.example";
    for (manner, login, code, words) in [
        (
            wants(),
            None,
            "proxy_refused",
            "refused the connection (HTTP 407). It wants a login".to_owned(),
        ),
        (
            wants(),
            Some(Login(Some("Basic bm86bm8="))),
            "proxy_refused",
            "(HTTP 407)".to_owned(),
        ),
        (
            wants(),
            Some(Login(None)),
            "proxy_login_unreadable",
            "cannot be read. Enter it again".to_owned(),
        ),
        (
            says("HTTP/1.0 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<h1>Blocked</h1>"),
            None,
            "proxy_refused",
            format!("(HTTP 403). Its own rules may not let {far} through."),
        ),
        (
            ProxyManner::Open,
            None,
            "proxy_refused",
            format!("(HTTP 502). It could not reach {far} itself."),
        ),
        (
            says("SSH-2.0-OpenSSH_9.6\r\n"),
            None,
            "proxy_bad_answer",
            "does not answer like an HTTP proxy".to_owned(),
        ),
        (
            says("HTTP/1.1 2000 OK\r\n\r\n"),
            None,
            "proxy_bad_answer",
            "does not answer like".to_owned(),
        ),
        (
            says("HTTP/1.1 200 OK\r\n\r\nwhat nobody asked for"),
            None,
            "proxy_bad_answer",
            "does not answer".to_owned(),
        ),
        (
            says(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(9000))),
            None,
            "proxy_bad_answer",
            "does not".to_owned(),
        ),
        (says(""), None, "proxy_bad_answer", "does not".to_owned()),
    ] {
        let proxy = ConnectProxy::start(manner.clone(), nobody).await;
        let client = client(through(proxy.address(), login));
        let error = refused(&client, "https://far.example/mcp").await;
        assert_eq!(
            (error.code(), error.sent),
            (code, false),
            "{manner:?}: {error}"
        );
        let text = error.to_string();
        assert!(
            text.contains(&words) && text.contains(&proxy.address().to_string()),
            "{text}"
        );
        assert!(
            !text.contains("Blocked") && !text.contains("b3Bz"),
            "{text}"
        );
        // The connection test breaks at the same place.
        let report = client
            .probe(&target("https://far.example/mcp"), |_| {})
            .await;
        assert_eq!(
            (report.steps[1].step, report.steps[1].code),
            (StepName::Tcp, code)
        );
        assert_eq!(report.steps[2].outcome, StepOutcome::NotReached);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_says_nothing_does_not_hold_a_call_for_long() {
    let nobody = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let error = refused(&client(through(nobody, None)), "http://far.example/mcp").await;
    assert_eq!(
        (error.code(), error.to_string()),
        (
            "proxy_unreachable",
            format!(
                "The proxy {nobody} could not be reached. Check that it runs, or change it in Settings, Network."
            )
        )
    );
    let silent = ConnectProxy::start(ProxyManner::Silent, nobody).await;
    let limits = Limits {
        connect: Duration::from_secs(1),
        ..quick()
    };
    let client = client_with(through(silent.address(), None), limits, &[&[]]);
    let error = refused(&client, "http://far.example/mcp").await;
    assert_eq!(
        (error.code(), error.to_string()),
        (
            "proxy_timeout",
            format!(
                "The proxy {} did not connect to far.example within 1 s.",
                silent.address()
            )
        )
    );
}

#[tokio::test]
async fn what_is_inside_is_reached_directly_and_what_is_forbidden_stays_forbidden() {
    let server = FakeMcp::dual().start().await;
    let proxy = ConnectProxy::start(ProxyManner::Open, server.address()).await;
    // A name of this network.
    let port = server.address().port();
    let inside = client_with(through(proxy.address(), None), quick(), &[&["127.0.0.1"]]);
    inside
        .connect(&target(&format!("http://near.example:{port}/mcp")), None)
        .await
        .expect("directly");
    inside
        .connect(&target(&server.url()), None)
        .await
        .expect("directly");
    assert_eq!(proxy.asked(), [""; 0]);
    // Names whose addresses are known, and addresses.
    for (url, dns) in [
        ("http://169.254.169.254/mcp", &[][..]),
        ("http://100.100.100.200/mcp", &[]),
        ("http://metadata.example/mcp", &["169.254.169.254"]),
        (
            "http://both.example/mcp",
            &["203.0.114.7", "169.254.169.254"],
        ),
        ("http://[::ffff:169.254.169.254]/mcp", &[]),
    ] {
        let client = client_with(through(proxy.address(), None), quick(), &[dns]);
        assert_eq!(
            refused(&client, url).await.code(),
            "address_refused",
            "{url}"
        );
    }
    let strict = DialPolicy {
        deny_private: true,
        allow_loopback: false,
        ..through(proxy.address(), None)
    };
    for (url, dns) in [
        ("http://10.1.2.3/mcp", &[][..]),
        ("http://near.example/mcp", &["10.1.2.3"]),
        ("http://127.0.0.1:9/mcp", &[]),
        ("http://app.localhost:9/mcp", &[]),
    ] {
        let client = client_with(strict.clone(), quick(), &[dns]);
        assert_eq!(
            refused(&client, url).await.code(),
            "address_refused",
            "{url}"
        );
    }
    assert_eq!(proxy.asked(), [""; 0]);
    // This machine itself is a proxy only where it may be called at all.
    let error = refused(&client(strict), "http://far.example/mcp").await;
    assert_eq!(error.code(), "address_refused");
    // A name with an address of the internet goes through the proxy.
    let outside = client_with(through(proxy.address(), None), quick(), &[&["203.0.114.7"]]);
    outside
        .connect(&target("http://far.example/mcp"), None)
        .await
        .expect("through the proxy");
    assert!(proxy.asked()[0].starts_with("CONNECT far.example:80 "));
}
