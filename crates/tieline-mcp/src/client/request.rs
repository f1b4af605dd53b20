//! The bytes of a request: its id, its body and its headers.

mod introduction;

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use memchr::memmem;
use serde_json::value::RawValue;

pub(crate) use introduction::Introduction;
pub(super) use introduction::PROTOCOL_VERSION;

use super::call::Named;
use super::question::QuestionReply;
use crate::raw::{RawObject, to_raw};
use crate::wire::{
    META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL, META_PROTOCOL_VERSION,
    METHOD_NOT_FOUND, response_error,
};

/// The `_meta` keys that a legacy server has no use for.
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
mod tests;
