//! Opening a database, alone and together, and what happens when it does not answer.

use tieline_store::{Store, StoreError};

use crate::bed::Bed;
use crate::samples::added_connector;

pub(crate) async fn eight_at_once_make_one_schema(bed: &Bed) {
    // The bed is migrated already: take that back, so that the eight start from nothing.
    let mut raw = bed.raw().await;
    for table in [
        "agent_events",
        "agent_calls",
        "agent_messages",
        "agent_turns",
        "agent_sessions",
        "agent_catalogs",
        "audit_head",
        "audit",
        "call_contents",
        "calls",
        "connector_offers",
        "connector_tools",
        "connectors",
        "access_keys",
        "sign_in_failures",
        "sign_ins",
        "invitations",
        "users",
        "models",
        "settings",
        "config_version",
        "meta",
        "_sqlx_migrations",
    ] {
        raw.run(format!("DROP TABLE {table}")).await;
    }
    if bed.url.sqlite_path().is_none() {
        raw.run("DROP FUNCTION tieline_config_changed").await;
    }
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let url = bed.url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    let mut stores = Vec::new();
    for store in opening {
        stores.push(store.await.unwrap().unwrap());
    }
    added_connector(&stores[0], "acme_mcp").await;
    for store in stores {
        assert_eq!(store.connectors_all().await.unwrap().rows.len(), 1);
        store.close().await;
    }
}

pub(crate) async fn opens_again(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    bed.store.close().await;
    let again = Store::open(&bed.url).await.unwrap();
    assert_eq!(again.connectors_all().await.unwrap().rows, [row]);
    again.close().await;
}

pub(crate) async fn refuses_a_newer_schema(bed: &Bed) {
    bed.tamper(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let refused = Store::open(&bed.url).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NewerSchema { found: 9999, .. }),
        "{refused:?}"
    );
    let text = refused.to_string();
    assert!(
        text.contains("schema 9999") && text.contains("start the newer version"),
        "{text}"
    );
}

pub(crate) async fn refuses_an_edited_migration(bed: &Bed) {
    bed.store.meta_set("other", &[1, 2, 3]).await.unwrap();
    bed.tamper("UPDATE _sqlx_migrations SET checksum = (SELECT value FROM meta) WHERE version = 1")
        .await;
    let refused = Store::open(&bed.url).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Migration { .. }),
        "{refused:?}"
    );
}

pub(crate) async fn a_second_store_sees_changes(bed: &Bed) {
    let other = Store::open(&bed.url).await.unwrap();
    let before = other.config_version().await.unwrap();
    added_connector(&bed.store, "acme_mcp").await;
    assert_eq!(other.config_version().await.unwrap(), before + 1);
    assert_eq!(other.connectors_all().await.unwrap().rows.len(), 1);
    other.close().await;
}

pub(crate) async fn a_held_lock_is_busy_and_then_not(bed: &Bed) {
    let mut holder = bed.raw().await;
    if bed.url.sqlite_path().is_some() {
        holder.run("BEGIN IMMEDIATE").await;
    } else {
        holder
            .run("BEGIN; LOCK TABLE config_version IN EXCLUSIVE MODE")
            .await;
    }
    let refused = bed
        .store
        .connector_insert(
            crate::samples::connector("one"),
            &crate::samples::change("added"),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    // Reading goes on.
    assert!(bed.store.connectors_all().await.unwrap().rows.is_empty());
    bed.store.ping().await.unwrap();
    holder.run("ROLLBACK").await;
    added_connector(&bed.store, "two").await;
}

pub(crate) async fn a_closed_store_is_unavailable(bed: &Bed) {
    bed.store.close().await;
    bed.store.close().await;
    assert!(matches!(
        bed.store.ping().await,
        Err(StoreError::Unavailable { .. })
    ));
    let refused = bed.store.meta_set("a", &[1]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })));
}
