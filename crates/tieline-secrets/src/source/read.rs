//! Reads a key file and refuses one that others can read.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::{KeySource, KeySourceError};
use crate::key_ring::KeyRing;

/// A key file has a few lines of 44 characters.
const LARGEST: usize = 16 * 1024;

pub(super) fn read(source: &KeySource) -> Result<KeyRing, KeySourceError> {
    let path = source.path();
    // Asked before opening, because opening a pipe would wait for somebody to write.
    let metadata = fs::metadata(&path).map_err(|error| cannot_read(&path, error))?;
    if !metadata.is_file() {
        return Err(KeySourceError::NotAFile { path });
    }
    let mut file = File::open(&path).map_err(|error| cannot_read(&path, error))?;
    // Asked again of the open file, so that nobody can swap it in between. A link counts as the file it leads to.
    let metadata = file.metadata().map_err(|error| cannot_read(&path, error))?;
    let mode = mode(&metadata);
    if mode & source.forbidden_mode() != 0 {
        return Err(KeySourceError::TooOpen { path, mode });
    }
    let text = read_text(&mut file, &path)?;
    KeyRing::parse(&text).map_err(|source| KeySourceError::Bad { path, source })
}

fn read_text(file: &mut File, path: &Path) -> Result<Zeroizing<String>, KeySourceError> {
    // Reserved in full: growing would leave a copy of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST + 1));
    let limit = LARGEST as u64 + 1;
    file.take(limit)
        .read_to_string(&mut text)
        .map_err(|error| cannot_read(path, error))?;
    if text.len() > LARGEST {
        return Err(KeySourceError::TooLarge {
            path: path.to_path_buf(),
        });
    }
    Ok(text)
}

fn cannot_read(path: &Path, error: std::io::Error) -> KeySourceError {
    let path = path.to_path_buf();
    match error.kind() {
        ErrorKind::NotFound if fs::symlink_metadata(&path).is_ok() => {
            KeySourceError::DanglingLink { path }
        }
        ErrorKind::NotFound => KeySourceError::Missing { path },
        _ => KeySourceError::Unreadable {
            path,
            source: error,
        },
    }
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}
