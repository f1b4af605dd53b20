//! Connectors: added, changed, removed; what is learnt about them.

use tieline_domain::{ConnectorId, Slug};
use tieline_store::{
    AuditFilter, ConnectorPatch, CredentialPatch, NewConnectorRow, StatusUpdate, StoreError,
};

use crate::bed::Bed;
use crate::samples::{
    added_connector, at, change, change_at, connector, connector_id, listed, read_connector, tool,
};

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let new = NewConnectorRow {
        name: "Ünïcode 名前 🚀".to_owned(),
        provider: Some("linear".to_owned()),
        url: "http://10.0.0.1:8080/mcp?x=%00&y=1".to_owned(),
        auth_header: "X-Api-Key".to_owned(),
        sealed: Some((0..=255).collect()),
        token_hint: Some("k3Qf".to_owned()),
        ..connector("acme_mcp")
    };
    bed.store
        .connector_insert(new.clone(), &change("connector.added"))
        .await
        .unwrap();
    let row = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (row.id, row.slug, row.name, row.provider),
        (new.id, new.slug, new.name, new.provider)
    );
    assert_eq!(
        (row.url, row.auth_header, row.enabled),
        (new.url, new.auth_header, true)
    );
    assert_eq!(
        (row.sealed, row.token_hint, row.token_set_at),
        (new.sealed, new.token_hint, Some(at(500)))
    );
    assert_eq!(
        (row.status.as_str(), row.status_since, row.status_at),
        ("checking", Some(at(500)), None)
    );
    assert_eq!((row.credential_version, row.row_version), (1, 1));
    assert_eq!(
        (row.created_by.as_str(), row.created_at, row.updated_at),
        ("Ann", at(500), at(500))
    );
    assert_eq!(
        (
            row.wire,
            row.server_name,
            row.instructions,
            row.tools_refreshed_at
        ),
        (None, None, None, None)
    );
}

pub(crate) async fn one_of_eight_at_once_gets_the_slug(bed: &Bed) {
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                store
                    .connector_insert(connector("acme_mcp"), &change("connector.added"))
                    .await
            })
        })
        .collect();
    let mut winners = 0;
    for inserted in tries {
        match inserted.await.unwrap() {
            Ok(()) => winners += 1,
            Err(StoreError::Conflict { what: "slug" }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(bed.store.connectors_all().await.unwrap().rows.len(), 1);
}

pub(crate) async fn a_taken_slug_leaves_no_trace(bed: &Bed) {
    added_connector(&bed.store, "acme_mcp").await;
    let version = bed.store.config_version().await.unwrap();
    let second = bed
        .store
        .connector_insert(connector("acme_mcp"), &change("connector.added"))
        .await;
    assert!(matches!(second, Err(StoreError::Conflict { what: "slug" })));
    assert_eq!(bed.store.config_version().await.unwrap(), version);
    assert_eq!(
        bed.store
            .audit_page(None, 10, &AuditFilter::default())
            .await
            .unwrap()
            .rows
            .len(),
        1
    );
    // The transaction that failed does not stand in the way of the next one.
    added_connector(&bed.store, "acme_mcp_2").await;
}

pub(crate) async fn finds_by_slug_and_id(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    assert_eq!(bed.store.connector_by_id(row.id).await.unwrap(), Some(row));
    assert_eq!(
        bed.store.connector_by_id(connector_id()).await.unwrap(),
        None
    );
    assert_eq!(
        bed.store
            .connector_by_slug(&Slug::parse("other").unwrap())
            .await
            .unwrap(),
        None
    );
}

async fn update(
    bed: &Bed,
    id: ConnectorId,
    version: i64,
    patch: ConnectorPatch,
) -> Result<(), StoreError> {
    bed.store
        .connector_update(
            id,
            version,
            patch,
            &change_at("connector.changed", at(2_000)),
        )
        .await
}

pub(crate) async fn a_change_of_an_old_version_is_refused(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let rename = |name: &str| ConnectorPatch {
        name: Some(name.to_owned()),
        ..ConnectorPatch::default()
    };
    update(bed, row.id, row.row_version, rename("First"))
        .await
        .unwrap();
    let late = update(bed, row.id, row.row_version, rename("Second")).await;
    assert!(matches!(
        late,
        Err(StoreError::Conflict {
            what: "row_version"
        })
    ));
    assert_eq!(read_connector(&bed.store, "acme_mcp").await.name, "First");
}

pub(crate) async fn a_new_address_has_to_be_checked_again(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    bed.store
        .connector_replace_tools(row.id, listed(&row, vec![]))
        .await
        .unwrap();
    bed.store
        .connector_set_status(row.id, status("failing", Some("dns"), 1_500))
        .await
        .unwrap();
    let patch = ConnectorPatch {
        url: Some("https://new.example/mcp".to_owned()),
        forget_wire: true,
        ..ConnectorPatch::default()
    };
    update(bed, row.id, row.row_version, patch).await.unwrap();
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!((after.credential_version, after.row_version), (2, 2));
    assert_eq!(
        (after.wire, after.status.as_str(), after.status_code),
        (None, "checking", None)
    );
    assert_eq!(
        (after.status_since, after.updated_at),
        (Some(at(2_000)), at(2_000))
    );
}

pub(crate) async fn a_new_name_changes_nothing_else(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    bed.store
        .connector_set_status(row.id, status("working", None, 1_500))
        .await
        .unwrap();
    let patch = ConnectorPatch {
        name: Some("Other".to_owned()),
        url: Some(row.url.clone()),
        auth_header: Some(row.auth_header.clone()),
        ..ConnectorPatch::default()
    };
    update(bed, row.id, row.row_version, patch).await.unwrap();
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.name.as_str(), after.status.as_str()),
        ("Other", "working")
    );
    assert_eq!((after.credential_version, after.row_version), (1, 2));
}

pub(crate) async fn a_credential_can_be_replaced_and_removed(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let set = CredentialPatch {
        sealed: Some(vec![1, 2, 3]),
        token_hint: Some("k3Qf".to_owned()),
        token_set_at: Some(at(2_000)),
    };
    let patch = |credential| ConnectorPatch {
        credential: Some(credential),
        ..ConnectorPatch::default()
    };
    update(bed, row.id, 1, patch(set)).await.unwrap();
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.sealed, after.token_set_at, after.credential_version),
        (Some(vec![1, 2, 3]), Some(at(2_000)), 2)
    );
    update(bed, row.id, 2, patch(CredentialPatch::default()))
        .await
        .unwrap();
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (
            after.sealed,
            after.token_hint,
            after.token_set_at,
            after.credential_version
        ),
        (None, None, None, 3)
    );
}

pub(crate) async fn turns_off_whatever_else_changed(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let version = bed.store.config_version().await.unwrap();
    bed.store
        .connector_set_enabled(row.id, false, &change("connector.turned_off"))
        .await
        .unwrap();
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.enabled, after.row_version, after.credential_version),
        (false, 2, 1)
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
    bed.store
        .connector_set_enabled(row.id, true, &change("connector.turned_on"))
        .await
        .unwrap();
    assert!(read_connector(&bed.store, "acme_mcp").await.enabled);
}

pub(crate) async fn removal_takes_the_tools_along(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let other = added_connector(&bed.store, "other").await;
    for row in [&row, &other] {
        bed.store
            .connector_replace_tools(row.id, listed(row, vec![tool("search", "{}")]))
            .await
            .unwrap();
    }
    bed.store
        .connector_delete(row.id, &change("connector.removed"))
        .await
        .unwrap();
    let left: Vec<_> = bed
        .store
        .tools_all()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.connector_id)
        .collect();
    assert_eq!(left, [other.id]);
    assert_eq!(bed.store.connectors_all().await.unwrap().rows.len(), 1);
    added_connector(&bed.store, "acme_mcp").await;
}

pub(crate) async fn what_is_gone_is_not_found(bed: &Bed) {
    let id = connector_id();
    let change = change("connector.removed");
    assert!(matches!(
        bed.store.connector_delete(id, &change).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        bed.store.connector_set_enabled(id, true, &change).await,
        Err(StoreError::NotFound)
    ));
    assert!(matches!(
        update(bed, id, 1, ConnectorPatch::default()).await,
        Err(StoreError::NotFound)
    ));
    assert!(
        !bed.store
            .connector_set_status(id, status("failing", None, 1))
            .await
            .unwrap()
    );
    assert!(
        bed.store
            .audit_page(None, 10, &AuditFilter::default())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
}

fn status(status: &str, code: Option<&str>, millis: i64) -> StatusUpdate {
    StatusUpdate {
        row_version: 1,
        status: status.to_owned(),
        code: code.map(str::to_owned),
        message: code.map(|code| format!("because of \0 {code}")),
        at: at(millis),
    }
}

pub(crate) async fn a_status_from_before_a_change_is_dropped(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let patch = ConnectorPatch {
        credential: Some(CredentialPatch {
            sealed: Some(vec![9; 64]),
            ..CredentialPatch::default()
        }),
        ..ConnectorPatch::default()
    };
    update(bed, row.id, row.row_version, patch).await.unwrap();
    let version = bed.store.config_version().await.unwrap();
    assert!(
        !bed.store
            .connector_set_status(row.id, status("failing", Some("auth_failed"), 3_000))
            .await
            .unwrap()
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version);
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(after.status, "checking");
    let newer = StatusUpdate {
        row_version: after.row_version,
        ..status("working", None, 4_000)
    };
    assert!(bed.store.connector_set_status(row.id, newer).await.unwrap());
    assert_eq!(
        read_connector(&bed.store, "acme_mcp").await.status,
        "working"
    );
}

pub(crate) async fn a_status_tells_replicas_only_news(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let version = bed.store.config_version().await.unwrap();
    assert!(
        bed.store
            .connector_set_status(row.id, status("failing", Some("dns"), 1_000))
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .connector_set_status(row.id, status("failing", Some("dns"), 2_000))
            .await
            .unwrap()
    );
    bed.store.connector_touch(row.id, at(2_500)).await.unwrap();
    assert_eq!(bed.store.config_version().await.unwrap(), version + 1);
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.status_since, after.status_at),
        (Some(at(1_000)), Some(at(2_500)))
    );
    assert!(
        bed.store
            .connector_set_status(row.id, status("failing", Some("tls"), 3_000))
            .await
            .unwrap()
    );
    let after = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(
        (after.status_since, after.status_code.as_deref()),
        (Some(at(1_000)), Some("tls"))
    );
    assert_eq!(after.row_version, row.row_version);
}

pub(crate) async fn a_wire_is_kept_for_the_version_it_was_found_with(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    assert!(
        bed.store
            .connector_set_wire(row.id, row.row_version, "http_sse")
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .connector_set_wire(row.id, row.row_version, "http_sse")
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .connector_set_wire(row.id, row.row_version + 1, "modern")
            .await
            .unwrap()
    );
    assert_eq!(
        read_connector(&bed.store, "acme_mcp").await.wire.as_deref(),
        Some("http_sse")
    );
}

pub(crate) async fn a_damaged_row_disables_itself_only(bed: &Bed) {
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(
            added_connector(&bed.store, &format!("connector_{number}"))
                .await
                .id,
        );
    }
    bed.tamper("UPDATE connectors SET slug = 'No Slug At All' WHERE slug = 'connector_7'")
        .await;
    let all = bed.store.connectors_all().await.unwrap();
    assert_eq!((all.rows.len(), all.broken), (49, vec![ids[7].to_string()]));
    assert!(matches!(
        bed.store.connector_by_id(ids[7]).await,
        Err(StoreError::Corrupt { .. })
    ));
    // It can still be removed.
    bed.store
        .connector_delete(ids[7], &change("connector.removed"))
        .await
        .unwrap();
    assert!(bed.store.connectors_all().await.unwrap().broken.is_empty());
}
