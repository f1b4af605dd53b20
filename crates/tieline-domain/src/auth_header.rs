//! The name of the HTTP header that carries a connector's token.

use std::fmt;

use serde::Serialize;

/// The longest header name.
const MAX_LENGTH: usize = 64;
/// Headers that Tieline sets itself, or that would change how a request is read.
const FORBIDDEN: [&str; 26] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "alt-used",
    "connection",
    "cookie",
    "cookie2",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "last-event-id",
    "max-forwards",
    "origin",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];
const FORBIDDEN_PREFIXES: [&str; 5] = ["content-", "mcp-", "proxy-", "sec-", "x-forwarded-"];

/// A header name that may carry a credential, spelled as typed. The default is `Authorization`.
#[derive(Debug, Clone, Serialize)]
pub struct AuthHeader(String);

impl AuthHeader {
    /// Checks a header name; an empty one means `Authorization`.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let name = text.trim_matches(|character: char| character.is_ascii_whitespace());
        if name.is_empty() {
            return Ok(Self::default());
        }
        if name.len() > MAX_LENGTH || !name.bytes().all(is_token_byte) {
            return Err(HeaderError::Name);
        }
        let lower = name.to_ascii_lowercase();
        if FORBIDDEN.contains(&lower.as_str())
            || FORBIDDEN_PREFIXES
                .iter()
                .any(|prefix| lower.starts_with(prefix))
        {
            return Err(HeaderError::Forbidden {
                name: name.to_owned(),
            });
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `Authorization`, in any case.
    pub fn is_authorization(&self) -> bool {
        self.0.eq_ignore_ascii_case("authorization")
    }
}

impl Default for AuthHeader {
    fn default() -> Self {
        Self("Authorization".to_owned())
    }
}

/// Header names are the same in any case.
impl PartialEq for AuthHeader {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AuthHeader {}

impl fmt::Display for AuthHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `tchar` of RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Why a header name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a header name.
    #[error(
        "A header name has letters, digits and “-”, and at most 64 characters, like X-Api-Key."
    )]
    Name,
    /// A header that carries something else.
    #[error(
        "Tieline sets this header itself. {name} cannot carry a token; use Authorization or the name from the provider’s documentation."
    )]
    Forbidden {
        /// The name as typed.
        name: String,
    },
}

impl HeaderError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name => "header_name",
            Self::Forbidden { .. } => "header_forbidden",
        }
    }
}
