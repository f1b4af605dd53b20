//! Where the key comes from: created once, never silently, readable for one user only (S07, S17).

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use tempfile::TempDir;
use tieline_secrets::{KeySource, KeySourceError, add_key, drop_old_keys, load_or_create};

use crate::{SeededEntropy, key, ring};

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory for the test")
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("the file is written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode is set");
}

fn file_names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the directory is readable");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn load(source: &KeySource) -> Result<tieline_secrets::KeyRing, KeySourceError> {
    load_or_create(source, false, &SeededEntropy::new(5))
}

#[test]
fn the_first_start_creates_a_key_that_only_the_owner_reads() {
    let home = directory();
    let source = KeySource::DataDir(home.path().to_path_buf());
    let created = load(&source).unwrap();
    assert_eq!(file_names(home.path()), ["master.key"]);
    let mode = fs::metadata(source.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let again = load_or_create(&source, true, &SeededEntropy::new(6)).unwrap();
    assert_eq!(again.key_id(), created.key_id());
}

#[test]
fn two_first_starts_at_once_end_up_with_one_key() {
    for round in 0..20 {
        let home = directory();
        let source = KeySource::DataDir(home.path().to_path_buf());
        let barrier = Barrier::new(4);
        let ids: Vec<_> = std::thread::scope(|scope| {
            let start = |seed: u64| {
                let (source, barrier) = (&source, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    load_or_create(source, false, &SeededEntropy::new(seed))
                        .expect("a key")
                        .key_id()
                })
            };
            let threads: Vec<_> = (0..4).map(|thread| start(round * 4 + thread)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(file_names(home.path()), ["master.key"]);
    }
}

/// S07: a new key would hide that the old one, and with it every token, is lost.
#[test]
fn a_lost_key_is_not_replaced() {
    let home = directory();
    let source = KeySource::DataDir(home.path().to_path_buf());
    let error = load_or_create(&source, true, &SeededEntropy::new(5)).unwrap_err();
    assert!(matches!(error, KeySourceError::Lost { .. }), "{error}");
    assert!(error.to_string().contains("Restore the file"));
    assert!(file_names(home.path()).is_empty());
}

#[test]
fn a_key_is_created_in_the_data_directory_only() {
    let home = directory();
    let file = KeySource::File(home.path().join("key"));
    let credential = KeySource::SystemdCredential(home.path().to_path_buf());
    for source in [file, credential] {
        let error = load(&source).unwrap_err();
        assert!(matches!(error, KeySourceError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"));
    }
    assert!(file_names(home.path()).is_empty());
}

/// S17.
#[test]
fn a_key_that_others_can_read_is_refused() {
    let home = directory();
    let path = home.path().join("key");
    let source = KeySource::File(path.clone());
    for mode in [0o644, 0o640, 0o604, 0o660, 0o602, 0o610] {
        write(&path, &key(1).to_file_text(), mode);
        let error = load(&source).unwrap_err();
        assert!(
            matches!(error, KeySourceError::TooOpen { .. }),
            "{mode:o}: {error}"
        );
        assert!(
            error
                .to_string()
                .contains(&format!("chmod 600 {}", path.display()))
        );
    }
    for mode in [0o600, 0o400] {
        write(&path, &key(1).to_file_text(), mode);
        assert_eq!(load(&source).unwrap().key_id(), ring(1).key_id());
    }
}

#[test]
fn a_systemd_credential_may_be_readable_for_its_group() {
    let home = directory();
    let path = home.path().join("tieline-master-key");
    let source = KeySource::SystemdCredential(home.path().to_path_buf());
    write(&path, &key(1).to_file_text(), 0o440);
    assert_eq!(load(&source).unwrap().key_id(), ring(1).key_id());
    for mode in [0o444, 0o460] {
        write(&path, &key(1).to_file_text(), mode);
        assert!(
            matches!(load(&source), Err(KeySourceError::TooOpen { .. })),
            "{mode:o}"
        );
    }
}

#[test]
fn a_link_counts_as_the_file_it_leads_to() {
    let home = directory();
    let (real, link) = (home.path().join("real"), home.path().join("link"));
    symlink(&real, &link).unwrap();
    let source = KeySource::File(link);
    write(&real, &key(1).to_file_text(), 0o600);
    assert_eq!(load(&source).unwrap().key_id(), ring(1).key_id());
    write(&real, &key(1).to_file_text(), 0o644);
    assert!(matches!(load(&source), Err(KeySourceError::TooOpen { .. })));
}

#[test]
fn a_link_to_nowhere_creates_nothing() {
    let home = directory();
    let elsewhere = directory();
    let source = KeySource::DataDir(home.path().to_path_buf());
    symlink(elsewhere.path().join("gone"), source.path()).unwrap();
    let error = load(&source).unwrap_err();
    assert!(
        matches!(error, KeySourceError::DanglingLink { .. }),
        "{error}"
    );
    assert!(file_names(elsewhere.path()).is_empty());
}

#[test]
fn what_is_no_key_file_is_refused() {
    let home = directory();
    let error = load(&KeySource::File(home.path().to_path_buf())).unwrap_err();
    assert!(matches!(error, KeySourceError::NotAFile { .. }), "{error}");

    let path = home.path().join("key");
    let source = KeySource::File(path.clone());
    write(&path, "", 0o600);
    assert!(matches!(load(&source), Err(KeySourceError::Bad { .. })));
    write(&path, "changeme\n", 0o600);
    assert!(
        load(&source)
            .unwrap_err()
            .to_string()
            .contains("placeholder")
    );
    write(&path, &"A".repeat(100_000), 0o600);
    assert!(matches!(
        load(&source),
        Err(KeySourceError::TooLarge { .. })
    ));
    fs::write(&path, [0xFF; 32]).unwrap();
    assert!(matches!(
        load(&source),
        Err(KeySourceError::Unreadable { .. })
    ));
}

#[test]
fn an_empty_key_file_in_the_data_directory_is_not_overwritten() {
    let home = directory();
    let source = KeySource::DataDir(home.path().to_path_buf());
    write(&source.path(), "", 0o600);
    assert!(matches!(load(&source), Err(KeySourceError::Bad { .. })));
    assert_eq!(fs::read(source.path()).unwrap(), b"");
}

#[test]
fn a_rotation_keeps_the_old_key_until_it_is_done() {
    let home = directory();
    let source = KeySource::DataDir(home.path().to_path_buf());
    let entropy = SeededEntropy::new(8);
    let old = load(&source).unwrap();

    let both = add_key(&source, &entropy).unwrap();
    assert_ne!(both.key_id(), old.key_id());
    assert_eq!(both.old_key_ids(), [old.key_id()]);
    assert_eq!(load(&source).unwrap().old_key_ids(), [old.key_id()]);
    assert!(matches!(
        add_key(&source, &entropy),
        Err(KeySourceError::RotationUnderWay { .. })
    ));

    let new = drop_old_keys(&source, &entropy).unwrap();
    assert_eq!(new.key_id(), both.key_id());
    assert!(load(&source).unwrap().old_key_ids().is_empty());
    assert_eq!(file_names(home.path()), ["master.key"]);
    assert_eq!(
        fs::metadata(source.path()).unwrap().permissions().mode() & 0o7777,
        0o600
    );
}

#[test]
fn a_rotation_does_not_write_to_systemd() {
    let source = KeySource::SystemdCredential(PathBuf::from("/nowhere"));
    let error = add_key(&source, &SeededEntropy::new(8)).unwrap_err();
    assert!(matches!(error, KeySourceError::ReadOnlySource), "{error}");
}
