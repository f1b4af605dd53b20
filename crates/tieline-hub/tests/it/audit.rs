//! Every change has its row, rows hold no secret, and the chain proves that none was edited.

use tieline_domain::{Actor, Role};
use tieline_hub::{AuditFilter, AuditVerdict, NewUser, UpdateConnector, UserChange};
use tieline_testkit::FakeMcp;

use crate::world::{World, draft, word};

const ADMIN: Actor = Actor::CommandLine;
const TOKEN: &str = "canary-token-0123456789abcdef";

#[tokio::test]
async fn the_log_is_whole_after_every_kind_of_change() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let hub = &world.hub;
    let slug = world.connect("Acme MCP", &server, TOKEN).await;
    hub.rotate_connector(&ADMIN, &slug, "canary-token-second-one", false)
        .await
        .unwrap();
    let update = UpdateConnector {
        name: Some("Acme 2".to_owned()),
        auth_header: Some("X-Api-Key".to_owned()),
        ..UpdateConnector::default()
    };
    hub.update_connector(&ADMIN, &slug, update).await.unwrap();
    hub.enable_connector(&ADMIN, &slug, false).await.unwrap();
    // Nothing changes, so nothing is recorded.
    hub.enable_connector(&ADMIN, &slug, false).await.unwrap();
    hub.enable_connector(&ADMIN, &slug, true).await.unwrap();
    hub.enable_tool(&ADMIN, &slug, "search", false)
        .await
        .unwrap();
    let user = world.person("Ada", Role::Admin).await;
    let key = hub
        .create_key(&ADMIN, user, "laptop", Some(3))
        .await
        .unwrap();
    hub.revoke_key(&ADMIN, key.view.id, None).await.unwrap();
    let member = world.person("Bob", Role::Member).await;
    let suspend = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    hub.update_user(&ADMIN, member, suspend).await.unwrap();
    hub.connect_provider(&ADMIN, "linear", TOKEN).await.unwrap();
    hub.disconnect_provider(&ADMIN, "linear").await.unwrap();
    hub.remove_connector(&ADMIN, &slug).await.unwrap();
    // Refused changes leave no row.
    assert!(
        hub.add_connector(&ADMIN, &draft("Linear", &server.url(), ""))
            .await
            .is_err()
    );
    assert!(hub.remove_connector(&ADMIN, &slug).await.is_err());

    assert_eq!(
        world.audited().await,
        [
            "connector.added",
            "connector.token_rotated",
            "connector.changed",
            "connector.turned_off",
            "connector.turned_on",
            "tool.turned_off",
            "user.added",
            "user.invited",
            "key.created",
            "key.revoked",
            "user.added",
            "user.invited",
            "user.suspended",
            "connector.added",
            "connector.removed",
            "connector.removed",
        ]
    );
    assert_eq!(
        hub.verify_audit().await.unwrap(),
        AuditVerdict::Whole { rows: 16 }
    );
    let rows = hub
        .audit_page(None, 100, &AuditFilter::default())
        .await
        .unwrap()
        .rows;
    assert!(!format!("{rows:?}").contains("canary"), "{rows:?}");
    assert!(!format!("{rows:?}").contains(key.key.expose()), "{rows:?}");
}

#[tokio::test]
async fn two_processes_write_one_chain() {
    let world = World::start().await;
    let beside = world.beside().await;
    for number in 0..10 {
        let (here, there) = (format!("Here{number}"), format!("There{number}"));
        tokio::join!(
            world.person(&here, Role::Member),
            beside.person(&there, Role::Member)
        );
    }
    let verdict = world.hub.verify_audit().await.unwrap();
    assert_eq!(verdict, AuditVerdict::Whole { rows: 40 });
    assert_eq!(beside.hub.verify_audit().await.unwrap(), verdict);
}

#[tokio::test]
async fn each_call_has_exactly_one_record_with_who_and_what_became_of_it() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, TOKEN).await;
    let (ada, bob) = (world.session("Ada").await, world.session("Bob").await);
    for _ in 0..20 {
        assert_eq!(word(&world.call(&ada, "mcp__acme_mcp__search").await), "ok");
    }
    world.hub.remove_connector(&ADMIN, &slug).await.unwrap();
    assert_eq!(
        word(&world.call(&bob, "mcp__acme_mcp__search").await),
        "connector_removed"
    );
    let rows = tieline_testkit::eventually_async(|| async {
        let filter = tieline_hub::CallFilter::default();
        let page = world.hub.calls_page(None, 100, &filter).await;
        let rows = page.expect("a page").rows;
        (rows.len() >= 21).then_some(rows)
    })
    .await;
    assert_eq!(rows.len(), 21);
    let of_ada = rows
        .iter()
        .filter(|row| row.user_id == ada.caller.user && row.outcome == "ok");
    assert_eq!(of_ada.count(), 20);
    let refused = rows
        .iter()
        .find(|row| row.user_id == bob.caller.user)
        .unwrap();
    assert_eq!(
        (refused.outcome.as_str(), refused.code.as_deref()),
        ("refused", Some("connector_removed"))
    );
    let new = NewUser {
        email: "ada@example.com".to_owned(),
        name: String::new(),
        role: Role::Member,
        password: None,
    };
    assert!(
        world.hub.add_user(&ADMIN, new).await.is_err(),
        "the address is in use"
    );
}
