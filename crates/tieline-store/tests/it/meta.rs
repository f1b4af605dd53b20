//! Single values, and the number that tells replicas that something changed.

use tieline_domain::Role;
use tieline_store::{CredentialPatch, UserPatch};

use crate::bed::Bed;
use crate::samples::{
    AddCalls as _, added_connector, added_user, at, call, change, connector, key, listed,
    read_connector, sign_in, tool,
};

pub(crate) async fn sets_and_replaces(bed: &Bed) {
    assert_eq!(bed.store.meta_get("a").await.unwrap(), None);
    bed.store.meta_set("a", &[0, 255]).await.unwrap();
    bed.store.meta_set("b", b"").await.unwrap();
    bed.store.meta_set("a", &[1]).await.unwrap();
    assert_eq!(bed.store.meta_get("a").await.unwrap(), Some(vec![1]));
    assert_eq!(bed.store.meta_get("b").await.unwrap(), Some(vec![]));
    assert!(bed.store.meta_delete("a").await.unwrap());
    assert!(!bed.store.meta_delete("a").await.unwrap());
}

pub(crate) async fn one_of_eight_at_once_is_first(bed: &Bed) {
    let tries: Vec<_> = (0..8_u8)
        .map(|number| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                (
                    number,
                    store.meta_insert_if_absent("key", &[number]).await.unwrap(),
                )
            })
        })
        .collect();
    let mut winners = Vec::new();
    for inserted in tries {
        let (number, won) = inserted.await.unwrap();
        winners.extend(won.then_some(number));
    }
    assert_eq!(
        bed.store.meta_get("key").await.unwrap(),
        Some(winners.clone())
    );
    assert_eq!(winners.len(), 1);
}

pub(crate) async fn every_change_raises_the_version(bed: &Bed) {
    let store = &bed.store;
    let mut last = store.config_version().await.unwrap();
    macro_rules! raises {
        ($operation:expr) => {
            let _ = $operation.await.unwrap();
            let version = store.config_version().await.unwrap();
            assert_eq!(version, last + 1, "{}", stringify!($operation));
            last = version;
        };
    }
    let new = connector("acme_mcp");
    let id = new.id;
    raises!(store.connector_insert(new, &change("connector.added")));
    let row = read_connector(store, "acme_mcp").await;
    raises!(store.connector_replace_tools(id, listed(&row, vec![tool("search", "{}")])));
    raises!(store.tool_set_enabled(id, "search", false, &change("tool.turned_off")));
    raises!(store.connector_set_wire(id, 1, "http_sse"));
    let patch = tieline_store::ConnectorPatch {
        credential: Some(CredentialPatch::default()),
        ..tieline_store::ConnectorPatch::default()
    };
    raises!(store.connector_update(id, 1, patch, &change("connector.changed")));
    raises!(store.connector_set_enabled(id, false, &change("connector.turned_off")));
    raises!(store.connector_delete(id, &change("connector.removed")));
    let ann = crate::samples::user("ann@example.com", Role::Admin);
    raises!(store.user_insert_first_admin(&ann, &change("user.first_admin")));
    let ben = crate::samples::user("ben@example.com", Role::Member);
    raises!(store.user_insert(&ben, &change("user.added")));
    let promote = UserPatch {
        role: Some(Role::Admin),
        ..UserPatch::default()
    };
    raises!(store.user_update(ben.id, promote, &change("user.changed")));
    let row = key(ben.id);
    raises!(store.key_insert(&row, &change("key.created")));
    raises!(store.key_revoke(row.id, None, &change("key.revoked")));
    assert_eq!(last, 12);
}

pub(crate) async fn bookkeeping_leaves_the_version(bed: &Bed) {
    let store = &bed.store;
    let ann = added_user(store, "ann@example.com", Role::Member).await;
    let version = store.config_version().await.unwrap();
    store.meta_set("a", &[1]).await.unwrap();
    store.audit_append(&change("test.happened")).await.unwrap();
    store.sign_in_insert(&sign_in(ann.id)).await.unwrap();
    store
        .sign_in_failure_record("account:ann", at(1))
        .await
        .unwrap();
    store
        .add_calls(vec![call(crate::samples::connector_id(), 1)])
        .await
        .unwrap();
    store.calls_purge(at(2)).await.unwrap();
    store.sign_ins_purge(at(9_000)).await.unwrap();
    assert_eq!(store.config_version().await.unwrap(), version);
}

pub(crate) async fn knows_whether_anything_was_sealed(bed: &Bed) {
    added_connector(&bed.store, "without").await;
    assert!(!bed.store.ciphertext_exists().await.unwrap());
    let with = tieline_store::NewConnectorRow {
        sealed: Some(vec![1]),
        ..connector("with")
    };
    let id = with.id;
    bed.store
        .connector_insert(with, &change("connector.added"))
        .await
        .unwrap();
    assert!(bed.store.ciphertext_exists().await.unwrap());
    bed.store
        .connector_delete(id, &change("connector.removed"))
        .await
        .unwrap();
    assert!(!bed.store.ciphertext_exists().await.unwrap());
}
