//! What an admin set: kept, counted, and committed with its record.

use tieline_store::{NewSetting, StoreError};

use crate::bed::Bed;
use crate::samples::{at, change, change_at};

fn value(name: &'static str, value: &str) -> NewSetting {
    NewSetting {
        name,
        value: value.to_owned(),
        sealed: None,
    }
}

pub(crate) async fn keeps_what_was_set_and_counts_changes(bed: &Bed) {
    let store = &bed.store;
    let empty = store.settings_all().await.unwrap();
    assert_eq!((empty.rows.len(), empty.version()), (0, 0));
    let secret = NewSetting {
        sealed: Some((0..=255).collect()),
        ..value("b", "shown")
    };
    let values = [value("a", "1"), secret];
    store
        .settings_set(0, &values, &change("settings.changed"))
        .await
        .unwrap();
    let first = store.settings_all().await.unwrap();
    assert_eq!(first.version(), 2);
    let kept: Vec<_> = first
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.value.as_str(), row.sealed.is_some()))
        .collect();
    assert_eq!(kept, [("a", "1", false), ("b", "shown", true)]);
    assert!(store.ciphertext_exists().await.unwrap());
    let again = change_at("settings.changed", at(2_000));
    store
        .settings_set(2, &[value("b", "")], &again)
        .await
        .unwrap();
    let second = store.settings_all().await.unwrap();
    assert_eq!(second.version(), 3);
    assert_eq!(second.rows[1].sealed, None);
    assert!(!store.ciphertext_exists().await.unwrap());
}

pub(crate) async fn a_change_of_an_old_version_is_refused(bed: &Bed) {
    let store = &bed.store;
    let set = async |version, number: &str| {
        let values = [value("a", number)];
        store
            .settings_set(version, &values, &change("settings.changed"))
            .await
    };
    set(0, "1").await.unwrap();
    let before = store.config_version().await.unwrap();
    let refused = set(0, "2").await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { what: "version" }));
    assert_eq!(store.settings_all().await.unwrap().rows[0].value, "1");
    assert_eq!(store.config_version().await.unwrap(), before);
    let page = store
        .audit_page(None, 10, &tieline_store::AuditFilter::default())
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1, "no record without its change");
    set(1, "2").await.unwrap();
    assert!(store.config_version().await.unwrap() > before);
}

pub(crate) async fn one_of_eight_at_once_saves(bed: &Bed) {
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let values = [value("a", &number.to_string())];
                store
                    .settings_set(0, &values, &change("settings.changed"))
                    .await
            })
        })
        .collect();
    let mut saved = 0;
    for done in tries {
        saved += usize::from(done.await.unwrap().is_ok());
    }
    assert_eq!(saved, 1);
    assert_eq!(bed.store.settings_all().await.unwrap().version(), 1);
}
