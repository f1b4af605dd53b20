//! A sealed credential as it is stored: version, key id, wrapped data key, ciphertext. It says nothing to a reader.

use std::fmt;

use crate::cipher::{KEY, NONCE, TAG};
use crate::master_key::KeyId8;

/// The format written today.
pub(crate) const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const WRAPPED: usize = NONCE + KEY + TAG;
const HEAD: usize = 1 + KEY_ID + WRAPPED;
const SHORTEST: usize = HEAD + NONCE + TAG;

/// A credential that only the right key ring opens, and only in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    pub(crate) fn assemble(key_id: KeyId8, wrapped_key: &[u8], data: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(HEAD + data.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(key_id.as_bytes());
        bytes.extend_from_slice(wrapped_key);
        bytes.extend_from_slice(data);
        Self(bytes)
    }

    /// From stored bytes. Only the outer form is checked here.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, SealedError> {
        match bytes.first() {
            Some(&VERSION) if bytes.len() >= SHORTEST => Ok(Self(bytes)),
            Some(&VERSION) | None => Err(SealedError::Short { bytes: bytes.len() }),
            Some(&version) => Err(SealedError::Version { version }),
        }
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The master key that wrapped the data key.
    pub fn key_id(&self) -> KeyId8 {
        KeyId8::from_bytes([self.0[1], self.0[2], self.0[3], self.0[4]])
    }

    pub(crate) fn wrapped_key(&self) -> &[u8] {
        &self.0[1 + KEY_ID..HEAD]
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.0[HEAD..]
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(key {}, {} bytes)", self.key_id(), self.0.len())
    }
}

/// Why stored bytes are no sealed credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Cut off.
    #[error(
        "The stored credential is cut off at {bytes} bytes. Enter the token again, or restore a backup."
    )]
    Short {
        /// How many are left.
        bytes: usize,
    },
    /// Written by another release, or damaged.
    #[error(
        "The stored credential has format {version}, which this release does not know. Use the release that wrote it, or enter the token again."
    )]
    Version {
        /// The format's number.
        version: u8,
    },
}

impl SealedError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "secret_unreadable"
    }
}
