//! Random codes of 256 bits: set-up codes, invitations, sign-in cookies. Only their SHA-256 is stored.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::base62;
use crate::time::Entropy;

/// 62⁴³ is just above 2²⁵⁶.
const LENGTH: usize = 43;

/// A secret code. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct RandomCode(Zeroizing<String>);

impl RandomCode {
    /// A new code.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        base62::push_random(&mut code, LENGTH, entropy);
        Self(code)
    }

    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self, RandomCodeError> {
        if text.len() != LENGTH || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(RandomCodeError);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// What is stored of it and looked up.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The code itself, for the link or cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RandomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomCode([redacted])")
    }
}

/// The text is not such a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("This code is not complete. Copy it again: it has 43 letters and digits.")]
pub struct RandomCodeError;

impl RandomCodeError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "code_invalid"
    }
}
