//! Of which kind the body of an answer is.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::error::{Failure, plain};

/// The media type of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Media {
    /// JSON, or nothing said.
    Json,
    EventStream,
    Other {
        content_type: String,
        web_page: bool,
    },
}

impl Media {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Self::Json;
        };
        if value == "application/json" {
            return Self::Json;
        }
        let text = String::from_utf8_lossy(value.as_bytes());
        let bare = text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match bare.as_str() {
            "application/json" => Self::Json,
            "text/event-stream" => Self::EventStream,
            other if other.starts_with("application/") && other.ends_with("+json") => Self::Json,
            other => Self::Other {
                content_type: plain(other, 80),
                web_page: matches!(other, "text/html" | "application/xhtml+xml"),
            },
        }
    }

    /// The failure for a media type that is not MCP's.
    pub(crate) fn refused(self) -> Failure {
        match self {
            Self::Other {
                content_type,
                web_page,
            } => Failure::BadContentType {
                content_type,
                web_page,
            },
            Self::EventStream => Failure::BadContentType {
                content_type: "text/event-stream".to_owned(),
                web_page: false,
            },
            Self::Json => Failure::BadContentType {
                content_type: "that of JSON".to_owned(),
                web_page: false,
            },
        }
    }
}
