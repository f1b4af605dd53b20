//! The key of one sealed secret.

use std::fmt;

use zeroize::Zeroizing;

use crate::cipher::{self, KEY};
use crate::key_ring::OpenError;
use crate::sealed::Sealed;

/// Opens one secret in one place, and nothing else. Holds no part of the secret; wiped when it is dropped.
pub struct DataKey {
    key: Zeroizing<[u8; KEY]>,
    /// What is authenticated with the secret: its place.
    place: Vec<u8>,
}

impl DataKey {
    pub(crate) fn new(bytes: &[u8], place: Vec<u8>) -> Result<Self, OpenError> {
        let mut key = Zeroizing::new([0; KEY]);
        if bytes.len() != KEY {
            return Err(OpenError::Changed);
        }
        key.copy_from_slice(bytes);
        Ok(Self { key, place })
    }

    /// Opens the secret. Another one, or one that was changed, does not open.
    pub fn open(&self, sealed: &Sealed) -> Result<Zeroizing<String>, OpenError> {
        let mut plaintext =
            cipher::decrypt(&self.key, sealed.data(), &self.place).ok_or(OpenError::Changed)?;
        String::from_utf8(std::mem::take(&mut *plaintext))
            .map(Zeroizing::new)
            .map_err(|error| {
                drop(Zeroizing::new(error.into_bytes()));
                OpenError::Changed
            })
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}
