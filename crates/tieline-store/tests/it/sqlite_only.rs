//! What only SQLite does: it is files.

mod sqlite {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use tieline_store::{
        CallContentRow, ConnectorPatch, CredentialPatch, DatabaseUrl, NewConnectorRow, Store,
        StoreError,
    };
    use tokio::time::timeout;

    use crate::bed::{Bed, on_sqlite};
    use crate::samples::{
        AddCalls as _, added_connector, call, change, connector, connector_id, read_connector,
    };

    /// How often a byte sequence occurs in the files of the database.
    fn occurrences(bed: &Bed, needle: &[u8]) -> usize {
        fs::read_dir(bed.folder())
            .unwrap()
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .map(|bytes| {
                bytes
                    .windows(needle.len())
                    .filter(|window| *window == needle)
                    .count()
            })
            .sum()
    }

    /// A secret that is easy to find, in a cell of its own page or over several pages.
    fn sealed(marker: &str, repeated: usize) -> Vec<u8> {
        marker.repeat(repeated).into_bytes()
    }

    async fn add_sealed(bed: &Bed, slug: &str, sealed: Vec<u8>) {
        let new = NewConnectorRow {
            sealed: Some(sealed),
            ..connector(slug)
        };
        bed.store
            .connector_insert(new, &change("connector.added"))
            .await
            .unwrap();
    }

    #[test]
    fn a_backup_is_a_database_of_its_own_and_leaves_no_file() {
        on_sqlite(|bed| Box::pin(backed_up(bed)));
    }

    async fn backed_up(bed: &Bed) {
        let files = || fs::read_dir(bed.folder()).unwrap().count();
        added_connector(&bed.store, "before").await;
        let there = files();
        // A writer is not kept waiting, and what it does later is not in the copy.
        let mut copy = bed.store.backup(".copy.db").await.unwrap().unwrap();
        added_connector(&bed.store, "after").await;
        assert_eq!(files(), there);
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut copy, &mut bytes).unwrap();
        let elsewhere = tempfile::TempDir::new().unwrap();
        let path = elsewhere.path().join("tieline.db");
        fs::write(&path, bytes).unwrap();
        let restored = Store::open(&DatabaseUrl::sqlite(&path)).await.unwrap();
        let rows = restored.connectors_all().await.unwrap().rows;
        let slugs: Vec<_> = rows.iter().map(|row| row.slug.to_string()).collect();
        assert_eq!(slugs, ["before"]);
        restored.close().await;
        // A name that is taken is not written over.
        fs::write(bed.folder().join(".taken.db"), "mine").unwrap();
        assert!(bed.store.backup(".taken.db").await.is_err());
    }

    #[test]
    fn what_was_said_is_gone_from_the_files_when_all_of_it_is_forgotten() {
        on_sqlite(|bed| Box::pin(forgotten(bed)));
    }

    async fn forgotten(bed: &Bed) {
        let calls: Vec<_> = (1..=20).map(|at| call(connector_id(), at)).collect();
        let said = "what-was-said-".repeat(800);
        let contents = calls.iter().map(|call| CallContentRow {
            call_id: call.id,
            at: call.at,
            arguments: Some(said.clone()),
            arguments_bytes: 1,
            result: Some(said.clone()),
            result_bytes: 1,
        });
        let contents = contents.collect();
        bed.store.add_calls(calls).await.unwrap();
        bed.store.call_contents_insert(contents).await.unwrap();
        assert!(occurrences(bed, b"what-was-said-") > 20);
        bed.store.call_contents_purge_all().await.unwrap();
        assert_eq!(occurrences(bed, b"what-was-said-"), 0);
    }

    #[test]
    fn a_removed_secret_is_gone_from_the_files() {
        on_sqlite(|bed| Box::pin(removed(bed)));
    }

    async fn removed(bed: &Bed) {
        for number in 0..50 {
            add_sealed(bed, &format!("small_{number}"), sealed("SEALED-SMALL-", 8)).await;
        }
        add_sealed(bed, "large", sealed("SEALED-LARGE-", 3_000)).await;
        added_connector(&bed.store, "stays").await;
        assert!(occurrences(bed, b"SEALED-SMALL-") >= 400);
        assert!(occurrences(bed, b"SEALED-LARGE-") >= 2_900);
        for row in bed.store.connectors_all().await.unwrap().rows {
            if row.sealed.is_some() {
                bed.store
                    .connector_delete(row.id, &change("connector.removed"))
                    .await
                    .unwrap();
            }
        }
        assert_eq!(occurrences(bed, b"SEALED-"), 0);
        assert_eq!(bed.store.connectors_all().await.unwrap().rows.len(), 1);
    }

    #[test]
    fn a_replaced_secret_is_gone_from_the_files() {
        on_sqlite(|bed| Box::pin(replaced(bed)));
    }

    async fn replace(bed: &Bed, sealed: Option<Vec<u8>>) {
        let row = read_connector(&bed.store, "acme_mcp").await;
        let credential = CredentialPatch {
            sealed,
            ..CredentialPatch::default()
        };
        let patch = ConnectorPatch {
            credential: Some(credential),
            ..ConnectorPatch::default()
        };
        bed.store
            .connector_update(row.id, row.row_version, patch, &change("connector.changed"))
            .await
            .unwrap();
    }

    async fn replaced(bed: &Bed) {
        add_sealed(bed, "acme_mcp", sealed("SEALED-FIRST-", 8)).await;
        replace(bed, Some(sealed("SEALED-SECOND-", 800))).await;
        assert_eq!(occurrences(bed, b"SEALED-FIRST-"), 0);
        assert!(occurrences(bed, b"SEALED-SECOND-") >= 700);
        replace(bed, None).await;
        assert_eq!(occurrences(bed, b"SEALED-"), 0);
    }

    #[test]
    fn a_secret_is_gone_once_a_reader_lets_go() {
        on_sqlite(|bed| Box::pin(held_by_a_reader(bed)));
    }

    async fn held_by_a_reader(bed: &Bed) {
        add_sealed(bed, "acme_mcp", sealed("SEALED-", 8)).await;
        let row = read_connector(&bed.store, "acme_mcp").await;
        let mut reader = bed.raw().await;
        reader.run("BEGIN; SELECT COUNT(*) FROM connectors").await;
        // The removal itself does not wait for the reader.
        bed.store
            .connector_delete(row.id, &change("connector.removed"))
            .await
            .unwrap();
        assert!(occurrences(bed, b"SEALED-") > 0);
        reader.run("ROLLBACK").await;
        timeout(Duration::from_secs(5), async {
            while occurrences(bed, b"SEALED-") > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the log is emptied in the background");
    }

    #[test]
    fn a_server_that_starts_empties_the_log() {
        on_sqlite(|bed| Box::pin(started(bed)));
    }

    async fn started(bed: &Bed) {
        // Somebody deletes a secret and is killed before the log is emptied: to others that is an open connection.
        add_sealed(bed, "acme_mcp", sealed("SEALED-", 8)).await;
        let mut killed = bed.raw().await;
        killed
            .run("PRAGMA secure_delete = ON; DELETE FROM connectors")
            .await;
        assert!(occurrences(bed, b"SEALED-") > 0);
        let _lock = bed.store.lock_for_server().await.unwrap();
        assert_eq!(occurrences(bed, b"SEALED-"), 0);
    }

    #[test]
    fn the_files_are_private() {
        on_sqlite(|bed| Box::pin(private(bed)));
    }

    async fn private(bed: &Bed) {
        added_connector(&bed.store, "acme_mcp").await;
        let _lock = bed.store.lock_for_server().await.unwrap();
        added_connector(&bed.store, "other").await;
        let mut names = Vec::new();
        for entry in fs::read_dir(bed.folder()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", entry.file_name().display());
            names.push(entry.file_name().into_string().unwrap());
        }
        names.sort();
        assert_eq!(
            names,
            [
                "tieline.db",
                "tieline.db-shm",
                "tieline.db-wal",
                "tieline.db.lock"
            ]
        );
    }

    #[test]
    fn a_file_that_others_could_read_is_made_private() {
        on_sqlite(|bed| {
            Box::pin(async {
                bed.store.close().await;
                fs::set_permissions(bed.file(), fs::Permissions::from_mode(0o644)).unwrap();
                Store::open(&bed.url).await.unwrap().close().await;
                assert_eq!(
                    fs::metadata(bed.file()).unwrap().permissions().mode() & 0o777,
                    0o600
                );
            })
        });
    }

    #[test]
    fn one_server_at_a_time() {
        on_sqlite(|bed| {
            Box::pin(async {
                let first = bed.store.lock_for_server().await.unwrap();
                // The command line works beside it.
                let second = Store::open(&bed.url).await.unwrap();
                added_connector(&second, "acme_mcp").await;
                let refused = second.lock_for_server().await.unwrap_err();
                assert!(matches!(refused, StoreError::InUse { .. }), "{refused:?}");
                assert!(refused.to_string().contains("tieline.db"), "{refused}");
                drop(first);
                let _again = second.lock_for_server().await.unwrap();
                second.close().await;
            })
        });
    }

    #[test]
    fn nobody_nudges() {
        on_sqlite(|bed| {
            Box::pin(async {
                added_connector(&bed.store, "acme_mcp").await;
                assert!(
                    timeout(Duration::from_millis(50), bed.store.wait_for_nudge())
                        .await
                        .is_err()
                );
            })
        });
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_and_left_alone() {
        on_sqlite(|bed| {
            Box::pin(async {
                let path = bed.folder().join("notes.txt");
                let text = "not a database, ".repeat(1_000);
                fs::write(&path, &text).unwrap();
                let refused = Store::open(&DatabaseUrl::sqlite(&path)).await.unwrap_err();
                assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
                assert_eq!(fs::read_to_string(&path).unwrap(), text);
            })
        });
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        on_sqlite(|bed| {
            Box::pin(async {
                let path = bed.file().join("inside/a/file.db");
                let refused = Store::open(&DatabaseUrl::sqlite(path)).await.unwrap_err();
                assert!(matches!(refused, StoreError::File { .. }), "{refused:?}");
                assert!(
                    refused.to_string().contains("tieline.db/inside"),
                    "{refused}"
                );
            })
        });
    }
}
