//! Changes the master key in two steps, so that an interruption between them loses nothing: first the new key is put
//! before the old one, then, when all is sealed again, the old one is taken out.

use tieline_domain::Entropy;

use super::{KeySource, KeySourceError, create, read};
use crate::key_ring::KeyRing;
use crate::master_key::MasterKey;

/// Puts a new key before the current one in the key file and gives the ring with both.
pub fn add_key(source: &KeySource, entropy: &dyn Entropy) -> Result<KeyRing, KeySourceError> {
    let path = writable_path(source)?;
    let ring = read::read(source)?;
    if let Some(older) = ring.old_key_ids().first().copied() {
        return Err(KeySourceError::RotationUnderWay { path, older });
    }
    let new = KeyRing::new(MasterKey::generate(entropy));
    let both = ring.into_old().fold(new, KeyRing::with_old);
    create::replace(&path, &both, entropy)?;
    Ok(both)
}

/// Takes all but the current key out of the key file and gives the ring that is left.
pub fn drop_old_keys(source: &KeySource, entropy: &dyn Entropy) -> Result<KeyRing, KeySourceError> {
    let path = writable_path(source)?;
    let current = read::read(source)?.current_only();
    create::replace(&path, &current, entropy)?;
    Ok(current)
}

fn writable_path(source: &KeySource) -> Result<std::path::PathBuf, KeySourceError> {
    match source {
        KeySource::File(_) | KeySource::DataDir(_) => Ok(source.path()),
        KeySource::SystemdCredential(_) => Err(KeySourceError::ReadOnlySource),
    }
}
