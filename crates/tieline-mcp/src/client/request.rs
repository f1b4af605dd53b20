//! The bytes of a request: its id, its body and its headers.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;
use serde_json::value::RawValue;

use super::ClientInfo;
use crate::raw::{RawObject, raw_str, to_raw};
use crate::wire::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, META_CLIENT_CAPABILITIES,
    META_CLIENT_INFO, META_LOG_LEVEL, META_PROTOCOL_VERSION, MODERN, ParamHeaders,
    encode_header_value,
};

pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static(HEADER_PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(HEADER_METHOD);
const NAME: HeaderName = HeaderName::from_static(HEADER_NAME);

/// The `_meta` keys that speak for the client of one hop.
const HOP_META: [&str; 4] = [
    META_PROTOCOL_VERSION,
    META_CLIENT_CAPABILITIES,
    META_CLIENT_INFO,
    META_LOG_LEVEL,
];

/// Request ids that nobody can guess: a keyed hash of a counter, cut to what every JSON reader keeps exactly.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    key: RandomState,
    count: AtomicU64,
}

impl Ids {
    pub(crate) fn next(&self) -> u64 {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        self.key.hash_one(count) & ((1 << 53) - 1)
    }
}

/// Everything about ourselves that requests repeat, spelled once.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) user_agent: HeaderValue,
    /// `clientInfo` as an object.
    pub(crate) client_info: Box<RawValue>,
    /// The modern `_meta` object without its braces.
    meta_entries: String,
}

impl Introduction {
    pub(crate) fn new(info: &ClientInfo) -> Self {
        let client_info = RawObject::new()
            .with("name", raw_str(&info.name))
            .with("version", raw_str(&info.version))
            .to_box();
        let meta = RawObject::new()
            .with(META_PROTOCOL_VERSION, raw_str(MODERN.as_str()))
            .with(META_CLIENT_CAPABILITIES, empty_object())
            .with(META_CLIENT_INFO, client_info.clone())
            .to_json();
        let user_agent = HeaderValue::from_str(&format!("{}/{}", info.name, info.version))
            .unwrap_or(HeaderValue::from_static("tieline"));
        Self {
            user_agent,
            client_info,
            meta_entries: meta[1..meta.len() - 1].to_owned(),
        }
    }

    /// Modern parameters: ours in `_meta`, everything else as it was.
    pub(crate) fn modern_params<'a>(&self, params: &'a RawValue) -> Cow<'a, str> {
        let text = params.get();
        if memmem::find(text.as_bytes(), b"\"_meta\"").is_none() {
            let rest = text[1..].trim_start();
            let comma = if rest.starts_with('}') { "" } else { "," };
            let mut whole = String::with_capacity(text.len() + self.meta_entries.len() + 12);
            whole.push_str("{\"_meta\":{");
            whole.push_str(&self.meta_entries);
            whole.push('}');
            whole.push_str(comma);
            whole.push_str(rest);
            return Cow::Owned(whole);
        }
        let Ok(object) = RawObject::parse(params) else {
            return Cow::Borrowed(text);
        };
        let held = object
            .get("_meta")
            .and_then(|meta| RawObject::parse(meta).ok());
        let kept = held.unwrap_or_default().without(&HOP_META).to_json();
        let comma = if kept.len() == 2 { "" } else { "," };
        let meta = format!("{{{}{comma}{}", self.meta_entries, &kept[1..]);
        let meta = RawValue::from_string(meta).expect("two lists of entries make an object");
        Cow::Owned(object.clone().with("_meta", meta).to_json())
    }

    /// The headers of a request, all but the session and the credential.
    pub(crate) fn post_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers
    }

    /// The headers of a request that opens a stream.
    pub(crate) fn get_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers
    }
}

/// Legacy parameters: what a modern client said about its own hop is not for this server.
pub(crate) fn legacy_params(params: &RawValue) -> Cow<'_, str> {
    let text = params.get();
    if memmem::find(text.as_bytes(), b"\"io.modelcontextprotocol/").is_none() {
        return Cow::Borrowed(text);
    }
    let Ok(object) = RawObject::parse(params) else {
        return Cow::Borrowed(text);
    };
    let Ok(Some(meta)) = object.get_object("_meta") else {
        return Cow::Borrowed(text);
    };
    let kept = meta.without(&HOP_META);
    Cow::Owned(if kept.is_empty() {
        object.without(&["_meta"]).to_json()
    } else {
        let kept = kept.to_box();
        object.clone().with("_meta", kept).to_json()
    })
}

/// The modern headers that repeat the body, so that proxies can route without reading it.
pub(crate) fn modern_headers(
    headers: &mut HeaderMap,
    method: &str,
    name: Option<&str>,
    param_headers: Option<&ParamHeaders>,
    params: &RawValue,
) {
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(MODERN.as_str()));
    headers.insert(METHOD, encode_header_value(method));
    if let Some(name) = name {
        headers.insert(NAME, encode_header_value(name));
    }
    if let Some(marked) = param_headers.filter(|marked| !marked.is_empty()) {
        let object = RawObject::parse(params).unwrap_or_default();
        for (header, value) in marked.headers(object.get("arguments")) {
            headers.insert(header, value);
        }
    }
}

/// A JSON-RPC request.
pub(crate) fn request_body(id: u64, method: &str, params: &str) -> Bytes {
    let id = id.to_string();
    let mut body = String::with_capacity(params.len() + method.len() + id.len() + 52);
    body.push_str("{\"jsonrpc\":\"2.0\",\"id\":");
    body.push_str(&id);
    body.push_str(",\"method\":");
    push_string(&mut body, method);
    body.push_str(",\"params\":");
    body.push_str(params);
    body.push('}');
    Bytes::from(body)
}

/// A JSON-RPC notification.
pub(crate) fn notification_body(method: &str, params: Option<&str>) -> Bytes {
    let mut body = String::from("{\"jsonrpc\":\"2.0\",\"method\":");
    push_string(&mut body, method);
    if let Some(params) = params {
        body.push_str(",\"params\":");
        body.push_str(params);
    }
    body.push('}');
    Bytes::from(body)
}

/// Our answer to a request of the server: `ping` is answered, nothing else was offered to it.
pub(crate) fn reply_body(id: &RawValue, method: &str) -> Bytes {
    let id = id.get();
    let text = if method == "ping" {
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{}}}}")
    } else {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32601,\"message\":\"not supported by this client\"}}}}"
        )
    };
    Bytes::from(text)
}

fn push_string(body: &mut String, text: &str) {
    body.push_str(to_raw(text).get());
}

pub(crate) fn empty_object() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("{} is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn introduction() -> Introduction {
        Introduction::new(&ClientInfo {
            name: "T".to_owned(),
            version: "1".to_owned(),
        })
    }

    const OURS: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"T","version":"1"}"#;

    #[test]
    fn our_meta_goes_in_and_everything_else_stays() {
        for (params, expected) in [
            ("{}", format!("{{\"_meta\":{{{OURS}}}}}")),
            (
                "{ \"a\" : 1.0 }",
                format!("{{\"_meta\":{{{OURS}}},\"a\" : 1.0 }}"),
            ),
            (
                r#"{"name":"x","_meta":{"progressToken":7,"io.modelcontextprotocol/clientInfo":{"name":"north"}},"z":1e2}"#,
                format!(r#"{{"name":"x","_meta":{{{OURS},"progressToken":7}},"z":1e2}}"#),
            ),
            (
                r#"{"arguments":{"_meta":"not ours"}}"#,
                format!(r#"{{"arguments":{{"_meta":"not ours"}},"_meta":{{{OURS}}}}}"#),
            ),
        ] {
            assert_eq!(introduction().modern_params(&raw(params)), expected);
        }
    }

    #[test]
    fn a_modern_hop_is_taken_out_for_a_legacy_server() {
        for (params, expected) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (
                r#"{"a":1,"_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"_meta":{"x":2,"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"a":1}"#,
                r#"{"_meta":{"x":2},"a":1}"#,
            ),
        ] {
            assert_eq!(legacy_params(&raw(params)), expected);
        }
    }

    #[test]
    fn ids_differ_and_stay_exact_in_every_json_reader() {
        let ids = Ids::default();
        let seen: std::collections::HashSet<u64> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(seen.len(), 10_000);
        assert!(seen.iter().all(|id| *id < 1 << 53));
    }

    #[test]
    fn bodies_are_json_rpc() {
        assert_eq!(
            request_body(5, "tools/call", "{\"x\":1}"),
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"x":1}}"#
        );
        assert_eq!(
            notification_body("notifications/initialized", None),
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
        );
        assert!(reply_body(&raw("\"a\""), "ping").ends_with(br#""result":{}}"#));
        assert!(
            reply_body(&raw("1"), "sampling/createMessage")
                .windows(6)
                .any(|part| part == b"-32601")
        );
    }
}
