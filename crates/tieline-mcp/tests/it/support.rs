//! What the tests share: a quick client, targets, and a call in one line.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderValue;
use serde_json::value::RawValue;
use tieline_mcp::raw::{RawObject, raw_str};
use tieline_mcp::{
    Address, Addresses, CallRequest, ClientInfo, DialPolicy, Limits, McpClient, McpError, Named,
    Reply, ReplyBody, Resolve, SessionIs, Target, Upstream,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) fn info() -> ClientInfo {
    ClientInfo {
        name: "Tieline".to_owned(),
        version: "0.0.0".to_owned(),
    }
}

pub(crate) fn loopback() -> DialPolicy {
    DialPolicy {
        allow_loopback: true,
        ..DialPolicy::default()
    }
}

/// The usual limits, but with little patience, and small enough to be reached.
pub(crate) fn quick() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_millis(800),
        idle: Duration::from_millis(800),
        total: Duration::from_secs(5),
        detection: Duration::from_millis(400),
        probe: Duration::from_secs(5),
        ..Limits::default()
    }
}

pub(crate) fn client() -> McpClient {
    client_with(quick())
}

pub(crate) fn client_with(limits: Limits) -> McpClient {
    McpClient::new(loopback(), limits, info()).expect("this machine's certificates can be read")
}

fn address(url: &str) -> Arc<Address> {
    Arc::new(Address::new(Url::parse(url).expect("a test URL")))
}

pub(crate) fn target(url: &str) -> Target {
    Target::new(address(url), None)
}

pub(crate) fn target_with(url: &str, header: &str, value: &str) -> Target {
    let name = header.parse().expect("a header name");
    let value = HeaderValue::from_str(value).expect("a header value");
    Target::new(address(url), Some((name, value)))
}

pub(crate) fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("test JSON")
}

/// Parameters of a call with an argument.
pub(crate) fn params(tool: &str) -> RawObject<'static> {
    RawObject::new()
        .with("name", raw_str(tool))
        .with("arguments", raw(r#"{"text":"hello"}"#))
}

pub(crate) fn request<'a>(tool: &'a str, params: &'a RawObject<'a>) -> CallRequest<'a> {
    CallRequest {
        method: "tools/call",
        named: Some(Named {
            field: "name",
            value: tool,
        }),
        params,
        param_headers: None,
        deadline: Instant::now() + Duration::from_secs(5),
        notifications: None,
        capabilities: None,
        questions: None,
        hold: None,
        pass_on: None,
        session: SessionIs::Nobodys,
        cancel: CancellationToken::new(),
    }
}

pub(crate) async fn call(
    upstream: &Upstream,
    target: &Target,
    tool: &str,
) -> Result<Reply, McpError> {
    let params = params(tool);
    upstream.call(target, request(tool, &params)).await
}

/// The text of the first content block.
pub(crate) fn text_of(reply: &Reply) -> String {
    let ReplyBody::Result(result) = &reply.body else {
        panic!("not a result: {reply:?}");
    };
    let result: serde_json::Value = serde_json::from_str(result.get()).expect("a result is JSON");
    let text = result["content"][0]["text"].as_str();
    text.expect("a text block").to_owned()
}

/// A name server under the test's control: one list of addresses after the other, the last for ever.
#[derive(Debug)]
pub(crate) struct FakeDns {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl FakeDns {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |ip: &&str| ip.parse().expect("an address");
        let answers = answers
            .iter()
            .map(|ips| ips.iter().map(parse).collect())
            .collect();
        Arc::new(Self {
            answers,
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for FakeDns {
    fn resolve<'a>(&'a self, _host: &'a str) -> Addresses<'a> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[at.min(self.answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}
