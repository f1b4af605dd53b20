//! The audit log: every change has its row, and nobody edits one unseen.

use tieline_store::{AuditFilter, FirstBadRow, StoreError};

use crate::bed::Bed;
use crate::samples::{added_connector, at, chain, change, change_at, connector};

async fn write(bed: &Bed, rows: usize) {
    for _ in 0..rows {
        bed.store
            .audit_append(&change("test.happened"))
            .await
            .expect("the row is written");
    }
}

async fn verdict(bed: &Bed) -> Result<u64, FirstBadRow> {
    bed.store
        .audit_verify(&chain("key"))
        .await
        .expect("the database answers")
}

pub(crate) async fn an_untouched_log_is_whole(bed: &Bed) {
    assert_eq!(verdict(bed).await, Ok(0));
    // More than one page of the walk.
    write(bed, 1_203).await;
    assert_eq!(verdict(bed).await, Ok(1_203));
    let with_another_key = bed.store.audit_verify(&chain("another key")).await.unwrap();
    assert_eq!(with_another_key, Err(FirstBadRow { seq: 1 }));
}

pub(crate) async fn an_edited_row_is_found(bed: &Bed) {
    write(bed, 12).await;
    for edit in [
        "UPDATE audit SET target = 'other' WHERE seq = 7",
        "UPDATE audit SET target = 'acme_mcp', detail = '{}' WHERE seq = 6",
        "UPDATE audit SET at = 1 WHERE seq = 5",
        "UPDATE audit SET actor_id = NULL WHERE seq = 4",
        // The same letters in other columns.
        "UPDATE audit SET target_kind = 'connectora', target = 'cme_mcp' WHERE seq = 3",
        "UPDATE audit SET hash = prev_hash WHERE seq = 2",
    ] {
        bed.tamper(edit).await;
        let seq = edit.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(verdict(bed).await, Err(FirstBadRow { seq }), "{edit}");
    }
}

pub(crate) async fn a_removed_row_is_found(bed: &Bed) {
    write(bed, 12).await;
    bed.tamper("DELETE FROM audit WHERE seq = 7").await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 7 }));
    // Closing the gap moves the break, it does not mend it.
    bed.tamper("UPDATE audit SET seq = -seq WHERE seq > 7")
        .await;
    bed.tamper("UPDATE audit SET seq = -seq - 1 WHERE seq < 0")
        .await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 7 }));
}

pub(crate) async fn swapped_rows_are_found(bed: &Bed) {
    write(bed, 12).await;
    for swap in [
        "SET seq = -3 WHERE seq = 3",
        "SET seq = 3 WHERE seq = 4",
        "SET seq = 4 WHERE seq = -3",
    ] {
        bed.tamper(&format!("UPDATE audit {swap}")).await;
    }
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 3 }));
}

pub(crate) async fn a_log_cut_off_is_found(bed: &Bed) {
    write(bed, 12).await;
    bed.tamper("DELETE FROM audit WHERE seq > 9").await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 10 }));
    bed.tamper("DELETE FROM audit").await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 1 }));
}

pub(crate) async fn a_shortened_log_with_a_forged_head_is_found(bed: &Bed) {
    write(bed, 12).await;
    bed.tamper("DELETE FROM audit WHERE seq > 9").await;
    bed.tamper("UPDATE audit_head SET seq = 9, hash = (SELECT hash FROM audit WHERE seq = 9)")
        .await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 10 }));
}

pub(crate) async fn a_row_added_without_the_key_is_found(bed: &Bed) {
    write(bed, 3).await;
    bed.tamper(
        "INSERT INTO audit SELECT 4, 'forged', at, actor_kind, actor_id, actor_name, action, target_kind, target,
             detail, hash, hash FROM audit WHERE seq = 3",
    )
    .await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 4 }));
    // The next change does not build on it.
    let refused = bed.store.audit_append(&change("test.happened")).await;
    assert!(matches!(
        refused,
        Err(StoreError::Unavailable { .. } | StoreError::Conflict { .. })
    ));
}

pub(crate) async fn a_relinked_log_is_found(bed: &Bed) {
    write(bed, 5).await;
    bed.tamper("DELETE FROM audit WHERE seq = 1").await;
    bed.tamper("UPDATE audit SET seq = seq - 1 WHERE seq = 2")
        .await;
    bed.tamper(
        "UPDATE audit SET prev_hash = (SELECT prev_hash FROM audit WHERE seq = 3) WHERE seq = 1",
    )
    .await;
    assert_eq!(verdict(bed).await, Err(FirstBadRow { seq: 1 }));
}

pub(crate) async fn changes_at_once_make_one_chain(bed: &Bed) {
    let changes: Vec<_> = (0..40)
        .map(|number| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                store
                    .connector_insert(
                        connector(&format!("connector_{number}")),
                        &change("connector.added"),
                    )
                    .await
            })
        })
        .collect();
    // The walk is right also while rows are added.
    assert!(verdict(bed).await.is_ok());
    for change in changes {
        change.await.unwrap().unwrap();
    }
    assert_eq!(verdict(bed).await, Ok(40));
    assert_eq!(bed.store.config_version().await.unwrap(), 40);
}

pub(crate) async fn no_change_without_its_row(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let version = bed.store.config_version().await.unwrap();
    bed.tamper("ALTER TABLE audit RENAME TO audit_gone").await;
    let change = || change("connector.removed");
    assert!(bed.store.connector_delete(row.id, &change()).await.is_err());
    assert!(
        bed.store
            .connector_insert(connector("other"), &change())
            .await
            .is_err()
    );
    assert!(
        bed.store
            .connector_set_enabled(row.id, false, &change())
            .await
            .is_err()
    );
    let rows = bed.store.connectors_all().await.unwrap().rows;
    assert_eq!(rows, std::slice::from_ref(&row));
    assert_eq!(bed.store.config_version().await.unwrap(), version);
    bed.tamper("ALTER TABLE audit_gone RENAME TO audit").await;
    bed.store.connector_delete(row.id, &change()).await.unwrap();
    assert_eq!(verdict(bed).await, Ok(2));
}

pub(crate) async fn pages_newest_first(bed: &Bed) {
    write(bed, 7).await;
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = bed
            .store
            .audit_page(cursor.as_deref(), 3, &AuditFilter::default())
            .await
            .unwrap();
        found.extend(page.rows.iter().map(|row| row.seq));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [7, 6, 5, 4, 3, 2, 1]);
    assert!(
        bed.store
            .audit_page(Some("no cursor"), 3, &AuditFilter::default())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
}

pub(crate) async fn filters_by_action_and_time(bed: &Bed) {
    for (action, millis) in [("one", 1), ("two", 2), ("one", 3)] {
        bed.store
            .audit_append(&change_at(action, at(millis)))
            .await
            .unwrap();
    }
    let seqs = async |action: Option<&str>, since, until| {
        let filter = AuditFilter {
            action: action.map(str::to_owned),
            since,
            until,
            ..AuditFilter::default()
        };
        seqs_of(bed, &filter).await
    };
    assert_eq!(seqs(Some("one"), None, None).await, [3, 1]);
    assert_eq!(seqs(None, Some(at(2)), None).await, [3, 2]);
    assert_eq!(seqs(None, Some(at(2)), Some(at(2))).await, [2]);
    assert_eq!(seqs(Some("three"), None, None).await, [0; 0]);
}

async fn seqs_of(bed: &Bed, filter: &AuditFilter) -> Vec<u64> {
    let page = bed.store.audit_page(None, 10, filter).await.unwrap();
    page.rows.iter().map(|row| row.seq).collect()
}

pub(crate) async fn filters_by_connector(bed: &Bed) {
    for (kind, target) in [
        ("connector", "acme_mcp"),
        ("tool", "acme_mcp/search"),
        ("connector", "acme_mcp_2"),
        ("tool", "acmexmcp/search"),
        ("user", "acme_mcp"),
        ("tool", "acme_mcp/a_b%"),
    ] {
        let mut change = change("test.happened");
        change.audit.target_kind = kind;
        target.clone_into(&mut change.audit.target);
        bed.store.audit_append(&change).await.unwrap();
    }
    let of = |slug: &str| AuditFilter {
        connector: Some(tieline_domain::Slug::parse(slug).unwrap()),
        ..AuditFilter::default()
    };
    assert_eq!(seqs_of(bed, &of("acme_mcp")).await, [6, 2, 1]);
    assert_eq!(seqs_of(bed, &of("acme")).await, [0; 0]);
}

pub(crate) async fn stores_what_it_hashes(bed: &Bed) {
    let mut odd = change("test.happened");
    "zero \0 and 名前 🚀".clone_into(&mut odd.audit.target);
    odd.audit.actor = tieline_domain::Actor::CommandLine;
    bed.store.audit_append(&odd).await.unwrap();
    let row = bed
        .store
        .audit_page(None, 1, &AuditFilter::default())
        .await
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(row.target, "zero \u{fffd} and 名前 🚀");
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id),
        ("command_line", None)
    );
    assert_eq!(
        (row.id, row.detail.as_str()),
        (odd.audit.id.to_string(), r#"{"b":1,"a":2}"#)
    );
    assert_eq!(verdict(bed).await, Ok(1));
}
