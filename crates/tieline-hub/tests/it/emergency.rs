//! What an admin takes away stops what is under way, and what one person or server does wrong stops nobody else.

use std::sync::Arc;

use tieline_domain::{Actor, Role};
use tieline_hub::{SignInError, UserChange};
use tieline_testkit::{At, FakeMcp, Fault, eventually};
use tokio::time::timeout;

use crate::world::{AT_ONCE, Session, World, word};

const ADMIN: Actor = Actor::CommandLine;
const TOKEN: &str = "Bearer secret-token-000001";
const SEARCH: &str = "mcp__acme_mcp__search";

/// A session of a person that came in with an access key of theirs.
async fn session_with_key(world: &World) -> (Session, tieline_domain::KeyId) {
    let mut session = world.session("Ada").await;
    let owner = session.caller.user;
    let created = world.hub.create_key(&ADMIN, owner, "Laptop", None).await;
    let id = created.expect("a new key").view.id;
    session.caller.key = Some(id);
    (session, id)
}

#[tokio::test]
async fn a_revoked_key_and_a_suspended_owner_end_the_calls_in_flight() {
    for suspend in [false, true] {
        let server = FakeMcp::dual().tools(["search"]).start().await;
        let world = Arc::new(World::start().await);
        world.connect("Acme MCP", &server, TOKEN).await;
        let (session, key) = session_with_key(&world).await;
        let session = Arc::new(session);
        let _hold = server.hold(At::CallTool);
        let call = tokio::spawn({
            let (world, session) = (world.clone(), session.clone());
            async move { word(&world.call(&session, SEARCH).await) }
        });
        eventually(|| server.count("tools/call") == 1).await;
        if suspend {
            world.person("Grace", Role::Admin).await;
            let change = UserChange {
                disabled: Some(true),
                ..UserChange::default()
            };
            let owner = session.caller.user;
            world.hub.update_user(&ADMIN, owner, change).await.unwrap();
        } else {
            world.hub.revoke_key(&ADMIN, key, None).await.unwrap();
        }
        let ended = timeout(AT_ONCE, call).await.expect("it ends at once");
        assert_eq!(ended.unwrap(), "key_revoked");
        // A request that was recognised a moment before the key went is not passed on, either.
        assert_eq!(word(&world.call(&session, SEARCH).await), "key_revoked");
        assert_eq!(server.count("tools/call"), 1);
    }
}

#[tokio::test]
async fn bad_requests_do_not_pause_a_connector_for_everybody() {
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let session = world.session("Ada").await;
    server.set_fault(At::CallTool, Fault::Status(418));
    for _ in 0..8 {
        assert_eq!(word(&world.call(&session, SEARCH).await), "upstream_error");
    }
    server.clear_faults();
    assert_eq!(word(&world.call(&session, SEARCH).await), "ok");
}

#[tokio::test]
async fn many_failures_at_once_pause_a_connector_for_a_moment_only() {
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let world = Arc::new(World::start().await);
    world.connect("Acme MCP", &server, TOKEN).await;
    let session = Arc::new(world.session("Ada").await);
    server.set_fault(At::CallTool, Fault::Status(503));
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let (world, session) = (world.clone(), session.clone());
            tokio::spawn(async move { world.call(&session, SEARCH).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let refused = world.call(&session, SEARCH).await;
    let tieline_hub::CallOutcome::Refused(refusal) = &refused else {
        panic!("the breaker is not open: {refused:?}");
    };
    // The first pause is a second and its jitter, told in whole seconds; one that grew with each failure would be a minute.
    let text = refusal.to_string();
    assert!(
        ["again in 1 s.", "again in 2 s."]
            .iter()
            .any(|end| text.ends_with(end)),
        "{text}"
    );
}

#[tokio::test]
async fn guesses_made_at_the_same_moment_are_counted_like_others() {
    let world = Arc::new(World::start().await);
    world.person("Ada", Role::Admin).await;
    let guesses: Vec<_> = (0..30)
        .map(|guess| {
            let world = world.clone();
            tokio::spawn(async move {
                let password = format!("a wrong password {guess}").into();
                let from = format!("192.0.2.{guess}");
                world
                    .hub
                    .sign_in("ada@example.com", password, Some(&from), None)
                    .await
            })
        })
        .collect();
    let mut checked = 0;
    for guess in guesses {
        match guess.await.unwrap().unwrap_err() {
            SignInError::Wrong { .. } => checked += 1,
            SignInError::Paused { .. } => {}
            other => panic!("{other}"),
        }
    }
    assert!(checked <= 11, "{checked} guesses reached the password");
}

#[tokio::test]
async fn one_person_cannot_fill_the_memory_with_keys() {
    let world = World::start().await;
    let owner = world.person("Ada", Role::Member).await;
    let make = || world.hub.create_key(&ADMIN, owner, "Laptop", None);
    for _ in 0..99 {
        make().await.unwrap();
    }
    let last = make().await.unwrap();
    let refused = make().await.unwrap_err();
    let tieline_hub::CreateKeyError::Invalid { fields } = refused else {
        panic!("{refused}");
    };
    assert_eq!(fields[0].code, "too_many_keys");
    let revoked = world.hub.revoke_key(&ADMIN, last.view.id, Some(owner));
    revoked.await.unwrap();
    make().await.unwrap();
}
