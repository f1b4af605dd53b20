//! The key ring: the master key that seals now, and older ones that can still open.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tieline_domain::Entropy;
use zeroize::Zeroizing;

use crate::binding::{Binding, Purpose};
use crate::cipher::{self, KEY};
use crate::data_key::DataKey;
use crate::master_key::{KeyId8, MasterKey, MasterKeyError};
use crate::sealed::{Sealed, VERSION};

/// One master key and the keys derived from it, each for one use.
#[derive(Clone)]
struct RingKey {
    master: MasterKey,
    id: KeyId8,
    wrapping: Zeroizing<[u8; KEY]>,
    check: Zeroizing<[u8; KEY]>,
    audit: Zeroizing<[u8; KEY]>,
    slip: Zeroizing<[u8; KEY]>,
}

impl RingKey {
    fn new(master: MasterKey) -> Self {
        let derive = |label: &[u8]| Zeroizing::new(mac(master.bytes(), label));
        Self {
            id: master.id(),
            wrapping: derive(b"tieline wrapping key"),
            check: derive(b"tieline check key"),
            audit: derive(b"tieline audit key"),
            slip: derive(b"tieline slip key"),
            master,
        }
    }

    fn check_value(&self) -> [u8; 36] {
        let mut value = [0; 36];
        value[..4].copy_from_slice(self.id.as_bytes());
        value[4..].copy_from_slice(&mac(&self.check, b"tieline check value"));
        value
    }
}

/// Seals and opens credentials. Keys are wiped from memory when it is dropped.
#[derive(Clone)]
pub struct KeyRing {
    current: RingKey,
    old: Vec<RingKey>,
}

impl KeyRing {
    /// A ring with one key.
    pub fn new(master: MasterKey) -> Self {
        Self {
            current: RingKey::new(master),
            old: Vec::new(),
        }
    }

    /// The same ring, which also opens what an older key sealed.
    #[must_use]
    pub fn with_old(mut self, master: MasterKey) -> Self {
        self.old.push(RingKey::new(master));
        self
    }

    /// Reads a key file: a key per line, the current one first. Empty lines and lines that start with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut keys = lines.map(MasterKey::parse);
        let ring = Self::new(keys.next().ok_or(MasterKeyError::Empty)??);
        keys.try_fold(ring, |ring, key| Ok(ring.with_old(key?)))
    }

    /// The text of a key file with all keys of this ring.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64 * (1 + self.old.len())));
        for key in self.keys() {
            text.push_str(&key.master.to_file_text());
        }
        text
    }

    /// The id of the key that seals.
    pub fn key_id(&self) -> KeyId8 {
        self.current.id
    }

    /// The ids of the older keys.
    pub fn old_key_ids(&self) -> Vec<KeyId8> {
        self.old.iter().map(|key| key.id).collect()
    }

    /// Seals a secret for one place, with a fresh data key.
    pub fn seal(&self, entropy: &dyn Entropy, binding: &Binding<'_>, plaintext: &str) -> Sealed {
        let mut data_key = Zeroizing::new([0; KEY]);
        entropy.fill(data_key.as_mut());
        let id = self.current.id;
        let key_place = binding.to_authenticated_bytes(VERSION, Purpose::DataKey, id);
        let wrapped = cipher::encrypt(
            &self.current.wrapping,
            data_key.as_slice(),
            &key_place,
            entropy,
        );
        let data_place = binding.to_authenticated_bytes(VERSION, Purpose::Data, id);
        let data = cipher::encrypt(&data_key, plaintext.as_bytes(), &data_place, entropy);
        Sealed::assemble(id, &wrapped, &data)
    }

    /// Opens a secret in the place that it was sealed for.
    pub fn open(
        &self,
        binding: &Binding<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<String>, OpenError> {
        self.unwrap_data_key(binding, sealed)?.open(sealed)
    }

    /// The first half of [`open`](Self::open), for a secret that is opened again and again. What it yields gives nobody
    /// more than this ring does, which opens the same and everything else.
    pub fn unwrap_data_key(
        &self,
        binding: &Binding<'_>,
        sealed: &Sealed,
    ) -> Result<DataKey, OpenError> {
        let id = sealed.key_id();
        let key = self.find(id).ok_or(OpenError::UnknownKey {
            sealed_with: id,
            current: self.current.id,
        })?;
        let key_place = binding.to_authenticated_bytes(VERSION, Purpose::DataKey, id);
        let data_key = cipher::decrypt(&key.wrapping, sealed.wrapped_key(), &key_place)
            .ok_or(OpenError::Changed)?;
        DataKey::new(
            &data_key,
            binding.to_authenticated_bytes(VERSION, Purpose::Data, id),
        )
    }

    /// Seals again with the current key what an older one sealed; `None` when the current key sealed it.
    pub fn reseal(
        &self,
        entropy: &dyn Entropy,
        binding: &Binding<'_>,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, OpenError> {
        if sealed.key_id() == self.current.id {
            return Ok(None);
        }
        Ok(Some(self.seal(
            entropy,
            binding,
            &self.open(binding, sealed)?,
        )))
    }

    /// What is stored beside the ciphertexts, so that a start with another key is noticed before anything is written.
    pub fn check_value(&self) -> Vec<u8> {
        self.current.check_value().to_vec()
    }

    /// Whether one of this ring's keys made the stored value.
    pub fn verify_check(&self, stored: &[u8]) -> Result<(), WrongKey> {
        if self
            .keys()
            .any(|key| key.check_value().ct_eq(stored).into())
        {
            return Ok(());
        }
        let expected_id = match stored.first_chunk() {
            Some(id) if stored.len() == 36 => KeyId8::from_bytes(*id).to_string(),
            _ => "unknown (the stored check value is damaged)".to_owned(),
        };
        Err(WrongKey {
            expected_id,
            actual_id: self.current.id.to_string(),
        })
    }

    /// Authenticates an entry of the audit log with a key that is used for nothing else.
    pub fn audit_mac(&self, bytes: &[u8]) -> [u8; 32] {
        mac(&self.current.audit, bytes)
    }

    /// Like `audit_mac`, with the ring's key of that id: entries from before a rotation name theirs.
    pub fn audit_mac_of(&self, key_id: KeyId8, bytes: &[u8]) -> Option<[u8; 32]> {
        self.find(key_id).map(|key| mac(&key.audit, bytes))
    }

    pub(crate) fn into_old(self) -> impl Iterator<Item = MasterKey> {
        std::iter::once(self.current)
            .chain(self.old)
            .map(|key| key.master)
    }

    pub(crate) fn current_only(&self) -> Self {
        Self {
            current: self.current.clone(),
            old: Vec::new(),
        }
    }

    /// The key that seals slips, and its name.
    pub(crate) fn slip_key(&self) -> (KeyId8, &[u8; KEY]) {
        (self.current.id, &self.current.slip)
    }

    /// The key of this name that opens slips.
    pub(crate) fn slip_key_of(&self, id: KeyId8) -> Option<&[u8; KEY]> {
        self.find(id).map(|key| &*key.slip)
    }

    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.current).chain(&self.old)
    }

    fn find(&self, id: KeyId8) -> Option<&RingKey> {
        self.keys().find(|key| key.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "KeyRing(current {}, {} older)",
            self.current.id,
            self.old.len()
        )
    }
}

fn mac(key: &[u8; KEY], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Why a sealed credential does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was changed, or it is in another place than the one it was sealed for.
    #[error(
        "The stored credential was changed, or it belongs to another connector or address. Enter the token again."
    )]
    Changed,
    /// The key that sealed it is not in the ring.
    #[error(
        "The stored credential was sealed with master key {sealed_with}, and only {current} is here. Add the old key as a further line of the key file, or enter the token again."
    )]
    UnknownKey {
        /// The key that sealed it.
        sealed_with: KeyId8,
        /// The key in use.
        current: KeyId8,
    },
}

impl OpenError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "secret_unreadable"
    }
}

/// The database belongs to another master key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "This database was sealed with master key {expected_id}, but the key given is {actual_id}. Nothing was changed. Give Tieline the right key file, or restore the database that belongs to this key."
)]
pub struct WrongKey {
    /// The key that the database belongs to.
    pub expected_id: String,
    /// The key that was given.
    pub actual_id: String,
}
