//! XChaCha20-Poly1305 with a random nonce in front. The only file that knows which cipher it is.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use tieline_domain::Entropy;
use zeroize::Zeroizing;

/// Length of a key.
pub(crate) const KEY: usize = 32;
/// Length of a nonce: 192 bits, enough to be random.
pub(crate) const NONCE: usize = 24;
/// Length of the authentication tag behind the ciphertext.
pub(crate) const TAG: usize = 16;

/// Nonce, ciphertext, tag.
pub(crate) fn encrypt(
    key: &[u8; KEY],
    plaintext: &[u8],
    authenticated: &[u8],
    entropy: &dyn Entropy,
) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    // Reserved in full: growing would leave a copy of the plaintext behind.
    let mut bytes = Vec::with_capacity(NONCE + plaintext.len() + TAG);
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(plaintext);
    let tag = XChaCha20Poly1305::new(&(*key).into())
        .encrypt_inout_detached(
            &XNonce::from(nonce),
            authenticated,
            bytes[NONCE..].as_mut().into(),
        )
        .expect("only messages of 256 GiB are too long");
    bytes.extend_from_slice(&tag);
    bytes
}

/// The plaintext, unless anything was changed.
pub(crate) fn decrypt(
    key: &[u8; KEY],
    bytes: &[u8],
    authenticated: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = bytes.split_first_chunk::<NONCE>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            authenticated,
            plaintext.as_mut_slice().into(),
            &(*tag).into(),
        )
        .ok()?;
    Some(plaintext)
}
