//! A slip: something that is given out to be brought back, which its bearer can neither read nor change.
//!
//! Nothing is stored for it. Every process with the same key ring opens it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tieline_domain::Entropy;

use crate::cipher::{self, NONCE, TAG};
use crate::key_ring::KeyRing;
use crate::master_key::KeyId8;

const VERSION: u8 = 1;
const HEAD: usize = 5;

/// How long the text of a slip is for so many bytes in it.
pub const fn slip_length(content: usize) -> usize {
    (HEAD + NONCE + content + TAG).div_ceil(3) * 4
}

impl KeyRing {
    /// Seals `content` for one purpose. A slip of one purpose does not open for another.
    pub fn seal_slip(&self, entropy: &dyn Entropy, purpose: &str, content: &[u8]) -> String {
        let (id, key) = self.slip_key();
        let sealed = cipher::encrypt(key, content, &authenticated(purpose, id), entropy);
        let mut bytes = Vec::with_capacity(HEAD + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(id.as_bytes());
        bytes.extend_from_slice(&sealed);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What is in a slip; nothing when it was changed, made for another purpose or with a key that is not here.
    pub fn open_slip(&self, purpose: &str, slip: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(slip).ok()?;
        let (head, sealed) = bytes.split_at_checked(HEAD)?;
        let [VERSION, id @ ..] = head else {
            return None;
        };
        let id = KeyId8::from_bytes(id.try_into().ok()?);
        let key = self.slip_key_of(id)?;
        let mut content = cipher::decrypt(key, sealed, &authenticated(purpose, id))?;
        Some(std::mem::take(&mut *content))
    }
}

fn authenticated(purpose: &str, id: KeyId8) -> Vec<u8> {
    let mut bytes = b"tieline slip\0".to_vec();
    bytes.push(VERSION);
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(purpose.as_bytes());
    bytes
}
