//! Signed-in browsers and failed attempts.

use tieline_domain::Role;
use tieline_store::{SignInRow, StoreError, UserRow};

use crate::bed::Bed;
use crate::samples::{added_user, at, change, sign_in, unique_hash, user_id};

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let row = sign_in(ann.id);
    bed.store.sign_in_insert(&row).await.unwrap();
    let seen = UserRow {
        last_seen_at: Some(row.last_seen_at),
        ..ann.clone()
    };
    assert_eq!(
        bed.store.sign_in_with_user(&row.id_hash).await.unwrap(),
        Some((row.clone(), seen))
    );
    assert_eq!(
        bed.store.sign_in_with_user(&unique_hash()).await.unwrap(),
        None
    );
    let again = bed.store.sign_in_insert(&row).await;
    assert!(matches!(
        again,
        Err(StoreError::Conflict { what: "sign-in" })
    ));
    let nobody = bed.store.sign_in_insert(&sign_in(user_id())).await;
    assert!(matches!(nobody, Err(StoreError::NotFound)));
    let odd = SignInRow {
        user_agent: Some("a\0b".to_owned()),
        ..sign_in(ann.id)
    };
    bed.store.sign_in_insert(&odd).await.unwrap();
    let (odd, _) = bed
        .store
        .sign_in_with_user(&odd.id_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(odd.user_agent.as_deref(), Some("a\u{fffd}b"));
}

pub(crate) async fn notes_the_last_use(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let row = sign_in(ann.id);
    bed.store.sign_in_insert(&row).await.unwrap();
    let version = bed.store.config_version().await.unwrap();
    bed.store
        .sign_in_touch(&row.id_hash, at(3_000))
        .await
        .unwrap();
    let (stored, user) = bed
        .store
        .sign_in_with_user(&row.id_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stored.last_seen_at, stored.expires_at, user.last_seen_at),
        (at(3_000), at(5_000), Some(at(3_000)))
    );
    assert_eq!(bed.store.config_version().await.unwrap(), version);
}

pub(crate) async fn signs_out_one_and_all(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let rows = [
        sign_in(ann.id),
        sign_in(ann.id),
        sign_in(ann.id),
        sign_in(ben.id),
    ];
    for row in &rows {
        bed.store.sign_in_insert(row).await.unwrap();
    }
    bed.store.sign_in_delete(&rows[0].id_hash).await.unwrap();
    bed.store.sign_in_delete(&rows[0].id_hash).await.unwrap();
    assert_eq!(signed_in(bed, &rows).await, [false, true, true, true]);
    let version = bed.store.config_version().await.unwrap();
    let end = change("user.sign_ins_ended");
    bed.store.sign_ins_end(ann.id, &end).await.unwrap();
    assert_eq!(signed_in(bed, &rows).await, [false, false, false, true]);
    assert!(bed.store.config_version().await.unwrap() > version);
}

pub(crate) async fn lists_and_ends_those_of_their_person_only(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let older = sign_in(ann.id);
    let newer = SignInRow {
        last_seen_at: at(1_500),
        ..sign_in(ann.id)
    };
    let other = sign_in(ben.id);
    for row in [&older, &newer, &other] {
        bed.store.sign_in_insert(row).await.unwrap();
    }
    assert_eq!(
        bed.store.sign_ins(ann.id).await.unwrap(),
        [newer.clone(), older.clone()]
    );
    let end = change("user.sign_in_ended");
    let foreign = bed.store.sign_in_end(ann.id, &other.id_hash, &end).await;
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    let end = change("user.sign_in_ended");
    bed.store
        .sign_in_end(ann.id, &newer.id_hash, &end)
        .await
        .unwrap();
    assert_eq!(bed.store.sign_ins(ann.id).await.unwrap(), [older]);
    assert_eq!(bed.store.sign_ins(ben.id).await.unwrap(), [other]);
}

async fn signed_in(bed: &Bed, rows: &[SignInRow]) -> Vec<bool> {
    let mut signed_in = Vec::new();
    for row in rows {
        signed_in.push(
            bed.store
                .sign_in_with_user(&row.id_hash)
                .await
                .unwrap()
                .is_some(),
        );
    }
    signed_in
}

pub(crate) async fn forgets_expired(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let rows = [4_999, 5_000, 5_001].map(|expires| SignInRow {
        expires_at: at(expires),
        ..sign_in(ann.id)
    });
    for row in &rows {
        bed.store.sign_in_insert(row).await.unwrap();
    }
    bed.store.sign_ins_purge(at(5_000)).await.unwrap();
    assert_eq!(signed_in(bed, &rows).await, [false, false, true]);
}

pub(crate) async fn counts_failures_by_scope(bed: &Bed) {
    const DAY: i64 = 24 * 3_600_000;
    for millis in [DAY, DAY + 10, DAY + 20] {
        bed.store
            .sign_in_failure_record("account:ann", at(millis))
            .await
            .unwrap();
    }
    bed.store
        .sign_in_failure_record("address:10.0.0.1", at(DAY + 20))
        .await
        .unwrap();
    let since = async |scope: &str, millis| {
        bed.store
            .sign_in_failures_since(scope, at(millis))
            .await
            .unwrap()
    };
    assert_eq!(since("account:ann", DAY + 10).await, 2);
    assert_eq!(since("account:ann", 0).await, 3);
    bed.store
        .sign_in_failure_record("account:ben", at(2 * DAY + 15))
        .await
        .unwrap();
    assert_eq!(
        since("account:ann", 0).await,
        1,
        "those older than a day are forgotten"
    );
    bed.store
        .sign_in_failures_clear("account:ann")
        .await
        .unwrap();
    assert_eq!(
        (
            since("account:ann", 0).await,
            since("address:10.0.0.1", 0).await
        ),
        (0, 1)
    );
}

pub(crate) async fn counts_who_would_be_signed_out(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let bob = added_user(&bed.store, "bob@example.com", Role::Member).await;
    let begun = |user, created, seen| SignInRow {
        created_at: at(created),
        last_seen_at: at(seen),
        expires_at: at(9_000),
        ..sign_in(user)
    };
    // Two idle ones of one person, an old one in use, and one that is over by now.
    for row in [
        begun(ann.id, 3_000, 3_500),
        begun(ann.id, 3_100, 3_600),
        begun(bob.id, 1_000, 4_900),
        begun(bob.id, 1_000, 1_000),
    ] {
        bed.store.sign_in_insert(&row).await.unwrap();
    }
    let good_now = (at(5_000), at(2_000), at(0));
    for ((idle, begun), people) in [
        ((2_000, 0), 0),
        ((4_000, 0), 1),
        ((2_000, 1_000), 1),
        ((4_000, 1_000), 2),
    ] {
        let ended = bed.store.sign_ins_ended_by(good_now, (at(idle), at(begun)));
        assert_eq!(ended.await.unwrap(), people, "{idle} {begun}");
    }
}
