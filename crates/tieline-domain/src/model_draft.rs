//! The one place where raw input for a model API becomes parsed values, whichever door it came through.

use std::fmt;

use zeroize::Zeroizing;

use crate::access_token::{AccessToken, TokenError};
use crate::connector_name::is_invisible;
use crate::field_error::FieldError;
use crate::id::ModelId;
use crate::model_kind::ModelKind;
use crate::model_name::ModelName;
use crate::model_url::ModelUrl;

/// The longest model name, in characters. Paths such as `accounts/x/models/y` are names too.
const MAX_MODEL_SCALARS: usize = 200;

/// What somebody typed for a new model API.
#[derive(Clone, Default)]
pub struct ModelDraft {
    /// Its name.
    pub name: String,
    /// Its wire format, as a word.
    pub kind: String,
    /// Its base URL; empty means the maker's own.
    pub base_url: String,
    /// The model to ask; empty means the maker's current one, if the base URL is the maker's own.
    pub model: String,
    /// The key; empty means none.
    pub key: Zeroizing<String>,
    /// The model API that takes over when this one fails.
    pub fallback: Option<ModelId>,
}

impl ModelDraft {
    /// Checks every field and reports all that is wrong at once.
    pub fn parse(&self) -> Result<NewModel, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = ModelName::parse(&self.name)
            .map_err(|error| errors.push(FieldError::new("name", error.code(), &error)));
        let kind = self.kind.trim().parse::<ModelKind>();
        let kind = kind.map_err(|error| errors.push(FieldError::new("kind", error.code(), &error)));
        let base_url = match (self.base_url.trim(), kind) {
            ("", Ok(kind)) => Some(kind.default_base_url()),
            ("", Err(())) => None,
            (text, _) => ModelUrl::parse(text)
                .map_err(|error| errors.push(FieldError::new("base_url", error.code(), &error)))
                .ok(),
        };
        let model = match (self.model.trim(), kind, &base_url) {
            ("", Ok(kind), Some(url)) if *url == kind.default_base_url() => {
                Ok(kind.default_model().to_owned())
            }
            // Which model is missing cannot be said before the kind and the address are right.
            ("", kind, url) if kind.is_err() || url.is_none() => Err(()),
            (text, _, _) => parse_model(text)
                .map_err(|error| errors.push(FieldError::new("model", error.code(), &error))),
        };
        let key = parse_key(&self.key)
            .map_err(|error| errors.push(FieldError::new("key", error.code(), &error)));
        match (name, kind, base_url, model, key) {
            (Ok(name), Ok(kind), Some(base_url), Ok(model), Ok(key)) if errors.is_empty() => {
                Ok(NewModel {
                    name,
                    kind,
                    base_url,
                    model,
                    key,
                    fallback: self.fallback,
                })
            }
            _ => Err(errors),
        }
    }
}

impl fmt::Debug for ModelDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelDraft")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("model", &self.model)
            .field("key", &"[redacted]")
            .field("fallback", &self.fallback)
            .finish()
    }
}

/// A model API that is ready to be added, as far as its own fields say.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// Its name.
    pub name: ModelName,
    /// Its wire format.
    pub kind: ModelKind,
    /// Where it is.
    pub base_url: ModelUrl,
    /// The model to ask.
    pub model: String,
    /// The key, if it wants one.
    pub key: Option<AccessToken>,
    /// The model API that takes over when this one fails.
    pub fallback: Option<ModelId>,
}

/// Checks the name of a model. Which models exist is known to the model API only.
pub fn parse_model(text: &str) -> Result<String, ModelError> {
    let model = text.trim();
    let scalars = model.chars().count();
    if model.is_empty() {
        return Err(ModelError::Empty);
    }
    if scalars > MAX_MODEL_SCALARS {
        return Err(ModelError::TooLong { scalars });
    }
    let is_bad = |character: char| character.is_whitespace() || is_invisible(character);
    match model.chars().position(is_bad) {
        Some(index) => Err(ModelError::BadChar {
            position: index + 1,
        }),
        None => Ok(model.to_owned()),
    }
}

/// Checks a model API's key. It travels in a header, so the rules of a connector's token hold; empty means none.
pub fn parse_key(text: &str) -> Result<Option<AccessToken>, KeyError> {
    AccessToken::parse(text).map_err(KeyError)
}

/// Why the name of a model was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing was typed, and the address is not one whose models are known.
    #[error("Name the model to ask, such as llama3.3 or gpt-5.4.")]
    Empty,
    /// Too many characters.
    #[error("The model’s name has {scalars} characters. Use at most 200.")]
    TooLong {
        /// How many it has.
        scalars: usize,
    },
    /// A space or an invisible character.
    #[error("Character {position} of the model’s name is a space or invisible. Delete it.")]
    BadChar {
        /// Its place, counted from 1.
        position: usize,
    },
}

impl ModelError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "model_empty",
            Self::TooLong { .. } => "model_too_long",
            Self::BadChar { .. } => "model_bad_char",
        }
    }
}

/// Why a key was refused. The messages never contain any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError(TokenError);

impl KeyError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self.0 {
            TokenError::BadChar { .. } => "key_bad_char",
            TokenError::Blank => "key_blank",
            TokenError::TooLong { .. } => "key_too_long",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            TokenError::BadChar { position } => write!(
                f,
                "Character {position} of the key cannot be sent in a header. Check that nothing else was copied along."
            ),
            TokenError::Blank => {
                f.write_str("The key has only spaces. Paste the key, or leave the field empty.")
            }
            TokenError::TooLong { bytes } => {
                write!(f, "The key has {bytes} bytes. Use at most 8,192.")
            }
        }
    }
}

impl std::error::Error for KeyError {}
