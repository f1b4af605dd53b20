//! What can go wrong with a model API, in words for the person who waits for the answer.
//!
//! Texts of an API are cleaned and cut before they come here, and never hold the key.

use std::time::Duration;

use thiserror::Error;

/// The model API gave no answer, or not a whole one. `api` is the name that an admin gave it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The key is wrong, revoked or may not use this model.
    #[error(
        "The model API {api} refused its key (HTTP {status}){}. An admin can replace the key in Settings, Models.",
        because(detail)
    )]
    KeyRejected {
        /// Which model API.
        api: String,
        /// 401 or 403.
        status: u16,
        /// What it said; empty for 401, where APIs repeat parts of the key.
        detail: String,
    },
    /// Too many requests, or the account's quota is used up.
    #[error("The model API {api} takes no more requests for now{}. {}", because(detail), wait(*retry_after))]
    RateLimited {
        /// Which model API.
        api: String,
        /// What it said.
        detail: String,
        /// How long it wants us to wait.
        retry_after: Option<Duration>,
    },
    /// The API is overloaded, and stayed so.
    #[error("The model API {api} is overloaded{}. {}", because(detail), wait(*retry_after))]
    Overloaded {
        /// Which model API.
        api: String,
        /// What it said.
        detail: String,
        /// How long it wants us to wait.
        retry_after: Option<Duration>,
    },
    /// The API failed by itself.
    #[error("The model API {api} failed{}{}. Try again; if it stays so, look at its status page.", status_words(*status), because(detail))]
    Failed {
        /// Which model API.
        api: String,
        /// The HTTP status; none when it failed inside the answer.
        status: Option<u16>,
        /// What it said.
        detail: String,
    },
    /// Nothing came for too long.
    #[error("The model API {api} {} for {} s. Send your message again; a smaller request or another model may help.", phase.words(), limit.as_secs())]
    Timeout {
        /// Which model API.
        api: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        limit: Duration,
    },
    /// No connection.
    #[error(
        "The model API {api} can’t be reached: {reason}. An admin can check its address in Settings, Models."
    )]
    Unreachable {
        /// Which model API.
        api: String,
        /// Why.
        reason: String,
    },
    /// The API does not accept the request, whoever sends it.
    #[error(
        "The model API {api} refused the request (HTTP {status}){}. Check the model’s name; a new session may help when the conversation became too long.",
        because(detail)
    )]
    RefusedRequest {
        /// Which model API.
        api: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// The API does not accept one tool's definition. Without this tool the request may be sent again.
    #[error(
        "The model API {api} refused the definition of the tool {tool}{}. The tool has to be left out.",
        because(detail)
    )]
    RefusedTool {
        /// Which model API.
        api: String,
        /// The tool's name as in the request.
        tool: String,
        /// What it said.
        detail: String,
    },
    /// The answer stopped before its end.
    #[error(
        "The answer of the model API {api} was cut off. Nothing of it was acted on; send your message again."
    )]
    Cut {
        /// Which model API.
        api: String,
    },
    /// The answer is not what the API's own rules say.
    #[error(
        "The model API {api} sent an answer that can’t be read: {reason}. Check that its kind and address fit together in Settings, Models."
    )]
    BadAnswer {
        /// Which model API.
        api: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What was waited for when the time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The first word of the answer.
    FirstToken,
    /// The next piece of an answer that had begun.
    NextPiece,
    /// The end of an answer that kept coming.
    Whole,
}

impl Phase {
    const fn words(self) -> &'static str {
        match self {
            Self::FirstToken => "did not begin to answer",
            Self::NextPiece => "began to answer and then sent nothing",
            Self::Whole => "did not come to an end of its answer",
        }
    }
}

impl ModelError {
    /// The stable word for API and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyRejected { .. } => "model_key_rejected",
            Self::RateLimited { .. } => "model_rate_limited",
            Self::Overloaded { .. } => "model_overloaded",
            Self::Failed { .. } => "model_failed",
            Self::Timeout { .. } => "model_timeout",
            Self::Unreachable { .. } => "model_unreachable",
            Self::RefusedRequest { .. } => "model_refused_request",
            Self::RefusedTool { .. } => "model_refused_tool",
            Self::Cut { .. } => "model_cut",
            Self::BadAnswer { .. } => "model_bad_answer",
        }
    }

    /// Which model API it was, by the name that an admin gave it.
    pub fn api(&self) -> &str {
        match self {
            Self::KeyRejected { api, .. }
            | Self::RateLimited { api, .. }
            | Self::Overloaded { api, .. }
            | Self::Failed { api, .. }
            | Self::Timeout { api, .. }
            | Self::Unreachable { api, .. }
            | Self::RefusedRequest { api, .. }
            | Self::RefusedTool { api, .. }
            | Self::Cut { api }
            | Self::BadAnswer { api, .. } => api,
        }
    }
}

impl ModelError {
    /// One sentence for somebody who only has to wait.
    pub(super) fn in_short(&self) -> String {
        let api = self.api();
        match self {
            Self::RateLimited { .. } => format!("{api} takes no more requests for now."),
            Self::Overloaded { .. } => format!("{api} is overloaded."),
            Self::Timeout { .. } => format!("{api} did not answer in time."),
            Self::Unreachable { .. } => format!("{api} can’t be reached."),
            Self::Failed {
                status: Some(status),
                ..
            } => format!("{api} failed (HTTP {status})."),
            _ => format!("{api} failed."),
        }
    }
}

/// The API's own words, which end without a full stop so that ours can follow.
fn because(detail: &str) -> String {
    match detail.trim_end_matches(['.', ' ']) {
        "" => String::new(),
        detail => format!(": {detail}"),
    }
}

fn wait(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs().max(1)) {
        None => "Try again in a minute.".to_owned(),
        Some(1) => "Try again in 1 second.".to_owned(),
        Some(seconds @ ..120) => format!("Try again in {seconds} seconds."),
        Some(seconds) => format!("Try again in {} minutes.", seconds.div_ceil(60)),
    }
}

fn status_words(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!(" (HTTP {status})"))
}
