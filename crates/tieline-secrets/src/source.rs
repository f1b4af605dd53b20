//! Where the master key comes from. A key is created in one case only: in the data directory, when nothing was sealed yet.
//!
//! Nothing here reads the environment; the binary says which source it is.

mod create;
mod read;
mod rotate;

use std::path::{Path, PathBuf};

use tieline_domain::Entropy;

use crate::key_ring::KeyRing;
use crate::master_key::{KeyId8, MasterKeyError};

pub use rotate::{add_key, drop_old_keys};

/// The key's file name in the data directory.
const FILE_NAME: &str = "master.key";
/// The credential's name in a systemd unit: `LoadCredential=tieline-master-key:/etc/tieline/master.key`.
const CREDENTIAL_NAME: &str = "tieline-master-key";

/// Where the master key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that the operator names.
    File(PathBuf),
    /// systemd's directory of credentials.
    SystemdCredential(PathBuf),
    /// The data directory.
    DataDir(PathBuf),
}

impl KeySource {
    /// The file that holds the key.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::SystemdCredential(directory) => directory.join(CREDENTIAL_NAME),
            Self::DataDir(directory) => directory.join(FILE_NAME),
        }
    }

    /// Permission bits that the file must not have. systemd grants the service's user access by a list, which shows as
    /// the group's read bit.
    fn forbidden_mode(&self) -> u32 {
        match self {
            Self::File(_) | Self::DataDir(_) => 0o077,
            Self::SystemdCredential(_) => 0o037,
        }
    }
}

/// Reads the key, or creates one where that cannot hide a loss.
pub fn load_or_create(
    source: &KeySource,
    ciphertext_exists: bool,
    entropy: &dyn Entropy,
) -> Result<KeyRing, KeySourceError> {
    match (read::read(source), source) {
        (Err(KeySourceError::Missing { path }), KeySource::DataDir(_)) if ciphertext_exists => {
            Err(KeySourceError::Lost { path })
        }
        (Err(KeySourceError::Missing { .. }), KeySource::DataDir(directory)) => {
            create::create(directory, &source.path(), entropy)?;
            // Read back: another process may have been first, and its key is the one that counts.
            read::read(source)
        }
        (result, _) => result,
    }
}

/// Why there is no usable master key. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The named file does not exist.
    #[error("There is no master key at {path}. Put the key there, or make one with: openssl rand -base64 32 > {path} && chmod 600 {path}", path = path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key is gone, but what it sealed is still there.
    #[error("The master key {path} is missing, but the database holds credentials sealed with it. Restore the file from where you keep it; no new key was made, because it could not open them.", path = path.display())]
    Lost {
        /// Where it was.
        path: PathBuf,
    },
    /// A link to nowhere.
    #[error("The master key {path} is a link to a file that does not exist. Mount or restore that file; no new key was made.", path = path.display())]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// A directory or device.
    #[error("{path} is not a file. Name the file that holds the master key.", path = path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// Others can read or change it.
    #[error("The master key {path} can be read or changed by other users (mode {mode:04o}). Run: chmod 600 {path}", path = path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Much too long for a key file.
    #[error("{path} is too large for a master key. Name the file that holds the key.", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("The master key {path} cannot be read: {source}. Make it readable for the user that runs Tieline.", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("The master key {path} cannot be written: {source}. Make its directory writable for the user that runs Tieline.", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no good key.
    #[error("The master key in {path} cannot be used. {source}", path = path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: MasterKeyError,
    },
    /// A rotation was begun before and is not done.
    #[error("{path} still holds the older key {older}: a rotation has not finished. Run: tieline master-key rotate", path = path.display())]
    RotationUnderWay {
        /// The file.
        path: PathBuf,
        /// The older key.
        older: KeyId8,
    },
    /// The source belongs to systemd.
    #[error("The master key comes from systemd, which Tieline cannot write. Put the new key as the first line before the old one into the file behind {name}, restart, and run this again.", name = CREDENTIAL_NAME)]
    ReadOnlySource,
}

fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> KeySourceError + '_ {
    move |source| KeySourceError::Unwritable {
        path: path.to_path_buf(),
        source,
    }
}
