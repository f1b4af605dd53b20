//! Model APIs: added, changed, removed; which one is asked first.

use tieline_domain::{ModelId, ModelKind};
use tieline_store::{ModelKeyPatch, ModelPatch, ModelRow, NewModelRow, StoreError};

use crate::bed::Bed;
use crate::samples::{added_model, at, change, change_at, model, read_model};

async fn defaults(bed: &Bed) -> Vec<String> {
    let rows = bed.store.models_all().await.unwrap().rows;
    let defaults = rows.into_iter().filter(|row| row.is_default);
    defaults.map(|row| row.name).collect()
}

async fn update(bed: &Bed, row: &ModelRow, patch: ModelPatch) -> Result<(), StoreError> {
    let change = change_at("model.changed", at(2_000));
    bed.store
        .model_update(row.id, row.row_version, patch, &change)
        .await
}

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let first = added_model(&bed.store, "Claude").await;
    let new = NewModelRow {
        kind: ModelKind::OpenAi,
        base_url: "http://10.0.0.1:11434/v1".to_owned(),
        model: "llama3.3:70b".to_owned(),
        fallback: Some(first.id),
        sealed: Some((0..=255).collect()),
        key_hint: Some("k3Qf".to_owned()),
        ..model("Ünïcode 名前")
    };
    bed.store
        .model_insert(new.clone(), &change("model.added"))
        .await
        .unwrap();
    let row = read_model(&bed.store, new.id).await;
    assert_eq!(
        (row.name, row.name_folded),
        (new.name, "ünïcode 名前".to_owned())
    );
    assert_eq!(
        (row.kind, row.base_url, row.model),
        (new.kind, new.base_url, new.model)
    );
    assert_eq!((row.fallback, row.is_default), (Some(first.id), false));
    assert_eq!(
        (row.sealed, row.key_hint, row.key_set_at),
        (new.sealed, new.key_hint, Some(at(500)))
    );
    assert_eq!(
        (
            row.created_by.as_str(),
            row.created_at,
            row.updated_at,
            row.row_version
        ),
        ("Ann", at(500), at(500), 1)
    );
    assert_eq!((first.sealed, first.key_set_at), (None, None));
}

pub(crate) async fn the_first_is_the_default(bed: &Bed) {
    added_model(&bed.store, "Claude").await;
    added_model(&bed.store, "Ollama").await;
    assert_eq!(defaults(bed).await, ["Claude"]);
}

pub(crate) async fn one_of_eight_at_once_is_the_default(bed: &Bed) {
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let store = bed.store.clone();
            let new = model(&format!("Model {number}"));
            tokio::spawn(async move { store.model_insert(new, &change("model.added")).await })
        })
        .collect();
    for inserted in tries {
        inserted.await.unwrap().unwrap();
    }
    assert_eq!(defaults(bed).await.len(), 1);
}

pub(crate) async fn a_name_belongs_to_one_in_any_case(bed: &Bed) {
    let row = added_model(&bed.store, "Ägir").await;
    let version = bed.store.config_version().await.unwrap();
    let again = bed
        .store
        .model_insert(model("äGIR"), &change("model.added"))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict { what: "name" })));
    let other = added_model(&bed.store, "Other").await;
    let renamed = ModelPatch {
        name: Some(("ÄGIR".to_owned(), row.name_folded.clone())),
        ..ModelPatch::default()
    };
    let refused = update(bed, &other, renamed.clone()).await;
    assert!(matches!(
        refused,
        Err(StoreError::Conflict { what: "name" })
    ));
    update(bed, &row, renamed).await.unwrap();
    assert_eq!(bed.store.config_version().await.unwrap(), version + 2);
}

pub(crate) async fn one_default_at_a_time(bed: &Bed) {
    added_model(&bed.store, "Claude").await;
    let other = added_model(&bed.store, "Ollama").await;
    let chosen = change("model.default_changed");
    bed.store
        .model_set_default(other.id, &chosen)
        .await
        .unwrap();
    assert_eq!(defaults(bed).await, ["Ollama"]);
    let gone = model("Gone").id;
    let refused = bed.store.model_set_default(gone, &change("model.x")).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    assert_eq!(
        defaults(bed).await,
        ["Ollama"],
        "a refused change undoes nothing"
    );
}

pub(crate) async fn removing_the_default_picks_the_oldest(bed: &Bed) {
    let mut rows = Vec::new();
    for name in ["One", "Two", "Three"] {
        rows.push(added_model(&bed.store, name).await);
    }
    for (row, left) in rows.iter().zip([vec!["Two"], vec!["Three"], vec![]]) {
        bed.store
            .model_delete(row.id, &change("model.removed"))
            .await
            .unwrap();
        assert_eq!(defaults(bed).await, left);
    }
    assert!(bed.store.models_all().await.unwrap().rows.is_empty());
}

pub(crate) async fn a_fallback_that_goes_is_forgotten(bed: &Bed) {
    let spare = added_model(&bed.store, "Spare").await;
    let row = added_model(&bed.store, "Claude").await;
    let patch = |fallback| ModelPatch {
        fallback: Some(fallback),
        ..ModelPatch::default()
    };
    update(bed, &row, patch(Some(spare.id))).await.unwrap();
    let row = read_model(&bed.store, row.id).await;
    assert_eq!(row.fallback, Some(spare.id));
    let unknown = update(bed, &row, patch(Some(model("Gone").id))).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
    bed.store
        .model_delete(spare.id, &change("model.removed"))
        .await
        .unwrap();
    let row = read_model(&bed.store, row.id).await;
    assert_eq!((row.fallback, row.is_default), (None, true));
}

pub(crate) async fn changes_what_is_asked_and_no_more(bed: &Bed) {
    let row = added_model(&bed.store, "Claude").await;
    let patch = ModelPatch {
        base_url: Some("https://gateway.example".to_owned()),
        model: Some("claude-opus-5-5".to_owned()),
        ..ModelPatch::default()
    };
    update(bed, &row, patch).await.unwrap();
    let expected = ModelRow {
        base_url: "https://gateway.example".to_owned(),
        model: "claude-opus-5-5".to_owned(),
        updated_at: at(2_000),
        row_version: 2,
        ..row.clone()
    };
    assert_eq!(read_model(&bed.store, row.id).await, expected);
}

pub(crate) async fn a_change_of_an_old_version_is_refused(bed: &Bed) {
    let row = added_model(&bed.store, "Claude").await;
    let patch = || ModelPatch {
        model: Some("other".to_owned()),
        ..ModelPatch::default()
    };
    update(bed, &row, patch()).await.unwrap();
    let refused = update(bed, &row, patch()).await;
    assert!(matches!(
        refused,
        Err(StoreError::Conflict {
            what: "row_version"
        })
    ));
}

pub(crate) async fn a_key_can_be_replaced_and_removed(bed: &Bed) {
    let row = added_model(&bed.store, "Claude").await;
    let key = ModelKeyPatch {
        sealed: Some(vec![7; 90]),
        key_hint: Some("9xYz".to_owned()),
        key_set_at: Some(at(2_000)),
    };
    let patch = |key| ModelPatch {
        key: Some(key),
        ..ModelPatch::default()
    };
    update(bed, &row, patch(key)).await.unwrap();
    let row = read_model(&bed.store, row.id).await;
    assert_eq!(
        (row.sealed.as_deref(), row.key_hint.as_deref()),
        (Some(&[7; 90][..]), Some("9xYz"))
    );
    update(bed, &row, patch(ModelKeyPatch::default()))
        .await
        .unwrap();
    let row = read_model(&bed.store, row.id).await;
    assert_eq!(
        (row.sealed, row.key_hint, row.key_set_at),
        (None, None, None)
    );
}

pub(crate) async fn what_is_gone_is_not_found(bed: &Bed) {
    let row = added_model(&bed.store, "Claude").await;
    let remove = async || {
        let change = change("model.removed");
        bed.store.model_delete(row.id, &change).await
    };
    remove().await.unwrap();
    assert!(matches!(remove().await, Err(StoreError::NotFound)));
    let changed = update(bed, &row, ModelPatch::default()).await;
    assert!(matches!(changed, Err(StoreError::NotFound)));
    assert!(bed.store.model_by_id(row.id).await.unwrap().is_none());
    assert_eq!(defaults(bed).await, Vec::<String>::new());
}

pub(crate) async fn a_damaged_row_disables_itself_only(bed: &Bed) {
    let row = added_model(&bed.store, "Claude").await;
    added_model(&bed.store, "Ollama").await;
    bed.tamper("UPDATE models SET kind = 'other' WHERE name = 'Claude'")
        .await;
    let all = bed.store.models_all().await.unwrap();
    let names: Vec<_> = all.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Ollama"]);
    assert_eq!(all.broken, [row.id.to_string()]);
    assert_eq!(ModelId::parse(&all.broken[0]), Ok(row.id));
}

pub(crate) async fn its_key_counts_as_sealed(bed: &Bed) {
    added_model(&bed.store, "Without").await;
    assert!(!bed.store.ciphertext_exists().await.unwrap());
    let with = NewModelRow {
        sealed: Some(vec![1]),
        ..model("With")
    };
    let id = with.id;
    bed.store
        .model_insert(with, &change("model.added"))
        .await
        .unwrap();
    assert!(bed.store.ciphertext_exists().await.unwrap());
    bed.store
        .model_delete(id, &change("model.removed"))
        .await
        .unwrap();
    assert!(!bed.store.ciphertext_exists().await.unwrap());
}
