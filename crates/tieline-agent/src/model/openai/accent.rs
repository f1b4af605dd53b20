//! Two parameters of chat completions that not every server knows. What one refuses is left out from then on.

use super::super::{ModelEndpoint, ModelError};

/// How a server wants to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Accent {
    /// The newer name of the limit, which the maker's own models demand and other servers may not know.
    pub(super) max_completion_tokens: bool,
    /// That the stream ends with what it cost.
    pub(super) stream_options: bool,
    /// How many refusals it is the answer to. More than one for each parameter would go in circles.
    adapted: u8,
}

impl Accent {
    /// The one that the address suggests.
    pub(in super::super) fn of(endpoint: &ModelEndpoint) -> Self {
        let origin = endpoint.base_url.origin();
        let host = origin.as_str().trim_start_matches("https://");
        let host = host.split(':').next().unwrap_or_default();
        let makers_own = host == "api.openai.com"
            || host.ends_with(".openai.azure.com")
            || host.ends_with(".services.ai.azure.com");
        Self {
            max_completion_tokens: makers_own,
            stream_options: true,
            adapted: 0,
        }
    }

    /// The one to try after a refusal; none when the refusal is about something else.
    pub(in super::super) fn after(self, refusal: &ModelError) -> Option<Self> {
        let ModelError::RefusedRequest {
            status: 400 | 422,
            detail,
            ..
        } = refusal
        else {
            return None;
        };
        let adapted = self.adapted + 1;
        let mut next = Self { adapted, ..self };
        if self.stream_options && detail.contains("stream_options") {
            next.stream_options = false;
        } else if detail.contains("max_completion_tokens") {
            next.max_completion_tokens = !self.max_completion_tokens;
        } else {
            return None;
        }
        (adapted <= 2).then_some(next)
    }
}
