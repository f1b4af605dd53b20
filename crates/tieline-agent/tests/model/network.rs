//! The rules of the network hold for model APIs too: addresses, the proxy, and a change of either.

use std::fmt;
use std::sync::{Arc, Mutex};

use tieline_agent::model::{ModelClient, ModelNetwork};
use tieline_domain::ModelKind;
use tieline_mcp::{ClientInfo, DialPolicy, Limits, McpClient, Outbound, Proxy};
use tieline_testkit::{
    ConnectProxy, FixedClock, ModelReply, ProxyManner, ScriptedModel, SeededEntropy,
};

use crate::support::{
    BOTH, ask_through, client_under, endpoint, endpoint_at, failed, limits, request,
};

fn loopback() -> DialPolicy {
    DialPolicy {
        allow_loopback: true,
        ..DialPolicy::default()
    }
}

fn through(proxy: &ConnectProxy) -> DialPolicy {
    DialPolicy {
        proxy: Some(Proxy {
            host: proxy.address().ip().to_string(),
            port: proxy.address().port(),
            login: None,
        }),
        ..loopback()
    }
}

fn under(policy: DialPolicy) -> ModelClient {
    client_under(policy, limits(), Arc::new(FixedClock::default()))
}

fn outbound(policy: DialPolicy) -> Outbound {
    let info = ClientInfo {
        name: "Tieline".to_owned(),
        version: "0.0.0".to_owned(),
    };
    let mcp = McpClient::new(policy, Limits::default(), info);
    mcp.expect("this machine's certificates").outbound()
}

/// Where a scripted model listens.
fn address(server: &ScriptedModel) -> std::net::SocketAddr {
    let url = server.url(ModelKind::Anthropic);
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let host = rest.split('/').next().expect("a host");
    host.parse().expect("an address")
}

#[tokio::test]
async fn a_model_that_only_the_proxy_knows_answers_through_it() {
    for kind in BOTH {
        let server = ScriptedModel::start().await;
        server.always(|_| ModelReply::text(["from far away"]));
        let proxy = ConnectProxy::start(ProxyManner::Open, address(&server)).await;
        let far =
            server
                .url(kind)
                .replacen(&address(&server).to_string(), "llm.nowhere.invalid", 1);
        let client = under(through(&proxy));
        let answer = ask_through(&client, endpoint_at(&far, kind), request()).await;
        assert_eq!(answer.expect("an answer").text, "from far away");
        assert!(proxy.asked()[0].starts_with("CONNECT llm.nowhere.invalid:80 "));
    }
}

#[tokio::test]
async fn addresses_that_connectors_may_not_have_are_refused_with_the_reason() {
    let strict = DialPolicy {
        deny_private: true,
        ..loopback()
    };
    for (url, words) in [
        (
            "http://169.254.169.254",
            "an address where machines keep their own secrets",
        ),
        (
            "http://10.1.2.3:8000/v1",
            "a private address, and Tieline may not call those",
        ),
    ] {
        for kind in BOTH {
            let client = under(strict.clone());
            let error = failed(ask_through(&client, endpoint_at(url, kind), request()).await);
            assert_eq!(error.code(), "model_unreachable");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let server = ScriptedModel::start().await;
    let says = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    let proxy = ConnectProxy::start(ProxyManner::Answers(says.to_owned()), address(&server)).await;
    let client = under(through(&proxy));
    let far = endpoint_at("https://llm.nowhere.invalid/v1", ModelKind::OpenAi);
    let error = failed(ask_through(&client, far, request()).await).to_string();
    let words = format!(
        "The proxy {} refused the connection (HTTP 407)",
        proxy.address()
    );
    assert!(error.contains(&words), "{error}");
    assert!(server.calls().is_empty());
}

/// Rules that an admin changes in the middle.
struct Changing(Mutex<Outbound>);

impl fmt::Debug for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changing")
    }
}

impl ModelNetwork for Changing {
    fn outbound(&self) -> Outbound {
        self.0.lock().expect("no holder panics").clone()
    }
}

#[tokio::test]
async fn a_change_of_the_rules_is_in_force_with_the_next_request() {
    let server = ScriptedModel::start().await;
    server.always(|_| ModelReply::text(["hello"]));
    let network = Arc::new(Changing(Mutex::new(outbound(loopback()))));
    let entropy = Arc::new(SeededEntropy::new(7));
    let clock = Arc::new(FixedClock::default());
    let client = ModelClient::new(limits(), network.clone(), clock, entropy);
    let near = endpoint(&server, ModelKind::OpenAi);
    let answer = ask_through(&client, near.clone(), request()).await;
    assert_eq!(answer.expect("an answer").text, "hello");
    // A connection is at rest now, and is not used under the new rules.
    *network.0.lock().expect("no holder panics") = outbound(DialPolicy::default());
    let error = failed(ask_through(&client, near, request()).await).to_string();
    assert!(error.contains("this machine itself"), "{error}");
}
