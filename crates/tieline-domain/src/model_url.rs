//! The base URL of a model API: what comes before `/v1/messages` or `/chat/completions`.
//!
//! Only the text is judged here. The host, port and character rules are those of a connector's URL.

use std::fmt;

use serde::Serialize;

use crate::connector_url::{ConnectorUrl, Origin, UrlError};

/// A checked `http` or `https` base URL, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelUrl {
    url: ConnectorUrl,
    /// The length of the text without the slashes at its end.
    base: usize,
}

impl ModelUrl {
    /// Checks and normalises a base URL.
    pub fn parse(text: &str) -> Result<Self, ModelUrlError> {
        // A question mark cannot stand in the host, so what follows the first one is the query.
        if text.contains('?') {
            return Err(ModelUrlError::Query);
        }
        let typed = ConnectorUrl::parse(text)?;
        // Parsed again without them, so that two spellings of one base are equal; a bare host keeps its one slash.
        let url = ConnectorUrl::parse(typed.as_str().trim_end_matches('/'))?;
        let base = url.as_str().trim_end_matches('/').len();
        Ok(Self { url, base })
    }

    /// The normalised text, which is what is stored and shown: no slash at its end.
    pub fn as_str(&self) -> &str {
        &self.url.as_str()[..self.base]
    }

    /// The address of one operation: the base, a slash and `path`.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{}", self.as_str(), path.trim_start_matches('/'))
    }

    /// Scheme, host and port. A key is bound to it.
    pub fn origin(&self) -> Origin {
        self.url.origin()
    }

    /// The same address under the rules of a connector's URL, for whoever judges hosts.
    pub fn as_connector_url(&self) -> &ConnectorUrl {
        &self.url
    }

    /// Whether the key and all text travel unencrypted over a network.
    pub fn is_plain_http(&self) -> bool {
        self.url.is_plain_http() && !self.url.is_loopback_host()
    }
}

impl fmt::Display for ModelUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ModelUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a base URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelUrlError {
    /// Nothing was typed.
    #[error("Give the base URL of the model API, such as https://api.openai.com/v1.")]
    Empty,
    /// The part after the scheme is not a host.
    #[error("The URL has no valid host. Write it like https://api.openai.com/v1.")]
    Host,
    /// A user name or password.
    #[error(
        "The URL is stored in plain text. Put the secret in the key field, and delete everything up to the “@”."
    )]
    UserInfo,
    /// A query: paths are added to the base, so it would end up in the middle.
    #[error("A base URL has no “?”. Delete it and what follows; a key belongs in the key field.")]
    Query,
    /// A port of another kind of service.
    #[error(
        "Tieline does not call port {port}: another kind of service listens there. Use the model API’s own port."
    )]
    PortRefused {
        /// The port.
        port: u16,
    },
    /// What is wrong with it is wrong with any URL.
    #[error(transparent)]
    Other(UrlError),
}

impl ModelUrlError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "url_empty",
            Self::Host => "url_host",
            Self::UserInfo => "url_userinfo",
            Self::Query => "url_query",
            Self::PortRefused { .. } => "port_refused",
            Self::Other(error) => error.code(),
        }
    }
}

impl From<UrlError> for ModelUrlError {
    fn from(error: UrlError) -> Self {
        match error {
            UrlError::Empty => Self::Empty,
            UrlError::Host => Self::Host,
            UrlError::UserInfo => Self::UserInfo,
            UrlError::PortRefused { port } => Self::PortRefused { port },
            other @ (UrlError::Scheme
            | UrlError::BadChar { .. }
            | UrlError::Fragment
            | UrlError::Port
            | UrlError::TooLong { .. }) => Self::Other(other),
        }
    }
}
