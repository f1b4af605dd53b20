//! The hash by which an admin says which definition was read.

use std::fmt;
use std::str::FromStr;

/// SHA-256 of a definition's bytes, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DefinitionHash([u8; 32]);

impl DefinitionHash {
    /// The hash with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no hash of a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("A definition is named by the 64 hexadecimal digits that its review shows.")]
pub struct DefinitionHashError;

impl FromStr for DefinitionHash {
    type Err = DefinitionHashError;

    fn from_str(text: &str) -> Result<Self, DefinitionHashError> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(DefinitionHashError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| DefinitionHashError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| DefinitionHashError)?;
        }
        Ok(Self(bytes))
    }
}
