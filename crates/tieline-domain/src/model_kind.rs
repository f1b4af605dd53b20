//! Which wire format a model API speaks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model_url::ModelUrl;

/// The wire format of a model API. Most services and servers speak one of these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Anthropic Messages.
    Anthropic,
    /// Chat completions as `OpenAI` made them; Ollama, vLLM, `OpenRouter` and Azure's v1 endpoint speak it too.
    OpenAi,
}

impl ModelKind {
    /// All kinds, in the order of forms.
    pub const ALL: [Self; 2] = [Self::Anthropic, Self::OpenAi];

    /// The word in the database, in requests and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anthropic => "Anthropic",
            Self::OpenAi => "OpenAI-compatible",
        }
    }

    /// Where the maker of the format runs it; used when nobody gives another base URL.
    pub fn default_base_url(self) -> ModelUrl {
        let text = match self {
            Self::Anthropic => "https://api.anthropic.com",
            Self::OpenAi => "https://api.openai.com/v1",
        };
        ModelUrl::parse(text).expect("a fixed URL that the tests parse")
    }

    /// The model that is asked at the maker's own address when nobody names another.
    pub fn default_model(self) -> &'static str {
        match self {
            Self::Anthropic => "claude-sonnet-5-5",
            Self::OpenAi => "gpt-5.4",
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "The kind must be “anthropic” or “openai”. Servers that speak OpenAI’s format, such as Ollama or vLLM, are “openai”."
)]
pub struct ModelKindError;

impl ModelKindError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "kind_unknown"
    }
}

impl FromStr for ModelKind {
    type Err = ModelKindError;

    fn from_str(word: &str) -> Result<Self, ModelKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or(ModelKindError)
    }
}
