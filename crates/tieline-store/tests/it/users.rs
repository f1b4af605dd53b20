//! Users and their invitations.

use tieline_domain::Role;
use tieline_store::{StoreError, UserPatch, UserRow};

use crate::bed::Bed;
use crate::samples::{added_user, at, change, invitation, sign_in, user, user_id};

pub(crate) async fn keeps_all_fields(bed: &Bed) {
    let full = UserRow {
        disabled_at: Some(at(1)),
        last_seen_at: Some(at(2)),
        name: "Ünïcode 名前".to_owned(),
        ..user("ann@example.com", Role::Admin)
    };
    bed.store
        .user_insert(&full, &change("user.added"))
        .await
        .unwrap();
    let bare = UserRow {
        password_hash: None,
        ..user("ben@example.com", Role::Member)
    };
    bed.store
        .user_insert(&bare, &change("user.added"))
        .await
        .unwrap();
    assert_eq!(
        bed.store.users().await.unwrap(),
        [full.clone(), bare.clone()]
    );
    assert_eq!(
        bed.store.user_by_email("ann@example.com").await.unwrap(),
        Some(full)
    );
    assert_eq!(bed.store.user_by_id(bare.id).await.unwrap(), Some(bare));
    assert_eq!(
        bed.store.user_by_email("nobody@example.com").await.unwrap(),
        None
    );
    assert_eq!(bed.store.user_by_id(user_id()).await.unwrap(), None);
}

pub(crate) async fn an_address_belongs_to_one_user(bed: &Bed) {
    added_user(&bed.store, "ann@example.com", Role::Member).await;
    let second = bed
        .store
        .user_insert(&user("ann@example.com", Role::Admin), &change("user.added"))
        .await;
    assert!(matches!(
        second,
        Err(StoreError::Conflict { what: "email" })
    ));
}

pub(crate) async fn one_of_eight_at_once_becomes_first_admin(bed: &Bed) {
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let user = user(&format!("admin{number}@example.com"), Role::Admin);
                store
                    .user_insert_first_admin(&user, &change("user.first_admin"))
                    .await
            })
        })
        .collect();
    let mut winners = 0;
    for inserted in tries {
        match inserted.await.unwrap() {
            Ok(()) => winners += 1,
            Err(StoreError::AdminExists) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(bed.store.users().await.unwrap().len(), 1);
}

fn demote() -> UserPatch {
    UserPatch {
        role: Some(Role::Member),
        ..UserPatch::default()
    }
}

fn disable() -> UserPatch {
    UserPatch {
        disabled_at: Some(Some(at(3_000))),
        ..UserPatch::default()
    }
}

pub(crate) async fn the_last_admin_stays(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Admin).await;
    let ben = added_user(&bed.store, "ben@example.com", Role::Admin).await;
    let change = || change("user.changed");
    assert_eq!(
        bed.store
            .user_update(ben.id, disable(), &change())
            .await
            .unwrap()
            .disabled_at,
        Some(at(3_000))
    );
    for patch in [demote(), disable()] {
        assert!(matches!(
            bed.store.user_update(ann.id, patch, &change()).await,
            Err(StoreError::LastAdmin)
        ));
    }
    assert_eq!(bed.store.user_by_id(ann.id).await.unwrap().unwrap(), ann);
    let rename = UserPatch {
        name: Some("Anna".to_owned()),
        ..UserPatch::default()
    };
    assert_eq!(
        bed.store
            .user_update(ann.id, rename, &change())
            .await
            .unwrap()
            .name,
        "Anna"
    );
    let enable = UserPatch {
        disabled_at: Some(None),
        ..UserPatch::default()
    };
    bed.store
        .user_update(ben.id, enable, &change())
        .await
        .unwrap();
    assert_eq!(
        bed.store
            .user_update(ann.id, demote(), &change())
            .await
            .unwrap()
            .role,
        Role::Member
    );
    assert!(matches!(
        bed.store.user_update(user_id(), demote(), &change()).await,
        Err(StoreError::NotFound)
    ));
}

pub(crate) async fn two_admins_cannot_demote_each_other(bed: &Bed) {
    for round in 0..10 {
        let mut admins = Vec::new();
        for number in 0..2 {
            admins.push(
                added_user(
                    &bed.store,
                    &format!("a{round}_{number}@example.com"),
                    Role::Admin,
                )
                .await
                .id,
            );
        }
        let tries: Vec<_> = admins
            .into_iter()
            .map(|id| {
                let store = bed.store.clone();
                tokio::spawn(async move {
                    store
                        .user_update(id, demote(), &change("user.changed"))
                        .await
                })
            })
            .collect();
        for demoted in tries {
            assert!(matches!(
                demoted.await.unwrap(),
                Ok(_) | Err(StoreError::LastAdmin)
            ));
        }
        let users = bed.store.users().await.unwrap();
        assert_eq!(
            users.iter().filter(|user| user.role == Role::Admin).count(),
            1
        );
    }
}

pub(crate) async fn an_invited_admin_is_not_enough(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Admin).await;
    let invited = UserRow {
        password_hash: None,
        ..user("ben@example.com", Role::Admin)
    };
    bed.store
        .user_insert(&invited, &change("user.added"))
        .await
        .unwrap();
    let refused = bed
        .store
        .user_update(ann.id, demote(), &change("user.changed"))
        .await;
    assert!(matches!(refused, Err(StoreError::LastAdmin)));
    // Taking the role from who cannot use it yet is harmless.
    bed.store
        .user_update(invited.id, demote(), &change("user.changed"))
        .await
        .unwrap();
}

pub(crate) async fn disabling_signs_out(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let row = sign_in(ann.id);
    bed.store.sign_in_insert(&row).await.unwrap();
    bed.store
        .user_update(ann.id, disable(), &change("user.disabled"))
        .await
        .unwrap();
    assert!(
        bed.store
            .sign_in_with_user(&row.id_hash)
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn a_new_password_signs_out(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Member).await;
    let row = sign_in(ann.id);
    bed.store.sign_in_insert(&row).await.unwrap();
    let patch = UserPatch {
        password_hash: Some("new".to_owned()),
        ..UserPatch::default()
    };
    bed.store
        .user_update(ann.id, patch, &change("user.password_changed"))
        .await
        .unwrap();
    let found = bed.store.sign_in_with_user(&row.id_hash).await.unwrap();
    assert!(found.is_none());
}

pub(crate) async fn an_invitation_works_once(bed: &Bed) {
    let invited = UserRow {
        password_hash: None,
        ..user("ben@example.com", Role::Member)
    };
    bed.store
        .user_insert(&invited, &change("user.added"))
        .await
        .unwrap();
    let row = invitation(invited.id);
    bed.store
        .invitation_insert(&row, &change("user.invited"))
        .await
        .unwrap();
    assert_eq!(
        bed.store
            .invited_user(&row.code_hash, at(1_999))
            .await
            .unwrap(),
        Some(invited)
    );
    let redeem = async || {
        bed.store
            .invitation_redeem(
                &row.code_hash,
                "$argon2id$new",
                at(1_500),
                &change("user.accepted"),
            )
            .await
    };
    assert_eq!(
        redeem().await.unwrap().password_hash.as_deref(),
        Some("$argon2id$new")
    );
    assert!(matches!(redeem().await, Err(StoreError::NotFound)));
    assert_eq!(
        bed.store
            .invited_user(&row.code_hash, at(1_500))
            .await
            .unwrap(),
        None
    );
    let stored = bed
        .store
        .user_by_email("ben@example.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.password_hash.as_deref(), Some("$argon2id$new"));
}

pub(crate) async fn one_of_eight_at_once_redeems(bed: &Bed) {
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let row = invitation(ben.id);
    bed.store
        .invitation_insert(&row, &change("user.invited"))
        .await
        .unwrap();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (store, code_hash) = (bed.store.clone(), row.code_hash);
            tokio::spawn(async move {
                store
                    .invitation_redeem(
                        &code_hash,
                        &format!("hash {number}"),
                        at(1_500),
                        &change("user.accepted"),
                    )
                    .await
            })
        })
        .collect();
    let mut winners = 0;
    for redeemed in tries {
        match redeemed.await.unwrap() {
            Ok(_) => winners += 1,
            Err(StoreError::NotFound) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners, 1);
}

pub(crate) async fn an_invitation_expires(bed: &Bed) {
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let row = invitation(ben.id);
    bed.store
        .invitation_insert(&row, &change("user.invited"))
        .await
        .unwrap();
    assert_eq!(
        bed.store
            .invited_user(&row.code_hash, row.expires_at)
            .await
            .unwrap(),
        None
    );
    let late = bed
        .store
        .invitation_redeem(
            &row.code_hash,
            "hash",
            row.expires_at,
            &change("user.accepted"),
        )
        .await;
    assert!(matches!(late, Err(StoreError::NotFound)));
}

pub(crate) async fn a_newer_invitation_ends_the_older(bed: &Bed) {
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let (older, newer) = (invitation(ben.id), invitation(ben.id));
    bed.store
        .invitation_insert(&older, &change("user.invited"))
        .await
        .unwrap();
    bed.store
        .invitation_insert(&newer, &change("user.invited"))
        .await
        .unwrap();
    assert_eq!(
        bed.store
            .invited_user(&older.code_hash, at(1_500))
            .await
            .unwrap(),
        None
    );
    assert!(
        bed.store
            .invited_user(&newer.code_hash, at(1_500))
            .await
            .unwrap()
            .is_some()
    );
    let unknown = bed
        .store
        .invitation_insert(&invitation(user_id()), &change("user.invited"))
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

pub(crate) async fn a_disabled_user_cannot_accept(bed: &Bed) {
    let ben = added_user(&bed.store, "ben@example.com", Role::Member).await;
    let row = invitation(ben.id);
    bed.store
        .invitation_insert(&row, &change("user.invited"))
        .await
        .unwrap();
    bed.store
        .user_update(ben.id, disable(), &change("user.disabled"))
        .await
        .unwrap();
    assert_eq!(
        bed.store
            .invited_user(&row.code_hash, at(1_500))
            .await
            .unwrap(),
        None
    );
    let refused = bed
        .store
        .invitation_redeem(&row.code_hash, "hash", at(1_500), &change("user.accepted"))
        .await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let stored = bed.store.user_by_id(ben.id).await.unwrap().unwrap();
    assert_eq!(stored.password_hash, ben.password_hash);
}

pub(crate) async fn leaves_out_a_damaged_user(bed: &Bed) {
    let ann = added_user(&bed.store, "ann@example.com", Role::Admin).await;
    let ben = added_user(&bed.store, "ben@example.com", Role::Admin).await;
    bed.tamper("UPDATE users SET role = 'emperor' WHERE email = 'ben@example.com'")
        .await;
    assert_eq!(bed.store.users().await.unwrap(), [ann]);
    assert!(matches!(
        bed.store.user_by_id(ben.id).await,
        Err(StoreError::Corrupt { .. })
    ));
}
