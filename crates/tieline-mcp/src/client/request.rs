//! The bytes of a request: its id, its body and its headers.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;
use serde_json::value::RawValue;

use super::ClientInfo;
use super::question::QuestionReply;
use super::upstream::Named;
use crate::raw::{RawObject, raw_str, to_raw};
use crate::wire::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, META_CLIENT_CAPABILITIES,
    META_CLIENT_INFO, META_LOG_LEVEL, META_PROTOCOL_VERSION, METHOD_NOT_FOUND, MODERN,
    ParamHeaders, encode_header_value, response_error,
};

pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static(HEADER_PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(HEADER_METHOD);
const NAME: HeaderName = HeaderName::from_static(HEADER_NAME);
/// By far the most frequent method.
const CALL: &str = "tools/call";

/// The `_meta` keys that speak for the client of one hop. What level of log messages is wanted passes from one modern
/// hop to the next.
const HOP_META: [&str; 3] = [
    META_PROTOCOL_VERSION,
    META_CLIENT_CAPABILITIES,
    META_CLIENT_INFO,
];

/// The same, and what a legacy server has no use for.
const MODERN_META: [&str; 4] = [
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
    /// The headers of a request, all but the session and the credential. Copying a table takes a fraction of making it.
    posting: HeaderMap,
    /// The same of a modern call of a tool, but for the tool.
    calling: HeaderMap,
}

impl Introduction {
    pub(crate) fn new(info: &ClientInfo) -> Self {
        let client_info = RawObject::new()
            .with("name", raw_str(&info.name))
            .with("version", raw_str(&info.version))
            .to_box();
        let user_agent = HeaderValue::from_str(&format!("{}/{}", info.name, info.version))
            .unwrap_or(HeaderValue::from_static("tieline"));
        let posting = posting(&user_agent);
        Self {
            calling: calling(&posting),
            posting,
            user_agent,
            meta_entries: meta_entries(&client_info, &empty_object()),
            client_info,
        }
    }

    /// A modern request: ours in `_meta`, everything else of the parameters as it was.
    /// `capabilities` are those of the caller, for this request; without them none are declared.
    pub(crate) fn modern_body(
        &self,
        id: u64,
        method: &str,
        (params, named): Wanted<'_>,
        capabilities: Option<&RawValue>,
    ) -> Bytes {
        let declared = capabilities.map(|capabilities| self.declaring(capabilities));
        let entries = declared.as_deref().unwrap_or(&self.meta_entries);
        let mut body = start_request(id, method, length_of(params, named) + entries.len());
        body.push('{');
        if !params.contains("_meta") {
            body.push_str("\"_meta\":");
            push_meta(&mut body, entries, "");
            let is_all = params.is_empty() && named.is_none();
            body.push_str(if is_all { "" } else { "," });
        }
        push_params(&mut body, (params, named), |body, key, value| {
            if key == "_meta" {
                push_meta(body, entries, &kept_meta(params.inner(key), value));
            } else {
                body.push_str(value.get());
            }
        });
        body.push_str("}}");
        Bytes::from(body)
    }

    /// The modern `_meta` entries with a caller's capabilities in them.
    fn declaring(&self, capabilities: &RawValue) -> String {
        meta_entries(&self.client_info, capabilities)
    }

    /// The headers of a request, all but the session and the credential.
    pub(crate) fn post_headers(&self) -> HeaderMap {
        self.posting.clone()
    }

    /// The headers of a modern request, all but the credential. They repeat the body, so that proxies can route without
    /// reading it.
    pub(crate) fn modern_headers(
        &self,
        method: &str,
        name: Option<&str>,
        param_headers: Option<&ParamHeaders>,
        params: &RawObject<'_>,
    ) -> HeaderMap {
        let mut headers = self.calling.clone();
        if method != CALL {
            headers.insert(METHOD, encode_header_value(method));
        }
        if let Some(name) = name {
            headers.insert(NAME, encode_header_value(name));
        }
        if let Some(marked) = param_headers.filter(|marked| !marked.is_empty()) {
            for (header, value) in marked.headers(params.get("arguments")) {
                headers.insert(header, value);
            }
        }
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

fn posting(user_agent: &HeaderValue) -> HeaderMap {
    // With those that every request gets besides, so that the table is not made anew for them.
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, user_agent.clone());
    headers
}

fn calling(posting: &HeaderMap) -> HeaderMap {
    let mut headers = posting.clone();
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(MODERN.as_str()));
    headers.insert(METHOD, HeaderValue::from_static(CALL));
    headers
}

/// The modern `_meta` object without its braces.
fn meta_entries(client_info: &RawValue, capabilities: &RawValue) -> String {
    let meta = RawObject::new()
        .with(META_PROTOCOL_VERSION, raw_str(MODERN.as_str()))
        .with(META_CLIENT_CAPABILITIES, capabilities)
        .with(META_CLIENT_INFO, client_info)
        .to_json();
    meta[1..meta.len() - 1].to_owned()
}

/// What is said about this hop, and behind it what the caller says about anything else.
fn push_meta(body: &mut String, entries: &str, kept: &str) {
    for part in ["{", entries, kept, "}"] {
        body.push_str(part);
    }
}

/// What the caller says about anything else than its own hop: entries, with a comma before each.
fn kept_meta(split: Option<&RawObject<'_>>, held: &RawValue) -> String {
    let parsed = match split {
        Some(_) => None,
        None => RawObject::parse(held).ok(),
    };
    let entries = split.or(parsed.as_ref()).into_iter();
    let mut kept = String::new();
    for (written, key, value) in entries.flat_map(RawObject::written_entries) {
        if !HOP_META.contains(&key) {
            for part in [",", written, ":", value.get()] {
                kept.push_str(part);
            }
        }
    }
    kept
}

/// A legacy request: what a modern client said about its own hop is not for this server.
pub(crate) fn legacy_body(id: u64, method: &str, (params, named): Wanted<'_>) -> Bytes {
    let of_a_modern_hop = |meta: &&RawValue| {
        memmem::find(meta.get().as_bytes(), b"\"io.modelcontextprotocol/").is_some()
    };
    let meta = params.get("_meta").filter(of_a_modern_hop);
    let Some(meta) = meta.and_then(|meta| RawObject::parse(meta).ok()) else {
        return request_body(id, method, (params, named));
    };
    let kept = meta.without(&MODERN_META);
    let params = if kept.is_empty() {
        params.clone().without(&["_meta"])
    } else {
        params.clone().with("_meta", kept.to_box())
    };
    request_body(id, method, (&params, named))
}

/// A JSON-RPC request.
pub(crate) fn request_body(id: u64, method: &str, (params, named): Wanted<'_>) -> Bytes {
    let mut body = start_request(id, method, length_of(params, named));
    body.push('{');
    push_params(&mut body, (params, named), |body, _, value| {
        body.push_str(value.get());
    });
    body.push_str("}}");
    Bytes::from(body)
}

/// The parameters of a request, and what is asked for by name.
type Wanted<'a> = (&'a RawObject<'a>, Option<Named<'a>>);

/// As many bytes as the parameters hardly ever exceed.
fn length_of(params: &RawObject<'_>, named: Option<Named<'_>>) -> usize {
    let name = named.map_or(0, |named| named.field.len() + named.value.len() + 8);
    params.json_length() + name
}

/// The entries of the parameters, with the name in its place; `put` writes the value of each other one.
fn push_params(
    body: &mut String,
    (params, named): Wanted<'_>,
    mut put: impl FnMut(&mut String, &str, &RawValue),
) {
    let mut absent = named;
    params.push_entries(body, |body, key, value| {
        match named.filter(|named| named.field == key) {
            Some(named) => {
                absent = None;
                push_string(body, named.value);
            }
            None => put(body, key, value),
        }
    });
    if let Some(named) = absent {
        body.push_str(if params.is_empty() { "" } else { "," });
        push_string(body, named.field);
        body.push(':');
        push_string(body, named.value);
    }
}

/// A request up to its parameters, with room for as many bytes of those.
fn start_request(id: u64, method: &str, params: usize) -> String {
    let mut body = String::with_capacity(params + method.len() + 96);
    body.push_str("{\"jsonrpc\":\"2.0\",\"id\":");
    push_number(&mut body, id);
    body.push_str(",\"method\":");
    push_string(&mut body, method);
    body.push_str(",\"params\":");
    body
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
    if method == "ping" {
        return response_body(id, &Ok(empty_object()));
    }
    refusal_body(id, METHOD_NOT_FOUND, "not supported by this client")
}

/// A refusal of a request of the server.
pub(crate) fn refusal_body(id: &RawValue, code: i64, message: &'static str) -> Bytes {
    response_error(Some(id), code, message, None)
}

/// A caller's reply to a request of the server, as the caller wrote it.
pub(crate) fn response_body(id: &RawValue, reply: &QuestionReply) -> Bytes {
    let (key, value) = match reply {
        Ok(result) => ("result", result),
        Err(error) => ("error", error),
    };
    let (id, value) = (id.get(), value.get());
    Bytes::from(format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{key}\":{value}}}"
    ))
}

fn push_string(body: &mut String, text: &str) {
    if text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    {
        body.push('"');
        body.push_str(text);
        body.push('"');
    } else {
        body.push_str(to_raw(text).get());
    }
}

fn push_number(body: &mut String, number: u64) {
    write!(body, "{number}").expect("a string takes every text");
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
    fn a_name_stands_where_the_parameters_hold_it() {
        for (params, expected) in [
            (r#"{"name":"north","x":1}"#, r#"{"name":"a\"b","x":1}"#),
            (r#"{"x":1,"n\u0061me":7}"#, r#"{"x":1,"n\u0061me":"a\"b"}"#),
            (r#"{"x":1}"#, r#"{"x":1,"name":"a\"b"}"#),
            ("{}", r#"{"name":"a\"b"}"#),
        ] {
            let held = raw(params);
            let params = RawObject::parse(&held).unwrap();
            let named = Some(Named {
                field: "name",
                value: "a\"b",
            });
            let legacy = legacy_body(5, "m", (&params, named));
            let wanted = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
            assert_eq!(legacy, wanted);
            let modern = introduction().modern_body(5, "m", (&params, named), None);
            let with_meta = expected.replacen('{', &format!("{{\"_meta\":{{{OURS}}},"), 1);
            let wanted = format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{with_meta}}}"#);
            assert_eq!(modern, wanted);
        }
    }

    #[test]
    fn a_name_stands_beside_what_is_said_about_the_call() {
        let named = Some(Named {
            field: "uri",
            value: "x:1",
        });
        for (params, legacy, modern) in [
            (
                r#"{"_meta":{"progressToken":7,"io.modelcontextprotocol/logLevel":"info"},"uri":"north:1"}"#,
                r#"{"_meta":{"progressToken":7},"uri":"x:1"}"#.to_owned(),
                format!(
                    r#"{{"_meta":{{{OURS},"progressToken":7,"io.modelcontextprotocol/logLevel":"info"}},"uri":"x:1"}}"#
                ),
            ),
            (
                r#"{"uri":"north:1","_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
                r#"{"uri":"x:1"}"#.to_owned(),
                format!(r#"{{"uri":"x:1","_meta":{{{OURS}}}}}"#),
            ),
            (
                r#"{"_meta":{"io.modelcontextprotocol/clientInfo":{}}}"#,
                r#"{"uri":"x:1"}"#.to_owned(),
                format!(r#"{{"_meta":{{{OURS}}},"uri":"x:1"}}"#),
            ),
        ] {
            let held = raw(params);
            let params = RawObject::parse(&held).unwrap();
            let whole =
                |params| format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{params}}}"#);
            assert_eq!(legacy_body(5, "m", (&params, named)), whole(legacy));
            let body = introduction().modern_body(5, "m", (&params, named), None);
            assert_eq!(body, whole(modern));
        }
    }

    #[test]
    fn our_meta_goes_in_and_everything_else_stays() {
        for (params, expected) in [
            ("{}", format!("{{\"_meta\":{{{OURS}}}}}")),
            (
                "{ \"a\" : 1.0 }",
                format!("{{\"_meta\":{{{OURS}}},\"a\":1.0}}"),
            ),
            (
                r#"{"name":"x","_meta":{"progressToken":7,"io.modelcontextprotocol/clientInfo":{"name":"north"}},"z":1e2}"#,
                format!(r#"{{"name":"x","_meta":{{{OURS},"progressToken":7}},"z":1e2}}"#),
            ),
            (
                r#"{"arguments":{"_meta":"not ours"}}"#,
                format!(r#"{{"_meta":{{{OURS}}},"arguments":{{"_meta":"not ours"}}}}"#),
            ),
        ] {
            let params = raw(params);
            let body = introduction().modern_body(
                5,
                "m",
                (&RawObject::parse(&params).unwrap(), None),
                None,
            );
            let expected =
                format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
            assert_eq!(body, expected);
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
            let params = raw(params);
            let body = legacy_body(5, "m", (&RawObject::parse(&params).unwrap(), None));
            let expected =
                format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{expected}}}"#);
            assert_eq!(body, expected);
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
            request_body(
                5,
                "tools/\u{e9}",
                (&RawObject::new().with("x", raw("1")), None)
            ),
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/é","params":{"x":1}}"#
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
