//! The name of a configured model API: what people read, and what a session asks for.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::connector_name::{ConnectorName, NameError};

/// The longest name, in Unicode scalars after normalisation.
const MAX_SCALARS: usize = 60;

/// A model API's name. The same characters are allowed as in a connector's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelName(Arc<str>);

impl ModelName {
    /// Checks and normalises a name.
    pub fn parse(text: &str) -> Result<Self, ModelNameError> {
        let name = ConnectorName::parse(text)?;
        let scalars = name.as_str().chars().count();
        if scalars > MAX_SCALARS {
            return Err(ModelNameError::TooLong { scalars });
        }
        Ok(Self(name.as_str().into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What must be unique: `Claude` and `claude` are one name.
    pub fn folded(&self) -> String {
        Self::fold(&self.0)
    }

    /// The form in which any text is compared with names.
    pub fn fold(text: &str) -> String {
        text.trim().to_lowercase()
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ModelName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelNameError {
    /// Nothing but spaces.
    #[error("Give the model API a name, such as “Claude”.")]
    Empty,
    /// Too many characters.
    #[error("The name has {scalars} characters. Use at most 60.")]
    TooLong {
        /// How many it has.
        scalars: usize,
    },
    /// Only punctuation or symbols.
    #[error("Use at least one letter or digit, so people can tell it from others.")]
    NoLetterOrDigit,
    /// A character or word that hides or looks like something else.
    #[error(transparent)]
    Characters(NameError),
}

impl ModelNameError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong { .. } => "name_too_long",
            Self::NoLetterOrDigit => "name_no_letter_or_digit",
            Self::Characters(error) => error.code(),
        }
    }
}

impl From<NameError> for ModelNameError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Empty => Self::Empty,
            NameError::TooLong { scalars } => Self::TooLong { scalars },
            NameError::NoLetterOrDigit => Self::NoLetterOrDigit,
            other @ (NameError::BadChar { .. } | NameError::MixedScripts { .. }) => {
                Self::Characters(other)
            }
        }
    }
}
