//! How we introduce ourselves: the headers that requests repeat, and what a modern one says of us in its `_meta`.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

use super::{Wanted, empty_object, length_of, push_params, start_request};
use crate::client::ClientInfo;
use crate::raw::{RawObject, raw_str};
use crate::wire::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, META_CLIENT_CAPABILITIES,
    META_CLIENT_INFO, META_PROTOCOL_VERSION, MODERN, ParamHeaders, encode_header_value,
};

pub(in crate::client) const PROTOCOL_VERSION: HeaderName =
    HeaderName::from_static(HEADER_PROTOCOL_VERSION);
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
    // Its copies keep the room for those that every request gets besides.
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
