//! The first admin, sign-ins, invitations and keys: what works once, what pauses, and what nobody can take away.

use std::time::Duration;

use tieline_domain::{Actor, Role, UserId};
use tieline_hub::{
    AcceptInvitationError, Hub, KeyRefused, NewUser, SetupError, SetupRequest, SignInError,
    UpdateUserError, UserChange,
};

use crate::world::World;

const ADMIN: Actor = Actor::CommandLine;
const PASSWORD: &str = "correct horse battery";

fn request(code: &str) -> SetupRequest {
    SetupRequest {
        code: code.to_owned().into(),
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        password: PASSWORD.to_owned().into(),
    }
}

async fn admin(hub: &Hub, email: &str) -> UserId {
    let new = NewUser {
        email: email.to_owned(),
        name: "Admin".to_owned(),
        role: Role::Admin,
        password: Some(PASSWORD.to_owned().into()),
    };
    hub.add_user(&ADMIN, new)
        .await
        .expect("a new admin")
        .user
        .id
}

async fn sign_in(
    hub: &Hub,
    email: &str,
    password: &str,
    from: &str,
) -> Result<String, SignInError> {
    let password = password.to_owned().into();
    let started = hub.sign_in(email, password, Some(from), None).await?;
    Ok(started.cookie.expose().to_owned())
}

#[tokio::test]
async fn w12_only_the_newest_setup_code_makes_the_first_admin_and_only_once() {
    let world = World::start().await;
    let hub = &world.hub;
    let wrong = |result| matches!(result, Err(SetupError::WrongCode));
    assert!(hub.needs_setup().await.unwrap());
    assert!(
        wrong(hub.set_up(request("")).await.map(drop)),
        "before there is a code"
    );
    let first = hub.issue_setup_code().await.unwrap();
    let second = hub.issue_setup_code().await.unwrap();
    assert!(
        wrong(hub.set_up(request(first.expose())).await.map(drop)),
        "a replaced code"
    );
    assert!(wrong(hub.set_up(request("guess")).await.map(drop)));
    world.clock.advance(Hub::SETUP_CODE_LIFETIME);
    assert!(
        wrong(hub.set_up(request(second.expose())).await.map(drop)),
        "too old"
    );
    let third = hub.issue_setup_code().await.unwrap();
    let weak = SetupRequest {
        password: "short".to_owned().into(),
        ..request(third.expose())
    };
    assert!(matches!(
        hub.set_up(weak).await,
        Err(SetupError::Invalid { .. })
    ));
    assert!(hub.needs_setup().await.unwrap());

    let (a, b) = tokio::join!(
        hub.set_up(request(third.expose())),
        hub.set_up(request(third.expose()))
    );
    assert!(
        a.is_ok() != b.is_ok(),
        "one of two simultaneous requests: {a:?} {b:?}"
    );
    assert!(!hub.needs_setup().await.unwrap());
    let late = hub.set_up(request(third.expose())).await;
    assert!(matches!(late, Err(SetupError::Done)));
    sign_in(hub, "ada@example.com", PASSWORD, "a")
        .await
        .unwrap();
}

#[tokio::test]
async fn w11_wrong_passwords_pause_the_account_and_then_the_address() {
    let world = World::start().await;
    let hub = &world.hub;
    admin(hub, "ada@example.com").await;
    for left in (0..10).rev() {
        let refused = sign_in(hub, "ada@example.com", "wrong password!", "a").await;
        assert!(
            matches!(refused, Err(SignInError::Wrong { left: told }) if told == left),
            "{refused:?}"
        );
    }
    let paused = sign_in(hub, "Ada@Example.com", PASSWORD, "b").await;
    assert!(
        matches!(paused, Err(SignInError::Paused { .. })),
        "{paused:?}"
    );
    // Somebody who does not exist is told the same.
    let unknown = sign_in(hub, "nobody@example.com", PASSWORD, "b").await;
    assert!(
        matches!(unknown, Err(SignInError::Wrong { left: 9 })),
        "{unknown:?}"
    );
    world.clock.advance(Duration::from_secs(15 * 60 + 1));
    sign_in(hub, "ada@example.com", PASSWORD, "b")
        .await
        .unwrap();

    for guess in 0..40 {
        let refused = sign_in(
            hub,
            &format!("guess{guess}@example.com"),
            "wrong password!",
            "c",
        )
        .await;
        assert!(matches!(refused, Err(SignInError::Wrong { .. })));
    }
    let paused = sign_in(hub, "ada@example.com", PASSWORD, "c").await;
    assert!(
        matches!(paused, Err(SignInError::Paused { .. })),
        "{paused:?}"
    );
    sign_in(hub, "ada@example.com", PASSWORD, "d")
        .await
        .unwrap();
}

#[tokio::test]
async fn w21_an_invitation_works_once_and_for_three_days() {
    let world = World::start().await;
    let hub = &world.hub;
    let invited = |email: &str| NewUser {
        email: email.to_owned(),
        name: String::new(),
        role: Role::Member,
        password: None,
    };
    let added = hub
        .add_user(&ADMIN, invited("bob@example.com"))
        .await
        .unwrap();
    let first = added.invitation.unwrap();
    let code = hub
        .invite(&ADMIN, added.user.id, &added.user.email)
        .await
        .unwrap();
    let gone = |result: Result<_, _>| matches!(result, Err(AcceptInvitationError::Gone));
    assert!(
        gone(hub.accept_invitation(first.expose(), PASSWORD).await),
        "a newer one replaced it"
    );
    let short = hub.accept_invitation(code.expose(), "short").await;
    assert!(matches!(short, Err(AcceptInvitationError::Invalid { .. })));
    let (a, b) = tokio::join!(
        hub.accept_invitation(code.expose(), PASSWORD),
        hub.accept_invitation(code.expose(), "another password")
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    assert!(
        gone(hub.accept_invitation(code.expose(), PASSWORD).await),
        "used"
    );
    assert!(gone(hub.accept_invitation("guess", PASSWORD).await));

    let late = hub
        .add_user(&ADMIN, invited("eve@example.com"))
        .await
        .unwrap();
    world.clock.advance(Duration::from_hours(72));
    let code = late.invitation.unwrap();
    assert!(
        gone(hub.accept_invitation(code.expose(), PASSWORD).await),
        "too old"
    );
}

#[tokio::test]
async fn the_last_admin_can_be_neither_suspended_nor_demoted() {
    let world = World::start().await;
    let hub = &world.hub;
    let first = admin(hub, "ada@example.com").await;
    let demote = || UserChange {
        role: Some(Role::Member),
        ..UserChange::default()
    };
    let suspend = || UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    for change in [demote(), suspend()] {
        let refused = hub.update_user(&ADMIN, first, change).await;
        assert!(
            matches!(refused, Err(UpdateUserError::LastAdmin)),
            "{refused:?}"
        );
    }
    let second = admin(hub, "bob@example.com").await;
    let (a, b) = tokio::join!(
        hub.update_user(&ADMIN, first, demote()),
        hub.update_user(&ADMIN, second, suspend())
    );
    assert!(a.is_ok() != b.is_ok(), "one admin stays: {a:?} {b:?}");
}

#[tokio::test]
async fn suspending_ends_sign_ins_and_keys_at_once() {
    let world = World::start().await;
    let hub = &world.hub;
    admin(hub, "ada@example.com").await;
    let bob = admin(hub, "bob@example.com").await;
    let cookie = sign_in(hub, "bob@example.com", PASSWORD, "a")
        .await
        .unwrap();
    let key = hub
        .create_key(&ADMIN, bob, "laptop", None)
        .await
        .unwrap()
        .key;
    assert!(hub.signed_in(&cookie).await.unwrap().unwrap().is_admin());
    assert!(hub.authenticate(key.expose()).unwrap().is_admin());

    let demote = UserChange {
        role: Some(Role::Member),
        ..UserChange::default()
    };
    hub.update_user(&ADMIN, bob, demote).await.unwrap();
    assert!(!hub.signed_in(&cookie).await.unwrap().unwrap().is_admin());
    assert!(!hub.authenticate(key.expose()).unwrap().is_admin());

    let suspend = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    hub.update_user(&ADMIN, bob, suspend).await.unwrap();
    assert!(hub.signed_in(&cookie).await.unwrap().is_none());
    assert_eq!(
        hub.authenticate(key.expose()).unwrap_err(),
        KeyRefused::Unknown
    );
    let refused = sign_in(hub, "bob@example.com", PASSWORD, "a").await;
    assert!(matches!(refused, Err(SignInError::Wrong { .. })));
    assert!(hub.create_key(&ADMIN, bob, "another", None).await.is_err());
}

#[tokio::test]
async fn a_key_stops_when_it_is_revoked_or_runs_out() {
    let world = World::start().await;
    let hub = &world.hub;
    let ada = admin(hub, "ada@example.com").await;
    let made = hub
        .create_key(&ADMIN, ada, "laptop", Some(1))
        .await
        .unwrap();
    let other = hub.create_key(&ADMIN, ada, "phone", None).await.unwrap();
    assert_eq!(
        hub.authenticate(made.key.expose()).unwrap().key,
        Some(made.view.id)
    );
    let mut wrong = made.key.expose().to_owned();
    wrong.push('0');
    assert_eq!(hub.authenticate(&wrong).unwrap_err(), KeyRefused::NotAKey);
    hub.revoke_key(&ADMIN, other.view.id, None).await.unwrap();
    assert_eq!(
        hub.authenticate(other.key.expose()).unwrap_err(),
        KeyRefused::Unknown
    );
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(
        hub.authenticate(made.key.expose()).unwrap_err(),
        KeyRefused::Unknown
    );
}

#[tokio::test]
async fn w13_a_sign_in_ends_when_idle_when_old_and_when_asked() {
    let world = World::start().await;
    let hub = &world.hub;
    admin(hub, "ada@example.com").await;
    let sign_in = async || {
        sign_in(hub, "ada@example.com", PASSWORD, "a")
            .await
            .unwrap()
    };
    let idle = sign_in().await;
    world.clock.advance(Duration::from_secs(12 * 3600 + 1));
    assert!(hub.signed_in(&idle).await.unwrap().is_none());
    let used = sign_in().await;
    for _ in 0..13 {
        world.clock.advance(Duration::from_hours(12));
        assert!(hub.signed_in(&used).await.unwrap().is_some());
    }
    world.clock.advance(Duration::from_hours(12));
    assert!(hub.signed_in(&used).await.unwrap().is_none(), "seven days");
    let ended = sign_in().await;
    hub.sign_out(&ended).await.unwrap();
    assert!(hub.signed_in(&ended).await.unwrap().is_none());
}
