//! What a server may say: an answer, a notification or a request, read strictly and passed on raw.

use serde_json::value::RawValue;

use super::call::RpcError;
use super::error::{Failure, plain};
use crate::raw::{self, RawError, RawObject, parse_strict, parse_strict_object};

/// How deep a message may be nested.
pub(crate) const STRICT_DEPTH: usize = 127;
/// For lists of tools, where one absurd tool must not lose the others: each is measured on its own.
pub(crate) const LIST_DEPTH: usize = 4_096;

/// Bytes of a server's answer that an admin may see.
const EXCERPT: usize = 200;

/// One message from a server.
#[derive(Debug)]
pub(crate) enum Inbound {
    Answer(AnswerId, Answer),
    Request {
        id: Box<RawValue>,
        method: String,
        params: Option<Box<RawValue>>,
    },
    Notification {
        method: String,
        whole: Box<RawValue>,
    },
    Batch(Vec<Inbound>),
}

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerId {
    /// The server could not tell.
    Unknown,
    /// It names this id.
    Number(u64),
    /// It names something that we never use as an id.
    Foreign,
}

/// A result or an error.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Result(Box<RawValue>),
    Error(RpcError),
}

/// How strictly a message is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) max_depth: usize,
    /// Only 2025-03-26 knows arrays of messages.
    pub(crate) batches: bool,
}

/// Reads one message.
pub(crate) fn read(bytes: &[u8], rules: Rules) -> Result<Inbound, Failure> {
    match parse_strict_object(bytes, rules.max_depth) {
        Ok(object) => read_object(&object, bytes),
        Err(RawError::NotAnObject) if first_byte(bytes) == Some(b'[') && rules.batches => {
            read_batch(bytes, rules)
        }
        Err(RawError::NotAnObject) if first_byte(bytes) == Some(b'[') => Err(Failure::protocol(
            "several messages in one, which this revision does not allow",
        )),
        Err(error) => Err(bad_json(bytes, &error)),
    }
}

fn read_batch(bytes: &[u8], rules: Rules) -> Result<Inbound, Failure> {
    let whole = parse_strict(bytes, rules.max_depth).map_err(|error| bad_json(bytes, &error))?;
    let items = raw::as_array(whole).unwrap_or_default();
    if items.is_empty() {
        return Err(Failure::protocol("an empty batch"));
    }
    let one = |item: &RawValue| match RawObject::parse(item) {
        Ok(object) => read_object(&object, item.get().as_bytes()),
        Err(_) => Err(Failure::protocol(
            "a batch with something else than messages in it",
        )),
    };
    items
        .into_iter()
        .map(one)
        .collect::<Result<_, _>>()
        .map(Inbound::Batch)
}

fn read_object(object: &RawObject<'_>, bytes: &[u8]) -> Result<Inbound, Failure> {
    if object.duplicate_key().is_some() {
        return Err(Failure::protocol("a message that names a key twice"));
    }
    if object.get_str("jsonrpc").as_deref() != Some("2.0") {
        let reason = "the body is JSON, but not JSON-RPC 2.0".to_owned();
        return Err(Failure::BadJson {
            reason,
            excerpt: excerpt(bytes),
        });
    }
    let present = |key| object.get(key).filter(|value| !raw::is_null(value));
    if let Some(method) = object.get_str("method") {
        let method = method.into_owned();
        return Ok(match present("id") {
            Some(id) => Inbound::Request {
                id: id.to_owned(),
                method,
                params: present("params").map(ToOwned::to_owned),
            },
            None => Inbound::Notification {
                method,
                whole: object.to_box(),
            },
        });
    }
    let error = present("error");
    let result = object
        .get("result")
        .filter(|result| error.is_none() || !raw::is_null(result));
    let answer = match (result, error) {
        (Some(_), Some(_)) => return Err(Failure::protocol("both a result and an error")),
        (None, None) => return Err(Failure::protocol("neither a result nor an error")),
        (Some(result), None) if raw::is_object(result) => Answer::Result(result.to_owned()),
        (Some(_), None) => return Err(Failure::protocol("a result that is not an object")),
        (None, Some(error)) => Answer::Error(read_error(error)?),
    };
    let id = match present("id") {
        None => AnswerId::Unknown,
        Some(id) => id.get().parse().map_or(AnswerId::Foreign, AnswerId::Number),
    };
    Ok(Inbound::Answer(id, answer))
}

fn read_error(error: &RawValue) -> Result<RpcError, Failure> {
    let not_an_error = || Failure::protocol("an error that is not an error object");
    let object = RawObject::parse(error).map_err(|_| not_an_error())?;
    let code = object
        .get("code")
        .and_then(|code| code.get().parse().ok())
        .ok_or_else(not_an_error)?;
    let message = plain(
        object.get_str("message").as_deref().unwrap_or_default(),
        2_048,
    );
    let data = object
        .get("data")
        .filter(|data| !raw::is_null(data))
        .map(ToOwned::to_owned);
    Ok(RpcError {
        code,
        message,
        data,
        status: None,
    })
}

fn first_byte(bytes: &[u8]) -> Option<u8> {
    bytes.trim_ascii_start().first().copied()
}

fn bad_json(bytes: &[u8], error: &RawError) -> Failure {
    let reason = if bytes.trim_ascii().is_empty() {
        "the body is empty".to_owned()
    } else if bytes.starts_with(b"\xef\xbb\xbf") {
        "the body begins with a byte order mark".to_owned()
    } else {
        format!("the body is {}", describe(error))
    };
    Failure::BadJson {
        reason,
        excerpt: excerpt(bytes),
    }
}

fn describe(error: &RawError) -> String {
    match error {
        RawError::NotAnObject => "JSON, but not a message".to_owned(),
        RawError::NotJson { .. } => error.to_string(),
        other => format!("JSON that not every program can read ({other})"),
    }
}

/// The beginning of an answer for an admin's eyes.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    plain(
        &String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT)]),
        EXCERPT,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Rules = Rules {
        max_depth: STRICT_DEPTH,
        batches: false,
    };

    fn code(text: &[u8]) -> &'static str {
        read(text, STRICT).unwrap_err().code()
    }

    #[test]
    fn messages_are_told_apart() {
        let read = |text: &str| read(text.as_bytes(), STRICT).unwrap();
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":5,"result":{}}"#),
            Inbound::Answer(AnswerId::Number(5), Answer::Result(_))
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}"#),
            Inbound::Answer(AnswerId::Unknown, Answer::Error(RpcError { code: -1, .. }))
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":"5","result":{},"error":null}"#),
            Inbound::Answer(AnswerId::Foreign, _)
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":0,"method":"ping"}"#),
            Inbound::Request { .. }
        ));
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","method":"n"}"#),
            Inbound::Notification { .. }
        ));
    }

    #[test]
    fn what_is_not_a_message_has_its_code() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"x":{}{}}}}}"#,
            "[".repeat(126),
            "]".repeat(126)
        );
        for (text, expected) in [
            (&b""[..], "bad_json"),
            (
                b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
                "bad_json",
            ),
            (
                b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"x\":\"\xff\"}}",
                "bad_json",
            ),
            (
                br#"{"jsonrpc":"2.0","id":1,"result":{"x":"\ud800"}}"#,
                "bad_json",
            ),
            (
                br#"{"jsonrpc":"2.0","id":1,"result":{"x":1e400}}"#,
                "bad_json",
            ),
            (deep.as_bytes(), "bad_json"),
            (br#"{"id":1,"result":{}}"#, "bad_json"),
            (
                br#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#,
                "protocol_error",
            ),
            (br#"{"jsonrpc":"2.0","id":1}"#, "protocol_error"),
            (br#"{"jsonrpc":"2.0","id":1,"result":[]}"#, "protocol_error"),
            (
                br#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
                "protocol_error",
            ),
            (
                br#"{"jsonrpc":"2.0","id":1,"id":2,"result":{}}"#,
                "protocol_error",
            ),
            (
                br#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#,
                "protocol_error",
            ),
        ] {
            assert_eq!(code(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn arrays_are_read_where_the_revision_knows_them() {
        let batches = Rules {
            batches: true,
            ..STRICT
        };
        let two = br#"[{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":1,"result":{}}]"#;
        assert!(matches!(read(two, batches), Ok(Inbound::Batch(items)) if items.len() == 2));
        assert!(read(b"[]", batches).is_err());
        assert!(read(b"[1]", batches).is_err());
    }
}
