//! Access keys.

use tieline_domain::Role;
use tieline_store::{KeyRow, StoreError};

use crate::bed::Bed;
use crate::samples::{added_user, at, change, change_at, key};

async fn added_key(bed: &Bed, email: &str) -> KeyRow {
    let owner = added_user(&bed.store, email, Role::Member).await;
    let row = key(owner.id);
    bed.store
        .key_insert(&row, &change("key.created"))
        .await
        .unwrap();
    row
}

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let owner = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let full = KeyRow {
        last_used_at: Some(at(2_000)),
        last_client: Some("Cursor".to_owned()),
        revoked_at: Some(at(3_000)),
        ..key(owner.id)
    };
    let bare = KeyRow {
        expires_at: None,
        ..key(owner.id)
    };
    for row in [&full, &bare] {
        bed.store
            .key_insert(row, &change("key.created"))
            .await
            .unwrap();
    }
    assert_eq!(bed.store.keys(None).await.unwrap(), [bare.clone(), full]);
    assert_eq!(bed.store.keys_active().await.unwrap(), [bare]);
}

pub(crate) async fn lists_by_owner(bed: &Bed) {
    let ann = added_key(bed, "ann@example.com").await;
    let ben = added_key(bed, "ben@example.com").await;
    assert_eq!(
        bed.store.keys(Some(ann.user_id)).await.unwrap(),
        std::slice::from_ref(&ann)
    );
    assert_eq!(bed.store.keys(None).await.unwrap(), [ben, ann]);
}

pub(crate) async fn revokes_once(bed: &Bed) {
    let row = added_key(bed, "ann@example.com").await;
    let version = bed.store.config_version().await.unwrap();
    let revoke = async || {
        bed.store
            .key_revoke(row.id, None, &change_at("key.revoked", at(4_000)))
            .await
    };
    assert_eq!(revoke().await.unwrap().revoked_at, Some(at(4_000)));
    assert!(matches!(revoke().await, Err(StoreError::NotFound)));
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
    assert!(bed.store.keys_active().await.unwrap().is_empty());
    assert_eq!(bed.store.keys(None).await.unwrap().len(), 1);
}

pub(crate) async fn revokes_only_what_the_owner_has(bed: &Bed) {
    let ann = added_key(bed, "ann@example.com").await;
    let ben = added_key(bed, "ben@example.com").await;
    let stolen = bed
        .store
        .key_revoke(ann.id, Some(ben.user_id), &change("key.revoked"))
        .await;
    assert!(matches!(stolen, Err(StoreError::NotFound)));
    assert_eq!(bed.store.keys_active().await.unwrap().len(), 2);
    bed.store
        .key_revoke(ann.id, Some(ann.user_id), &change("key.revoked"))
        .await
        .unwrap();
    assert_eq!(bed.store.keys_active().await.unwrap(), [ben]);
}

pub(crate) async fn notes_the_latest_use(bed: &Bed) {
    let ann = added_key(bed, "ann@example.com").await;
    let ben = added_key(bed, "ben@example.com").await;
    let version = bed.store.config_version().await.unwrap();
    let client = |name: &str| Some(name.to_owned());
    bed.store.keys_touch(vec![]).await.unwrap();
    bed.store
        .keys_touch(vec![
            (ben.id, at(7_000), None),
            (ann.id, at(6_000), client("new")),
            (ann.id, at(5_000), client("old")),
        ])
        .await
        .unwrap();
    bed.store
        .keys_touch(vec![
            (ann.id, at(5_500), client("late")),
            (ben.id, at(8_000), None),
        ])
        .await
        .unwrap();
    let keys = bed.store.keys(None).await.unwrap();
    let used: Vec<_> = keys
        .iter()
        .map(|key| (key.last_used_at, key.last_client.as_deref()))
        .collect();
    assert_eq!(
        used,
        [(Some(at(8_000)), None), (Some(at(6_000)), Some("new"))]
    );
    let seen = bed
        .store
        .user_by_id(ann.user_id)
        .await
        .unwrap()
        .unwrap()
        .last_seen_at;
    assert_eq!(seen, Some(at(6_000)));
    assert_eq!(bed.store.config_version().await.unwrap(), version);
}

pub(crate) async fn leaves_out_a_damaged_key(bed: &Bed) {
    let ann = added_key(bed, "ann@example.com").await;
    let damaged = key(ann.user_id);
    let damaged = KeyRow {
        name: "damaged".to_owned(),
        ..damaged
    };
    bed.store
        .key_insert(&damaged, &change("key.created"))
        .await
        .unwrap();
    bed.tamper("UPDATE access_keys SET id = 'no id' WHERE name = 'damaged'")
        .await;
    assert_eq!(bed.store.keys_active().await.unwrap(), [ann]);
}
