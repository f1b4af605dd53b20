//! From one era to the other: what changes in a definition, a result and an error on their way
//! through a gateway.
//!
//! North is the client, south the upstream server. Everything that is not named here keeps its bytes. The functions are
//! pure; they know no connector and no connection.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use crate::raw::{self, RawError, RawObject, shown};
use crate::wire::{
    Era, HEADER_MISMATCH, INTERNAL_ERROR, INVALID_PARAMS, LEGACY_RESOURCE_NOT_FOUND,
    LEGACY_URL_ELICITATION_REQUIRED, METHOD_NOT_FOUND, MISSING_CLIENT_CAPABILITY,
    UNSUPPORTED_PROTOCOL_VERSION,
};

mod blocks;
mod definition;
mod fixes;
mod passage;
mod schema;
mod way;

pub use definition::definition_for;
pub(crate) use passage::{Passage, Passed, Stopped};
pub use way::{ExposeUri, Way};

static RESULT_TYPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"resultType\""));
static UNICODE_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\u"));

/// Why an upstream's answer cannot be passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// The server asks the user for something although it was told that nobody can be asked.
    #[error("the server asked for input from the user, which was not offered to it")]
    InputRequiredUnasked,
    /// A kind of result that this side does not know, so it must count as invalid.
    #[error("the server answered with a result of the unknown kind {kind:?}")]
    UnknownResultType {
        /// The kind, escaped and shortened.
        kind: String,
    },
    /// The result or the parameters are no object.
    #[error("the message is not what the protocol asks for: {0}")]
    Malformed(#[from] RawError),
}

/// A result as the client is to see it. Borrowed when nothing had to change.
pub fn result_for<'r>(
    way: &Way<'_>,
    result: &'r RawValue,
) -> Result<Cow<'r, RawValue>, BridgeError> {
    let is_modern = (way.north, way.south) == (Era::Modern, Era::Modern);
    // What a client may keep is looked at more closely.
    let is_read = way.method == "resources/read";
    if is_modern && !is_read && is_surely_complete(result) && !blocks::may_change(way, result.get())
    {
        return Ok(Cow::Borrowed(result));
    }
    let object = RawObject::parse(result)?;
    if way.south == Era::Modern {
        refuse_unknown_kind(&object)?;
    }
    let parts = blocks::changed(way, &object);
    let mut shaped = match (way.north, way.south) {
        (Era::Modern, _) => complete(&object),
        (Era::Legacy, Era::Modern) => as_legacy(&object),
        (Era::Legacy, Era::Legacy) => None,
    };
    if is_read && way.north == Era::Modern && (way.south == Era::Legacy || way.normalise) {
        shaped = with_caching(&object, shaped);
    }
    if parts.is_none() && shaped.is_none() {
        return Ok(Cow::Borrowed(result));
    }
    let mut changed = shaped.unwrap_or_else(|| object.clone());
    if let Some((key, parts)) = parts {
        changed.set(key, parts);
    }
    Ok(Cow::Owned(changed.to_box()))
}

/// A legacy server does not say how long its resources stay as they are, so its client must ask each time.
fn with_caching<'a>(
    result: &RawObject<'a>,
    shaped: Option<RawObject<'a>>,
) -> Option<RawObject<'a>> {
    let (ttl, scope) = fixes::caching(result);
    if ttl.is_none() && scope.is_none() {
        return shaped;
    }
    let mut shaped = shaped.unwrap_or_else(|| result.clone());
    if let Some(ttl) = ttl {
        shaped.set("ttlMs", ttl);
    }
    if let Some(scope) = scope {
        shaped.set("cacheScope", scope);
    }
    Some(shaped)
}

/// Whether one look at the text shows that a result says it is complete, and says so once: as its first or as its last
/// entry, which is where servers put it. Nearly every result passes, which spares taking it apart.
pub(crate) fn is_surely_complete(result: &RawValue) -> bool {
    const SAYS_SO: &str = "\"resultType\":\"complete\"";
    let text = result.get();
    let inside = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let others = inside.and_then(|inside| {
        let first = inside.strip_prefix(SAYS_SO);
        first.or_else(|| inside.strip_suffix(SAYS_SO))
    });
    others.is_some_and(|others| {
        RESULT_TYPE.find(others.as_bytes()).is_none() && !may_spell_keys_oddly(others)
    })
}

/// A key may be spelled with escapes, so that no search finds it. No server does that without reason.
pub fn may_spell_keys_oddly(text: &str) -> bool {
    // Most texts hold no backslash at all, which is found out quicker.
    let bytes = text.as_bytes();
    memchr::memchr(b'\\', bytes).is_some_and(|at| UNICODE_ESCAPE.find(&bytes[at..]).is_some())
}

/// An absent kind means `complete`; older servers do not say it.
fn refuse_unknown_kind(result: &RawObject<'_>) -> Result<(), BridgeError> {
    let Some(kind) = result.get("resultType") else {
        return Ok(());
    };
    match raw::as_str(kind).as_deref() {
        Some("complete") => Ok(()),
        Some("input_required") => Err(BridgeError::InputRequiredUnasked),
        _ => Err(BridgeError::UnknownResultType {
            kind: shown(raw::as_str(kind).as_deref().unwrap_or(kind.get())),
        }),
    }
}

/// For a legacy server `resultType` is a field of its own making; a modern client would take it for the kind.
fn complete<'a>(result: &RawObject<'a>) -> Option<RawObject<'a>> {
    let says_so = result.get_str("resultType").as_deref() == Some("complete");
    (!says_so).then(|| result.clone().rename_value("resultType", "complete"))
}

fn as_legacy<'a>(result: &RawObject<'a>) -> Option<RawObject<'a>> {
    let only_modern = ["resultType", "ttlMs", "cacheScope"];
    // Legacy clients expect an object there; the text content says the same in words.
    let unstructured = result
        .get("structuredContent")
        .is_some_and(|content| !raw::is_object(content));
    let found = unstructured || only_modern.iter().any(|key| result.contains(key));
    let unexpected: &[&str] = if unstructured {
        &["structuredContent"]
    } else {
        &[]
    };
    found.then(|| result.clone().without(&only_modern).without(unexpected))
}

/// What an upstream's JSON-RPC error becomes for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgedError {
    /// The code for the client.
    pub code: i64,
    /// Words to put before the upstream's own, where its code meant something that the new one does not say.
    pub explanation: Option<&'static str>,
}

/// The code under which a client of the era `north` is told of an upstream's error. Message and data pass as they are.
pub fn error_for(north: Era, south: Era, method: &str, code: i64) -> BridgedError {
    let plain = |code| BridgedError {
        code,
        explanation: None,
    };
    let internal = |explanation| BridgedError {
        code: INTERNAL_ERROR,
        explanation: Some(explanation),
    };
    match (code, north, south) {
        // Both are about the hop between gateway and server; the client could only misread them.
        (HEADER_MISMATCH | UNSUPPORTED_PROTOCOL_VERSION, _, Era::Modern) => {
            internal("The server did not accept how the request was put")
        }
        (MISSING_CLIENT_CAPABILITY, Era::Legacy, Era::Modern) => {
            internal("The server needs a client that can answer its questions")
        }
        (INVALID_PARAMS, Era::Legacy, Era::Modern) if method == "resources/read" => {
            plain(LEGACY_RESOURCE_NOT_FOUND)
        }
        (LEGACY_RESOURCE_NOT_FOUND, Era::Modern, _) => plain(INVALID_PARAMS),
        (LEGACY_URL_ELICITATION_REQUIRED, Era::Modern, _) => {
            internal("The server wants the user to open a web page first")
        }
        _ => plain(code),
    }
}

/// The data of an upstream's error. That of a missing resource names it by the server's own URI.
pub fn error_data_for<'d>(way: &Way<'_>, data: &'d RawValue) -> Cow<'d, RawValue> {
    let exposed = RawObject::parse(data).ok().and_then(|whole| {
        let mut data = blocks::Changing::new(&whole);
        data.expose(way, "uri");
        data.done()
    });
    exposed.map_or(Cow::Borrowed(data), Cow::Owned)
}

/// Whether an error says that the user has to open pages first, which the modern era puts as a question.
pub fn wants_pages(north: Era, south: Era, code: i64) -> bool {
    (north, south, code) == (Era::Modern, Era::Legacy, LEGACY_URL_ELICITATION_REQUIRED)
}

/// Whether an error says that the server does not know the method, so that it has nothing of the kind.
pub fn is_unknown_method(code: i64) -> bool {
    code == METHOD_NOT_FOUND
}

#[cfg(test)]
mod tests;
