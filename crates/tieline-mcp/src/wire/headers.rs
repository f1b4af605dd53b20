//! What the headers of a client's request say about it, and whether the body says the same.

use http::{HeaderMap, HeaderName};
use serde_json::value::RawValue;

use super::codes::{
    HEADER_METHOD, HEADER_MISMATCH, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION_ID,
    META_CLIENT_CAPABILITIES, META_PROTOCOL_VERSION, UNSUPPORTED_PROTOCOL_VERSION,
};
use super::header_value::decode_header_value;
use super::params::{Params, ParamsError, RequestMeta};
use super::revision::{Era, MODERN, Revision, SUPPORTED, is_dated};
use crate::raw::{self, RawObject, shown};

static PROTOCOL_VERSION: HeaderName = HeaderName::from_static(HEADER_PROTOCOL_VERSION);
static METHOD: HeaderName = HeaderName::from_static(HEADER_METHOD);
static NAME: HeaderName = HeaderName::from_static(HEADER_NAME);
static SESSION_ID: HeaderName = HeaderName::from_static(HEADER_SESSION_ID);

/// Methods that only the modern era has: a client that calls one is modern, whatever else it forgot.
const MODERN_METHODS: [&str; 2] = ["server/discover", "subscriptions/listen"];

/// How a client's message is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NorthEra {
    /// Alone, in the modern revision; its headers and body agree.
    Modern,
    /// As the start of a legacy session.
    Initialize,
    /// Within the legacy session that the session header names.
    Session(Revision),
    /// As a legacy message without a session. Whether that is served is the server's choice.
    Sessionless(Revision),
}

/// Why a client's message is refused before its method is looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A header is missing or contradicts the body.
    #[error(transparent)]
    Header(#[from] HeaderMismatch),
    /// A parameter that every modern request has is missing.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A revision that is not spoken here.
    #[error("protocol version {requested:?} is not spoken here")]
    UnsupportedVersion {
        /// What was asked for, escaped and shortened.
        requested: String,
    },
}

/// A header that breaks the rule that headers repeat the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Header mismatch: {header} {fault}")]
pub struct HeaderMismatch {
    /// The header.
    pub header: String,
    /// What is wrong with it.
    pub fault: HeaderFault,
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// Not there.
    #[error("is missing")]
    Missing,
    /// There more than once.
    #[error("is sent twice")]
    Twice,
    /// Neither plain ASCII nor well-formed base64.
    #[error("cannot be read")]
    Unreadable,
    /// There, but the body says something else.
    #[error("differs from the body")]
    Differs,
}

impl HeaderMismatch {
    pub(super) fn new(header: &str, fault: HeaderFault) -> Self {
        Self {
            header: header.to_owned(),
            fault,
        }
    }

    /// The JSON-RPC code to answer with.
    pub const fn code(&self) -> i64 {
        HEADER_MISMATCH
    }
}

impl RequestError {
    /// The JSON-RPC code to answer with.
    pub const fn code(&self) -> i64 {
        match self {
            Self::Header(mismatch) => mismatch.code(),
            Self::Params(error) => error.code(),
            Self::UnsupportedVersion { .. } => UNSUPPORTED_PROTOCOL_VERSION,
        }
    }

    /// The `data` of the JSON-RPC error: what a client needs to try again.
    pub fn data(&self) -> Option<Box<RawValue>> {
        let Self::UnsupportedVersion { requested } = self else {
            return None;
        };
        let supported = SUPPORTED.map(Revision::as_str);
        let data = RawObject::new()
            .with("supported", raw::to_raw(&supported))
            .rename_value("requested", requested);
        Some(data.to_box())
    }
}

/// Decides how a message is to be served, and for a modern one checks everything that its headers repeat.
/// `method` is `None` for the answer to a request of ours; `meta` is what [`Params::request_meta`] made of `params`.
pub fn detect_era(
    headers: &HeaderMap,
    method: Option<&str>,
    params: &Params<'_>,
    meta: Result<&RequestMeta<'_>, &ParamsError>,
) -> Result<NorthEra, RequestError> {
    let version = version_header(headers)?;
    if is_modern(version, method, meta.ok()) {
        check_modern(
            headers,
            version,
            method,
            (params, meta.map_err(ParamsError::clone)?),
        )?;
        return Ok(NorthEra::Modern);
    }
    if method == Some("initialize") {
        return Ok(NorthEra::Initialize);
    }
    let revision = version.map_or(Ok(Revision::R20250326), |version| {
        version.parse().map_err(|_| unsupported(version))
    })?;
    if headers.contains_key(&SESSION_ID) {
        return Ok(NorthEra::Session(revision));
    }
    Ok(NorthEra::Sessionless(revision))
}

/// The text of the header `MCP-Protocol-Version`, for requests without a body too.
pub fn version_header(headers: &HeaderMap) -> Result<Option<&str>, HeaderMismatch> {
    only(headers, &PROTOCOL_VERSION)?
        .map(|value| {
            value
                .to_str()
                .map_err(|_| HeaderMismatch::new(HEADER_PROTOCOL_VERSION, HeaderFault::Unreadable))
        })
        .transpose()
}

/// A modern mark in the header or in `_meta` is enough: the other one missing is then a fault to report, and falling
/// back to the older rules would skip the very check that the mark promises.
fn is_modern(version: Option<&str>, method: Option<&str>, meta: Option<&RequestMeta<'_>>) -> bool {
    let from_modern_on = |text: &str| is_dated(text) && text >= MODERN.as_str();
    let in_meta = meta.and_then(|meta| meta.protocol_version);
    let is_legacy = |text: &str| {
        text.parse()
            .is_ok_and(|revision: Revision| revision.era() == Era::Legacy)
    };
    let meta_is_modern =
        in_meta.is_some_and(|version| !raw::as_str(version).is_some_and(|text| is_legacy(&text)));
    version.is_some_and(from_modern_on)
        || meta_is_modern
        || method.is_some_and(|method| MODERN_METHODS.contains(&method))
}

fn check_modern(
    headers: &HeaderMap,
    version: Option<&str>,
    method: Option<&str>,
    (params, meta): (&Params<'_>, &RequestMeta<'_>),
) -> Result<(), RequestError> {
    let body = meta.protocol_version().ok_or(ParamsError::MissingMeta {
        key: META_PROTOCOL_VERSION,
    })?;
    match version {
        None => {
            return Err(HeaderMismatch::new(HEADER_PROTOCOL_VERSION, HeaderFault::Missing).into());
        }
        Some(version) if version != body => {
            return Err(HeaderMismatch::new(HEADER_PROTOCOL_VERSION, HeaderFault::Differs).into());
        }
        Some(version) if version != MODERN.as_str() => return Err(unsupported(version)),
        Some(_) => {}
    }
    if !meta.client_capabilities.is_some_and(raw::is_object) {
        return Err(ParamsError::MissingMeta {
            key: META_CLIENT_CAPABILITIES,
        }
        .into());
    }
    let Some(method) = method else {
        return Ok(());
    };
    repeats(headers, &METHOD, method)?;
    if let Some(name) = params.named(method)? {
        repeats(headers, &NAME, &name)?;
    }
    Ok(())
}

fn repeats(headers: &HeaderMap, header: &HeaderName, body: &str) -> Result<(), HeaderMismatch> {
    let refuse = |fault| Err(HeaderMismatch::new(header.as_str(), fault));
    let Some(value) = only(headers, header)? else {
        return refuse(HeaderFault::Missing);
    };
    match decode_header_value(value) {
        None => refuse(HeaderFault::Unreadable),
        Some(text) if text != body => refuse(HeaderFault::Differs),
        Some(_) => Ok(()),
    }
}

fn only<'h>(
    headers: &'h HeaderMap,
    header: &HeaderName,
) -> Result<Option<&'h http::HeaderValue>, HeaderMismatch> {
    let mut values = headers.get_all(header).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(HeaderMismatch::new(header.as_str(), HeaderFault::Twice));
    }
    Ok(first)
}

fn unsupported(requested: &str) -> RequestError {
    RequestError::UnsupportedVersion {
        requested: shown(requested),
    }
}

#[cfg(test)]
mod tests;
