//! What an answer that is not 2xx means.

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use super::call::RpcError;
use super::error::{Failure, McpError, plain};
use super::message::{Answer, AnswerId, Inbound, Rules, STRICT_DEPTH, read};
use super::target::Target;
use crate::wire::{
    Era, HEADER_MISMATCH, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY, UNSUPPORTED_PROTOCOL_VERSION,
};

/// An HTTP status outside 2xx, with the JSON-RPC error that may have come with it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) failure: Failure,
    pub(crate) rpc: Option<RpcError>,
    /// Whether that error names our request.
    ours: bool,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        id: u64,
        target: &Target,
    ) -> Self {
        let rules = Rules {
            max_depth: STRICT_DEPTH,
            batches: false,
        };
        let (rpc, ours) = match read(body, rules) {
            Ok(Inbound::Answer(whose, Answer::Error(error))) => {
                (Some(error), whose == AnswerId::Number(id))
            }
            _ => (None, false),
        };
        Self {
            status,
            failure: failure_of(status, headers, target),
            rpc,
            ours,
        }
    }

    /// The code of a JSON-RPC error, whoever it names: servers that refuse before reading the body name nobody.
    pub(crate) fn code(&self) -> Option<i64> {
        self.rpc.as_ref().map(|error| error.code)
    }

    /// Whether the server wants somebody else, or less of us: no reason to try another transport.
    pub(crate) fn is_about_access(&self) -> bool {
        matches!(
            self.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
        )
    }

    /// Whether the server did not take the request for what it was.
    fn is_about_form(&self) -> bool {
        matches!(
            self.status.as_u16(),
            400 | 404 | 405 | 406 | 415 | 422 | 501
        )
    }

    /// Whether the server took the request for what it was, and answers it with an error.
    fn is_an_answer(&self) -> bool {
        self.ours && !self.code().is_some_and(is_about_transport)
    }

    /// Whether a server that remembers sessions says that it does not know ours. 404 means just that, except for a
    /// method that it does not have; older servers say 400.
    pub(crate) fn may_have_lost_session(&self) -> bool {
        match self.status {
            StatusCode::NOT_FOUND => self.code() != Some(METHOD_NOT_FOUND),
            StatusCode::BAD_REQUEST => !self.is_an_answer(),
            _ => false,
        }
    }

    /// Whether this sounds as if the server speaks another era than the request did. Either way it did not run it.
    pub(crate) fn contradicts(&self, era: Era) -> bool {
        let code = self.code();
        if code == Some(UNSUPPORTED_PROTOCOL_VERSION) {
            return true;
        }
        match era {
            Era::Modern => self.is_about_form() && !self.is_an_answer() && !is_modern_error(code),
            Era::Legacy => {
                is_modern_error(code)
                    || self.is_about_form() && !self.is_an_answer()
                    || self.status == StatusCode::BAD_REQUEST && code == Some(INVALID_PARAMS)
                    || self.status == StatusCode::NOT_FOUND && code == Some(METHOD_NOT_FOUND)
            }
        }
    }

    /// The end of it: the server's own error about our request, else what the status means.
    pub(crate) fn into_answer(self) -> Result<Answer, McpError> {
        match self.rpc {
            Some(error) if self.ours && !matches!(self.status.as_u16(), 401 | 403 | 429) => {
                Ok(Answer::Error(error.answered_with(self.status)))
            }
            _ => Err(McpError::sent(self.failure).answered_with(self.status)),
        }
    }

    pub(crate) fn into_error(self) -> McpError {
        McpError::sent(self.failure).answered_with(self.status)
    }
}

/// Codes with which legacy servers refuse a request for its session, revision or handshake.
fn is_about_transport(code: i64) -> bool {
    code == INVALID_REQUEST || (-32_019..=-32_000).contains(&code)
}

/// Codes that only a modern server uses.
pub(crate) fn is_modern_error(code: Option<i64>) -> bool {
    matches!(
        code,
        Some(HEADER_MISMATCH | MISSING_CLIENT_CAPABILITY | UNSUPPORTED_PROTOCOL_VERSION)
    )
}

fn failure_of(status: StatusCode, headers: &HeaderMap, target: &Target) -> Failure {
    match status.as_u16() {
        401 => unauthorized(headers, target),
        403 => Failure::Forbidden {
            token_sent: target.has_auth(),
            scope: missing_scope(headers),
        },
        404 => Failure::NotFound {
            path: plain(target.url().path(), 100),
        },
        405 => Failure::MethodNotAllowed,
        429 => Failure::RateLimited {
            seconds: retry_after(headers),
        },
        status => Failure::UpstreamError { status },
    }
}

/// 401 with an OAuth challenge and no token is a sign-in by a person. The addresses in the challenge are never fetched.
fn unauthorized(headers: &HeaderMap, target: &Target) -> Failure {
    let offers_sign_in = challenges(headers).any(|challenge| {
        let challenge = challenge.to_ascii_lowercase();
        ["resource_metadata", "authorization_uri", "as_uri"]
            .iter()
            .any(|hint| challenge.contains(hint))
    });
    if offers_sign_in && !target.has_auth() {
        return Failure::NeedsOauth;
    }
    Failure::AuthFailed {
        token_sent: target.has_auth(),
        offers_sign_in,
    }
}

fn missing_scope(headers: &HeaderMap) -> Option<String> {
    let insufficient =
        challenges(headers).find(|challenge| challenge.contains("insufficient_scope"))?;
    let (_, rest) = insufficient.split_once("scope=\"")?;
    let (scope, _) = rest.split_once('"')?;
    Some(plain(scope, 100)).filter(|scope| !scope.is_empty())
}

fn challenges(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let values = headers.get_all(WWW_AUTHENTICATE).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whole seconds; a date is not worth a clock here.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
