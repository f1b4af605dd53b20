//! One JSON-RPC message from a client: what it is and where its parts lie. The parts stay raw.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::codes::{INVALID_REQUEST, PARSE_ERROR};
use super::params::{Params, ParamsError};
use crate::raw::{self, MAX_DEPTH, RawError, RawObject, parse_strict, parse_strict_along};

/// The longest id that is echoed. Real clients count or use UUIDs.
const MAX_ID_LENGTH: usize = 1024;
/// The longest method name that is looked at.
const MAX_METHOD_LENGTH: usize = 256;
/// The longest message whose parameters are kept apart, in bytes. What a longer one is made of may take many times its size.
const MAX_APART: usize = 64 * 1024;
/// The most messages that one batch may hold.
const MAX_BATCH: usize = 100;

/// One message, borrowed from the body it came in.
#[derive(Debug, Clone, Copy)]
pub enum Envelope<'a> {
    /// Wants an answer.
    Request(Request<'a>),
    /// Wants none.
    Notification(Notification<'a>),
    /// Answers a request that this side sent (legacy era only).
    Response(Response<'a>),
}

/// A method call with an id.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The client's id, a string or an integer, as it was written.
    pub id: &'a RawValue,
    /// The method.
    pub method: &'a str,
    /// The parameters: an object, or absent.
    pub params: Option<&'a RawValue>,
}

/// A method call without an id.
#[derive(Debug, Clone, Copy)]
pub struct Notification<'a> {
    /// The method.
    pub method: &'a str,
    /// The parameters: an object, or absent.
    pub params: Option<&'a RawValue>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// The id of the request that is answered.
    pub id: &'a RawValue,
    /// The result, or the error object.
    pub outcome: Result<&'a RawValue, &'a RawValue>,
}

/// Why a body is no message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct EnvelopeError {
    /// What is wrong.
    pub reason: EnvelopeFault,
    /// The id of the refused request where one could be read, to be echoed.
    pub id: Option<Box<RawValue>>,
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// Not JSON that every receiver reads the same way.
    #[error("the body cannot be read: {0}")]
    Unreadable(RawError),
    /// An array, and the revision has no batches.
    #[error("send one message per request: this protocol version has no batches")]
    Batch,
    /// An array without messages, or with more than anyone needs.
    #[error("a batch holds 1 to 100 messages")]
    BatchSize,
    /// JSON, but no object.
    #[error("a message must be a JSON object")]
    NotAnObject,
    /// Not JSON-RPC 2.0.
    #[error("\"jsonrpc\" must be \"2.0\"")]
    Version,
    /// An id that cannot be echoed safely.
    #[error("\"id\" must be a string or an integer of at most 1024 characters")]
    Id,
    /// A method that is no name.
    #[error("\"method\" must be a string of 1 to 256 plain characters")]
    Method,
    /// Parameters by position.
    #[error("\"params\" must be an object")]
    Params,
    /// Neither a call nor an answer, or both.
    #[error("a message has either a \"method\", or an \"id\" and one of \"result\" and \"error\"")]
    Shape,
}

impl EnvelopeError {
    /// The JSON-RPC code to answer with.
    pub const fn code(&self) -> i64 {
        match self.reason {
            EnvelopeFault::Unreadable(_) => PARSE_ERROR,
            _ => INVALID_REQUEST,
        }
    }

    const fn new(reason: EnvelopeFault) -> Self {
        Self { reason, id: None }
    }
}

impl From<RawError> for EnvelopeError {
    fn from(error: RawError) -> Self {
        Self::new(match error {
            RawError::NotAnObject => EnvelopeFault::NotAnObject,
            other => EnvelopeFault::Unreadable(other),
        })
    }
}

impl<'a> Envelope<'a> {
    /// Reads one message. Arrays are refused.
    pub fn parse(body: &'a [u8]) -> Result<Self, EnvelopeError> {
        Self::parse_apart(body).map(|(envelope, _)| envelope)
    }

    /// The same, with the parameters of a call taken apart, and their `_meta` in them, if reading the message did so on its way.
    pub fn parse_apart(body: &'a [u8]) -> Result<(Self, Option<RawObject<'a>>), EnvelopeError> {
        let path: &[&str] = if body.len() <= MAX_APART {
            &["params", "_meta"]
        } else {
            &[]
        };
        match parse_strict_along(body, MAX_DEPTH, path) {
            Ok(mut object) => {
                let envelope = Self::from_object(&object)?;
                let params = match &envelope {
                    Self::Request(_) | Self::Notification(_) => object.take_inner("params"),
                    Self::Response(_) => None,
                };
                Ok((envelope, params))
            }
            Err(RawError::NotAnObject) if starts_an_array(body) => {
                Err(EnvelopeError::new(EnvelopeFault::Batch))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads one message or an array of them, as revision 2025-03-26 allows. Each message fails on its own.
    pub fn parse_batch(body: &'a [u8]) -> Result<Batch<'a>, EnvelopeError> {
        if !starts_an_array(body) {
            return Self::parse(body).map(Batch::One);
        }
        let array = parse_strict(body, MAX_DEPTH)?;
        let items = raw::as_array(array).ok_or(EnvelopeError::new(EnvelopeFault::BatchSize))?;
        if items.is_empty() || items.len() > MAX_BATCH {
            return Err(EnvelopeError::new(EnvelopeFault::BatchSize));
        }
        let read = |item: &'a RawValue| Self::from_object(&RawObject::parse(item)?);
        Ok(Batch::Many(items.into_iter().map(read).collect()))
    }

    fn from_object(object: &RawObject<'a>) -> Result<Self, EnvelopeError> {
        object.refuse_duplicates()?;
        let id = read_id(object)?;
        Self::with_id(object, id).map_err(|reason| EnvelopeError {
            reason,
            id: id.map(ToOwned::to_owned),
        })
    }

    fn with_id(object: &RawObject<'a>, id: Option<&'a RawValue>) -> Result<Self, EnvelopeFault> {
        if object.get_str("jsonrpc").as_deref() != Some("2.0") {
            return Err(EnvelopeFault::Version);
        }
        let outcome = match (object.get_borrowed("result"), object.get_borrowed("error")) {
            (None, None) => None,
            (Some(result), None) => Some(Ok(result)),
            (None, Some(error)) => Some(Err(error)),
            (Some(_), Some(_)) => return Err(EnvelopeFault::Shape),
        };
        match (object.get_borrowed("method"), id, outcome) {
            (Some(method), id, None) => {
                let method = read_method(method)?;
                let params = read_params(object)?;
                Ok(match id {
                    Some(id) => Self::Request(Request { id, method, params }),
                    None => Self::Notification(Notification { method, params }),
                })
            }
            (None, Some(id), Some(outcome)) => Ok(Self::Response(Response { id, outcome })),
            _ => Err(EnvelopeFault::Shape),
        }
    }

    /// The method, unless it is an answer.
    pub const fn method(&self) -> Option<&'a str> {
        match self {
            Self::Request(request) => Some(request.method),
            Self::Notification(notification) => Some(notification.method),
            Self::Response(_) => None,
        }
    }

    /// The id, unless it is a notification.
    pub const fn id(&self) -> Option<&'a RawValue> {
        match self {
            Self::Request(request) => Some(request.id),
            Self::Notification(_) => None,
            Self::Response(response) => Some(response.id),
        }
    }

    /// Where the routing fields of the parameters lie.
    pub fn params(&self) -> Result<Params<'a>, ParamsError> {
        match self {
            Self::Request(request) => Params::parse(request.params),
            Self::Notification(notification) => Params::parse(notification.params),
            Self::Response(_) => Ok(Params::default()),
        }
    }
}

/// A body of the revision that has batches.
#[derive(Debug, Clone)]
pub enum Batch<'a> {
    /// No array: answer with one message.
    One(Envelope<'a>),
    /// An array: answer with an array.
    Many(Vec<Result<Envelope<'a>, EnvelopeError>>),
}

fn starts_an_array(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"[")
}

fn read_id<'a>(object: &RawObject<'a>) -> Result<Option<&'a RawValue>, EnvelopeError> {
    let Some(id) = object.get_borrowed("id") else {
        return Ok(None);
    };
    let text = id.get();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > MAX_ID_LENGTH || !(is_integer || text.starts_with('"')) {
        return Err(EnvelopeError::new(EnvelopeFault::Id));
    }
    Ok(Some(id))
}

/// A method is looked up and logged, so escapes and other scripts have no place in it.
fn read_method(raw: &RawValue) -> Result<&str, EnvelopeFault> {
    match raw::as_str(raw) {
        Some(Cow::Borrowed(method)) if is_method(method) => Ok(method),
        _ => Err(EnvelopeFault::Method),
    }
}

fn is_method(text: &str) -> bool {
    (1..=MAX_METHOD_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `null` stands for absent: clients that serialise an empty option are common and mean no harm.
fn read_params<'a>(object: &RawObject<'a>) -> Result<Option<&'a RawValue>, EnvelopeFault> {
    match object.get_borrowed("params") {
        Some(params) if raw::is_object(params) => Ok(Some(params)),
        Some(params) if !raw::is_null(params) => Err(EnvelopeFault::Params),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
