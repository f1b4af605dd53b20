//! What was said in calls.

use tieline_store::{CallContentRow, CallRow};

use crate::bed::Bed;
use crate::samples::{AddCalls as _, at, call, connector_id};

fn content(of: &CallRow) -> CallContentRow {
    CallContentRow {
        call_id: of.id,
        at: of.at,
        arguments: Some(r#"{"q":"Ünïcode <script>"}"#.to_owned()),
        arguments_bytes: 24,
        result: Some("x".repeat(16_384)),
        result_bytes: 9_400_000,
    }
}

/// Calls of the first milliseconds, with their contents.
async fn said(bed: &Bed, calls: i64) -> Vec<CallContentRow> {
    let connector = connector_id();
    let calls: Vec<_> = (1..=calls).map(|at| call(connector, at)).collect();
    let contents: Vec<_> = calls.iter().map(content).collect();
    bed.store.add_calls(calls).await.unwrap();
    bed.store
        .call_contents_insert(contents.clone())
        .await
        .unwrap();
    contents
}

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let calls = [call(connector_id(), 1), call(connector_id(), 2)];
    bed.store.add_calls(calls.to_vec()).await.unwrap();
    let full = content(&calls[0]);
    let bare = CallContentRow {
        arguments: None,
        result: None,
        ..content(&calls[1])
    };
    let both = vec![full.clone(), bare.clone()];
    bed.store.call_contents_insert(both.clone()).await.unwrap();
    // A batch may be tried again.
    bed.store.call_contents_insert(both).await.unwrap();
    for expected in [full, bare] {
        let found = bed.store.call_content(expected.call_id).await.unwrap();
        assert_eq!(found, Some(expected));
    }
    let unknown = call(connector_id(), 3).id;
    assert_eq!(bed.store.call_content(unknown).await.unwrap(), None);
    bed.store.call_contents_insert(vec![]).await.unwrap();
}

pub(crate) async fn zero_characters_do_no_harm(bed: &Bed) {
    let of = call(connector_id(), 1);
    bed.store.add_calls(vec![of.clone()]).await.unwrap();
    let odd = CallContentRow {
        result: Some("a\0b".to_owned()),
        ..content(&of)
    };
    bed.store.call_contents_insert(vec![odd]).await.unwrap();
    let found = bed.store.call_content(of.id).await.unwrap().unwrap();
    assert_eq!(found.result.as_deref(), Some("a\u{fffd}b"));
}

pub(crate) async fn leave_with_their_call(bed: &Bed) {
    let contents = said(bed, 40).await;
    assert_eq!(bed.store.calls_purge(at(31)).await.unwrap(), 30);
    assert_eq!(
        bed.store.call_contents_older(at(100)).await.unwrap(),
        (10, 10)
    );
    let gone = bed.store.call_content(contents[29].call_id).await.unwrap();
    assert_eq!(gone, None);
    // There is none without its call.
    let orphan = content(&call(connector_id(), 1));
    let refused = bed.store.call_contents_insert(vec![orphan]).await;
    assert!(refused.is_err());
}

pub(crate) async fn are_forgotten_before_their_calls_or_all_at_once(bed: &Bed) {
    let contents = said(bed, 600).await;
    assert_eq!(
        bed.store.call_contents_older(at(551)).await.unwrap(),
        (600, 550)
    );
    // More than are removed in one go.
    let purged = bed.store.call_contents_purge(at(551)).await.unwrap();
    assert_eq!(purged, 550);
    let kept = bed.store.call_content(contents[550].call_id).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&contents[550]));
    assert_eq!(bed.store.call_contents_purge_all().await.unwrap(), 50);
    assert_eq!(bed.store.call_contents_purge_all().await.unwrap(), 0);
    let kept = bed.store.call(contents[550].call_id).await.unwrap();
    assert!(kept.is_some(), "the call itself stays");
}
