//! Writes key files so that they are whole or not there at all, whatever happens in between.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tieline_domain::Entropy;

use super::{KeySourceError, unwritable};
use crate::key_ring::KeyRing;
use crate::master_key::MasterKey;

/// Creates the first key. When another process is faster, its key stays.
pub(super) fn create(
    directory: &Path,
    path: &Path,
    entropy: &dyn Entropy,
) -> Result<(), KeySourceError> {
    let ring = KeyRing::new(MasterKey::generate(entropy));
    let draft = write_draft(path, &ring, entropy)?;
    // A hard link appears at once with all its content, and fails if the name is taken.
    let linked = fs::hard_link(&draft, path);
    let removed = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if !can_link(&error) => write_new(path, &ring)?,
        result => result.map_err(unwritable(path))?,
    }
    removed.map_err(unwritable(path))?;
    sync_directory(directory).map_err(unwritable(path))
}

/// Replaces the key file by one with the keys of `ring`.
pub(super) fn replace(
    path: &Path,
    ring: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), KeySourceError> {
    // A link stays a link: what it leads to is replaced.
    let path = &fs::canonicalize(path).map_err(unwritable(path))?;
    let draft = write_draft(path, ring, entropy)?;
    if let Err(error) = fs::rename(&draft, path) {
        // The draft holds the keys, so it is not left behind; the first error is the one that matters.
        let _ = fs::remove_file(&draft);
        return Err(unwritable(path)(error));
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    sync_directory(directory).map_err(unwritable(path))
}

/// A file beside the key file under a name that nobody guesses.
fn write_draft(
    path: &Path,
    ring: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<PathBuf, KeySourceError> {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let draft = path.with_extension(format!("{:016x}.tmp", u64::from_be_bytes(random)));
    write_new(&draft, ring)?;
    Ok(draft)
}

fn write_new(path: &Path, ring: &KeyRing) -> Result<(), KeySourceError> {
    let write = || {
        let mut file = open_new(path)?;
        file.write_all(ring.to_file_text().as_bytes())?;
        file.sync_all()
    };
    match write() {
        // Somebody else's file is never touched.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(unwritable(path)(error)),
        Err(error) => {
            let _ = fs::remove_file(path);
            Err(unwritable(path)(error))
        }
        Ok(()) => Ok(()),
    }
}

fn open_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Some file systems have no hard links.
fn can_link(error: &std::io::Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Unsupported | ErrorKind::PermissionDenied
    )
}

/// The name of a new file is safe only when its directory is on disk too.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> std::io::Result<()> {
    Ok(())
}
