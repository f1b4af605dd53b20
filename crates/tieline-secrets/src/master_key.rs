//! The master key: 256 random bits that wrap every data key. Weak ones are refused when they are read.

use std::collections::HashSet;
use std::fmt;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};
use tieline_domain::Entropy;
use zeroize::Zeroizing;

use crate::cipher::KEY;

/// Padding is written, and may be missing when read, because people lose it when they copy.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Longer texts are not looked at; the key itself has 44 characters.
const LONGEST_TEXT: usize = 1024;
/// 32 random bytes have about 30 different values; fewer than 20 happen once in many billion years.
const DIFFERENT_BYTES: usize = 20;
/// Words of eight letters and more, so that no random key contains one by chance.
const PLACEHOLDERS: [&str; 6] = [
    "changeme",
    "password",
    "placeholder",
    "replaceme",
    "examplekey",
    "yourmasterkey",
];

/// The master key. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY]>);

impl MasterKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; KEY]);
        entropy.fill(bytes.as_mut());
        Self(bytes)
    }

    /// Reads the base64 text of a key and refuses one that somebody could guess.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MasterKeyError::Empty);
        }
        if looks_like_a_placeholder(text) {
            return Err(MasterKeyError::Placeholder);
        }
        let bytes = decode(text)?;
        let key: [u8; KEY] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| MasterKeyError::Length { bytes: bytes.len() })?;
        let key = Self(Zeroizing::new(key));
        if key.is_weak() {
            return Err(MasterKeyError::Weak);
        }
        Ok(key)
    }

    /// The short public name of this key, for messages and beside what it sealed.
    pub fn id(&self) -> KeyId8 {
        let mut hasher = Sha256::new();
        hasher.update(b"tieline master key id");
        hasher.update(self.0.as_slice());
        let hash = hasher.finalize();
        KeyId8([hash[0], hash[1], hash[2], hash[3]])
    }

    /// The line that belongs into a key file.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        BASE64.encode_string(self.0.as_slice(), &mut text);
        text.push('\n');
        text
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// Repeated, counted up or typed: all that a person would do without a random source.
    fn is_weak(&self) -> bool {
        let different = self.0.iter().collect::<HashSet<_>>().len();
        let step = self.0[1].wrapping_sub(self.0[0]);
        let is_counted_up = self
            .0
            .windows(2)
            .all(|pair| pair[1].wrapping_sub(pair[0]) == step);
        let is_typed = self
            .0
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
        different < DIFFERENT_BYTES || is_counted_up || is_typed
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, [redacted])", self.id())
    }
}

fn looks_like_a_placeholder(text: &str) -> bool {
    let letters: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .take(LONGEST_TEXT)
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase(),
    );
    PLACEHOLDERS.iter().any(|word| letters.contains(word))
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
    if text.len() > LONGEST_TEXT {
        return Err(MasterKeyError::NotBase64);
    }
    let mut bytes = Zeroizing::new(vec![0; LONGEST_TEXT]);
    let length = BASE64
        .decode_slice(text, &mut bytes)
        .map_err(|_| MasterKeyError::NotBase64)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// The public name of a master key: eight hexadecimal digits of a hash of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId8([u8; 4]);

impl KeyId8 {
    /// From stored bytes.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId8({self})")
    }
}

/// Why a text is no master key. The messages never contain any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Nothing there.
    #[error("The master key is empty. Make one with: openssl rand -base64 32")]
    Empty,
    /// A word from an example.
    #[error(
        "The master key is a placeholder from an example. Make a real one with: openssl rand -base64 32"
    )]
    Placeholder,
    /// Not base64.
    #[error("The master key is not base64 text. Make one with: openssl rand -base64 32")]
    NotBase64,
    /// Too short or too long.
    #[error(
        "The master key has {bytes} bytes instead of 32. Make one with: openssl rand -base64 32"
    )]
    Length {
        /// How many it has.
        bytes: usize,
    },
    /// Not random.
    #[error(
        "The master key is not random: it repeats itself or is typed text. Make one with: openssl rand -base64 32"
    )]
    Weak,
}
