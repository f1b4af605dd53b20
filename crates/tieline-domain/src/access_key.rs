//! Access keys: `tl_`, 32 random base62 characters and 6 of checksum. Only the SHA-256 of a key is stored.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base62;
use crate::time::Entropy;

const PREFIX: &str = "tl_";
const RANDOM: usize = 32;
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX.len() + RANDOM + CHECKSUM;

/// A person's key for the gateway and the API. It is shown once and wiped from memory when dropped.
#[derive(Clone)]
pub struct AccessKey(Zeroizing<String>);

impl AccessKey {
    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new(String::with_capacity(LENGTH));
        key.push_str(PREFIX);
        base62::push_random(&mut key, RANDOM, entropy);
        let checksum = checksum(&key[PREFIX.len()..]);
        key.extend(checksum.map(char::from));
        Self(key)
    }

    /// Checks the form and the checksum, so that a mistyped key costs no look-up.
    pub fn parse(text: &str) -> Result<Self, AccessKeyError> {
        let body = text.strip_prefix(PREFIX).ok_or(AccessKeyError::Form)?;
        if text.len() != LENGTH || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(AccessKeyError::Form);
        }
        let (random, check) = body.split_at(RANDOM);
        if check.as_bytes() != checksum(random) {
            return Err(AccessKeyError::Checksum);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// What is stored of it and looked up.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The key itself, to show it once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What people recognise it by later: `tl_ab12…x9Qf`.
    pub fn hint(&self) -> String {
        format!("{}…{}", &self.0[..PREFIX.len() + 4], &self.0[LENGTH - 4..])
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([redacted])")
    }
}

fn checksum(random: &str) -> [u8; CHECKSUM] {
    base62::six(crc32fast::hash(random.as_bytes()))
}

/// The SHA-256 of a key. Keys are random, so a fast hash is enough.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// From stored bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Compared in constant time.
impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// Why a text is not an access key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeyError {
    /// Another form.
    #[error(
        "This is not an access key. Keys start with tl_ and have 41 characters; make one under Connect your client."
    )]
    Form,
    /// The checksum does not fit.
    #[error(
        "This access key was mistyped or cut off. Copy it again, or make a new one under Connect your client."
    )]
    Checksum,
}

impl AccessKeyError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form => "access_key_form",
            Self::Checksum => "access_key_checksum",
        }
    }
}
