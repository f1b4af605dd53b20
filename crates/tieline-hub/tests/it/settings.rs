//! Settings: in force at once on every process, recorded, and fixed where the server's operator says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tieline_domain::{Actor, ProxyUrl, Role, SettingName, Settings, ToolChangePolicy, TypedLogin};
use tieline_hub::{
    AuditFilter, AuditVerdict, ConnectorStatus, ConnectorView, HubSettings, UpdateSettings,
    UpdateSettingsError,
};
use tieline_store::NewSetting;
use tieline_testkit::{ConnectProxy, FakeMcp, ProxyManner, eventually};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

use crate::world::{AT_ONCE, World, settings, word};

fn set(values: &[(SettingName, &str)]) -> UpdateSettings {
    let values = values.iter();
    UpdateSettings {
        values: values
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect(),
        version: None,
    }
}

impl World {
    async fn set(&self, values: &[(SettingName, &str)]) -> tieline_hub::SettingsView {
        let saved = self
            .hub
            .update_settings(&Actor::CommandLine, &set(values))
            .await;
        saved.expect("a change that is saved")
    }
}

#[tokio::test]
async fn a_change_is_in_force_on_every_process_within_a_second_and_survives_a_restart() {
    let world = World::start().await;
    let other = world.beside_running().await;
    world
        .set(&[
            (SettingName::ToolChanges, "use_all"),
            (SettingName::KeepCallsDays, "90"),
        ])
        .await;
    let expected = Settings {
        tool_changes: ToolChangePolicy::UseAll,
        keep_calls_days: 90,
        ..Settings::default()
    };
    assert_eq!(*world.hub.settings_in_force(), expected);
    let seen = eventually(|| *other.hub.settings_in_force() == expected);
    tokio::time::timeout(AT_ONCE, seen).await.expect("in time");
    let restarted = world.restarted().await;
    assert_eq!(*restarted.hub.settings_in_force(), expected);
}

#[tokio::test]
async fn a_change_is_recorded_from_what_to_what_and_no_change_is_not() {
    let world = World::start().await;
    let before = world.hub.show_settings().await.expect("settings");
    world.set(&[(SettingName::SignInDays, "7")]).await;
    let same = world.hub.show_settings().await.expect("settings");
    assert_eq!(same.version, before.version);
    let view = world
        .set(&[
            (SettingName::SignInDays, "30"),
            (SettingName::SignInIdleHours, "12"),
        ])
        .await;
    assert!(view.version > before.version);
    let page = world
        .hub
        .audit_page(None, 10, &AuditFilter::default())
        .await;
    let rows = page.expect("the log").rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].action, "settings.changed");
    assert_eq!(rows[0].target, "sign_in_days");
    assert_eq!(
        rows[0].detail,
        r#"{"sign_in_days":{"after":"30","before":"7"}}"#
    );
    let whole = world.hub.verify_audit().await.expect("a verdict");
    assert_eq!(whole, AuditVerdict::Whole { rows: 1 });
}

#[tokio::test]
async fn a_change_based_on_an_older_version_and_what_cannot_be_used_change_nothing() {
    let world = World::start().await;
    let seen = world.hub.show_settings().await.expect("settings").version;
    world.set(&[(SettingName::KeepCallsDays, "60")]).await;
    let late = UpdateSettings {
        version: Some(seen),
        ..set(&[(SettingName::SignInDays, "1")])
    };
    let refused = world.hub.update_settings(&Actor::CommandLine, &late).await;
    assert!(matches!(refused, Err(UpdateSettingsError::Stale)));
    let wrong = set(&[
        (SettingName::SignInDays, "1"),
        (SettingName::KeepCallsDays, "731"),
        (SettingName::ToolChanges, "hold"),
    ]);
    let refused = world.hub.update_settings(&Actor::CommandLine, &wrong).await;
    let Err(UpdateSettingsError::Invalid { fields }) = refused else {
        panic!("{refused:?}");
    };
    let named: Vec<_> = fields.iter().map(|field| field.field).collect();
    assert_eq!(named, ["keep_calls_days", "tool_changes"]);
    assert_eq!(world.hub.settings_in_force().sign_in_days, 7);
}

#[tokio::test]
async fn what_the_operator_fixed_wins_over_what_was_stored_and_is_not_changed() {
    let world = World::start().await;
    world.set(&[(SettingName::SignInDays, "30")]).await;
    let name = SettingName::SignInDays;
    let fixed = world
        .beside_with(HubSettings {
            start: Settings {
                sign_in_days: 2,
                ..Settings::default()
            },
            fixed: BTreeMap::from([(name, "TIELINE_SIGN_IN_DAYS".to_owned())]),
            ..settings()
        })
        .await;
    assert_eq!(fixed.hub.settings_in_force().sign_in_days, 2);
    let refused = fixed
        .hub
        .update_settings(&Actor::CommandLine, &set(&[(name, "3")]))
        .await;
    let Err(UpdateSettingsError::Invalid { fields }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        fields[0].detail,
        "Set by TIELINE_SIGN_IN_DAYS on the server. Change it there."
    );
    assert_eq!(world.hub.settings_in_force().sign_in_days, 30);
}

#[tokio::test]
async fn shorter_sign_ins_end_those_that_exist_and_it_is_told_before() {
    let world = World::start().await;
    let ada = world.person("Ada", Role::Admin).await;
    let users = world.hub.list_users().await.expect("people");
    let ada = users.into_iter().find(|user| user.id == ada).expect("Ada");
    let started = world.hub.start_sign_in(ada, None).await.expect("a sign-in");
    let cookie = started.cookie.expose().to_owned();
    assert_eq!(started.lifetime, Duration::from_hours(7 * 24));
    world.clock.advance(Duration::from_hours(3));
    let shorter = set(&[(SettingName::SignInIdleHours, "2")]);
    let told = world.hub.affected_by_settings(&shorter).await;
    assert_eq!(
        told.expect("an answer"),
        ["1 person is signed out somewhere, and has to sign in again there."]
    );
    let longer = set(&[(SettingName::SignInIdleHours, "24")]);
    let told = world.hub.affected_by_settings(&longer).await;
    assert_eq!(told.expect("an answer"), [""; 0]);
    world.set(&[(SettingName::SignInIdleHours, "4")]).await;
    let signed_in = world.hub.signed_in(&cookie).await.expect("an answer");
    assert!(signed_in.is_some());
    world.clock.advance(Duration::from_hours(3));
    world.hub.signed_in(&cookie).await.expect("an answer");
    world.clock.advance(Duration::from_hours(20));
    let idle = world.hub.signed_in(&cookie).await.expect("an answer");
    assert!(idle.is_none(), "it was not used for 20 hours");
}

#[tokio::test]
async fn a_sign_in_ends_in_any_case_after_the_days_of_now() {
    let world = World::start().await;
    world.set(&[(SettingName::SignInIdleHours, "168")]).await;
    let ada = world.person("Ada", Role::Admin).await;
    let users = world.hub.list_users().await.expect("people");
    let ada = users.into_iter().find(|user| user.id == ada).expect("Ada");
    let started = world.hub.start_sign_in(ada, None).await.expect("a sign-in");
    let cookie = started.cookie.expose().to_owned();
    world.clock.advance(Duration::from_hours(25));
    assert!(world.hub.signed_in(&cookie).await.expect("one").is_some());
    world.set(&[(SettingName::SignInDays, "1")]).await;
    assert!(world.hub.signed_in(&cookie).await.expect("none").is_none());
}

#[tokio::test]
async fn a_backup_is_recorded_and_holds_no_token() {
    let world = World::start().await;
    world
        .add("Acme", "https://acme.example/mcp", "canary-0a1b2c3d4e5f")
        .await;
    let backup = world.hub.backup(&Actor::CommandLine).await.expect("a copy");
    let mut backup = backup.expect("SQLite makes one");
    assert!(backup.name.starts_with("tieline-2") && backup.name.ends_with("Z.db"));
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::Read::read_to_end(&mut backup.file, &mut bytes).expect("bytes");
    assert_eq!(bytes.len() as u64, backup.bytes);
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let token = b"canary-0a1b2c3d4e5f";
    assert!(!bytes.windows(token.len()).any(|window| window == token));
    let page = world.hub.audit_page(None, 1, &AuditFilter::default()).await;
    let row = page.expect("the log").rows.remove(0);
    assert_eq!(
        (row.action.as_str(), row.target),
        ("backup.taken", backup.name)
    );
}

const AUTHORITY: &str = include_str!("../../../tieline-mcp/tests/it/certificates/ca.pem");

/// Carries bytes to a server and counts the connections: all, and those that are open.
#[expect(clippy::disallowed_methods, reason = "the test plays the network")]
async fn counting(server: &FakeMcp) -> (String, Arc<[AtomicUsize; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let (to, counted) = (server.address(), counts.clone());
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            counted[0].fetch_add(1, Ordering::SeqCst);
            counted[1].fetch_add(1, Ordering::SeqCst);
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut there = TcpStream::connect(to).await.expect("the server");
                // It ends when either side closes.
                let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                counted[1].fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (url, counts)
}

#[tokio::test]
async fn another_network_policy_closes_connections_and_calls_go_on_over_new_ones() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .tools(["echo"])
        .without_listen_stream()
        .start()
        .await;
    let (url, counts) = counting(&server).await;
    let slug = world.add("Acme MCP", &url, "").await;
    world
        .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
        .await;
    let offered = || {
        let catalog = world.hub.catalog();
        catalog.by_agent_name("mcp__acme_mcp__echo").is_some()
    };
    eventually(offered).await;
    let session = world.session("Ada").await;
    for _ in 0..3 {
        assert_eq!(
            word(&world.call(&session, "mcp__acme_mcp__echo").await),
            "ok"
        );
    }
    let before = counts[0].load(Ordering::SeqCst);
    world.set(&[(SettingName::KeepCallsDays, "60")]).await;
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__echo").await),
        "ok"
    );
    assert_eq!(
        counts[0].load(Ordering::SeqCst),
        before,
        "it was kept for reuse"
    );
    let view = world.set(&[(SettingName::ExtraCa, AUTHORITY)]).await;
    assert_eq!(view.authorities.len(), 1);
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__echo").await),
        "ok"
    );
    let all = counts[0].load(Ordering::SeqCst);
    assert!(all > before, "the call went over a new connection");
    eventually(|| counts[1].load(Ordering::SeqCst) <= all - before).await;
}

#[tokio::test]
async fn refusing_private_addresses_names_who_stops_and_acts_on_the_next_call() {
    let world = World::start().await;
    world.add("Billing", "http://10.11.12.13:1/mcp", "").await;
    world.add("Public", "https://203.0.114.7/mcp", "").await;
    let refuse = set(&[(SettingName::DenyPrivate, "true")]);
    let told = world.hub.affected_by_settings(&refuse).await;
    assert_eq!(
        told.expect("an answer"),
        [
            "Billing is on a private address: its tools fail for everyone until that is allowed again."
        ]
    );
    world.set(&[(SettingName::DenyPrivate, "true")]).await;
    let draft = crate::world::draft("Other", "http://192.168.1.1/mcp", "");
    let refused = world.hub.add_connector(&Actor::CommandLine, &draft).await;
    let refused = refused.expect_err("a private address");
    assert!(
        format!("{refused:?}").contains("address_refused"),
        "{refused:?}"
    );
    world.set(&[(SettingName::DenyPrivate, "false")]).await;
    world
        .hub
        .add_connector(&Actor::CommandLine, &draft)
        .await
        .expect("allowed again");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_and_what_is_one_is_recorded_by_its_name() {
    let world = World::start().await;
    let key = include_str!("../../../tieline-mcp/tests/it/certificates/good.key");
    let broken = AUTHORITY.replacen("MII", "XII", 1);
    for (text, code) in [
        ("hello", "certificate_missing"),
        (key, "private_key_refused"),
        (&format!("{AUTHORITY}{key}"), "private_key_refused"),
        (&broken, "certificate_unreadable"),
    ] {
        let update = set(&[(SettingName::ExtraCa, text)]);
        let refused = world
            .hub
            .update_settings(&Actor::CommandLine, &update)
            .await;
        let Err(UpdateSettingsError::Invalid { fields }) = refused else {
            panic!("{text}: {refused:?}");
        };
        assert_eq!(fields[0].code, code, "{text}");
    }
    let around = format!("subject=CN = x\r\n{AUTHORITY}\r\nand so on");
    let view = world.set(&[(SettingName::ExtraCa, &around)]).await;
    assert!(!view.values.extra_ca.contains("subject"));
    let end = view.authorities[0].not_after.expect("an end");
    assert!(end > 4_000_000_000, "it was made to last: {end}");
    let page = world.hub.audit_page(None, 1, &AuditFilter::default()).await;
    let detail = page.expect("the log").rows.remove(0).detail;
    let name = &view.authorities[0].subject;
    assert!(!name.is_empty() && name != "No name");
    assert!(
        detail.contains(name.as_str()) && !detail.contains("BEGIN"),
        "{detail}"
    );
}

/// What a browser would send for `ops` and `s3cret-word`.
const BASIC: &str = "Basic b3BzOnMzY3JldC13b3Jk";

#[tokio::test]
async fn a_proxy_with_a_login_carries_calls_and_its_login_is_nowhere_to_be_read() {
    let world = World::start().await;
    let server = FakeMcp::modern()
        .tools(["echo"])
        .without_listen_stream()
        .start()
        .await;
    let to = server.address();
    let proxy = ConnectProxy::start(ProxyManner::Login(BASIC.to_owned()), to).await;
    // No name server knows it, so without the proxy nothing is there.
    let slug = world
        .add("Acme MCP", "http://mcp.nowhere.invalid/mcp", "")
        .await;
    let failing =
        |code: &'static str| move |view: &ConnectorView| view.status_code.as_deref() == Some(code);
    world.wait_for(&slug, failing("dns_failed")).await;
    let view = world.set(&[(SettingName::EgressProxy, &proxy.url())]).await;
    assert!(!view.proxy_login);
    world.wait_for(&slug, failing("proxy_refused")).await;
    let with_login = proxy.url().replace("//", "//ops:s3cret-word@");
    let update = set(&[(SettingName::EgressProxy, &with_login)]);
    assert!(!format!("{update:?}").contains("s3cret"), "{update:?}");
    let view = world.set(&[(SettingName::EgressProxy, &with_login)]).await;
    assert!(view.proxy_login);
    let shown = format!("{view:?} {:?}", world.hub.settings_in_force());
    assert!(
        shown.contains(&proxy.address().port().to_string()),
        "{shown}"
    );
    assert!(
        !shown.contains("s3cret") && !shown.contains("b3Bz"),
        "{shown}"
    );
    world
        .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
        .await;
    let offered = || {
        let catalog = world.hub.catalog();
        catalog.by_agent_name("mcp__acme_mcp__echo").is_some()
    };
    eventually(offered).await;
    let session = world.session("Ada").await;
    let outcome = world.call(&session, "mcp__acme_mcp__echo").await;
    assert_eq!(word(&outcome), "ok");
    // The same address again keeps the login, also for a process that starts.
    let same = world.set(&[(SettingName::EgressProxy, &proxy.url())]).await;
    assert!(same.proxy_login && same.version == view.version);
    let other = world.beside().await;
    assert!(
        other
            .hub
            .show_settings()
            .await
            .expect("settings")
            .proxy_login
    );
    let backup = world.hub.backup(&Actor::CommandLine).await.expect("a copy");
    let mut backup = backup.expect("SQLite makes one");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut backup.file, &mut bytes).expect("bytes");
    for secret in ["s3cret-word", "b3BzOnMz"] {
        let found = bytes
            .windows(secret.len())
            .any(|at| at == secret.as_bytes());
        assert!(!found, "{secret} is in the database");
    }
    // Another proxy does not get it, and it can be taken away.
    let elsewhere = world
        .set(&[(SettingName::EgressProxy, "http://127.0.0.1:9")])
        .await;
    assert!(!elsewhere.proxy_login);
    world.wait_for(&slug, failing("proxy_unreachable")).await;
    world.set(&[(SettingName::EgressProxy, &with_login)]).await;
    let none = proxy.url().replace("//", "//@");
    let view = world.set(&[(SettingName::EgressProxy, &none)]).await;
    assert!(!view.proxy_login);
    world.set(&[(SettingName::EgressProxy, "")]).await;
    world.wait_for(&slug, failing("dns_failed")).await;
    let page = world
        .hub
        .audit_page(None, 50, &AuditFilter::default())
        .await;
    let rows = page.expect("the log").rows;
    let changes: Vec<_> = rows
        .iter()
        .filter(|row| row.action == "settings.changed")
        .map(|row| row.detail.replace(&proxy.url(), "PROXY"))
        .collect();
    let line = |before: &str, after: &str| {
        format!(r#"{{"egress_proxy":{{"after":"{after}","before":"{before}"}}}}"#)
    };
    assert_eq!(
        changes,
        [
            line("PROXY", ""),
            line("PROXY, with a login", "PROXY, without a login"),
            line("http://127.0.0.1:9", "PROXY, with a new login"),
            line("PROXY, with a login", "http://127.0.0.1:9, without a login"),
            line("PROXY", "PROXY, with a new login"),
            line("", "PROXY"),
        ]
    );
}

#[tokio::test]
async fn the_proxy_of_the_operator_wins_over_that_of_an_admin() {
    let world = World::start().await;
    let server = FakeMcp::modern().tools(["echo"]).start().await;
    let to = server.address();
    let proxy = ConnectProxy::start(ProxyManner::Login(BASIC.to_owned()), to).await;
    let (url, login) =
        ProxyUrl::parse(&proxy.url().replace("//", "//ops:s3cret-word@")).expect("one");
    let TypedLogin::Given(login) = login else {
        panic!("{login:?}");
    };
    world
        .set(&[(SettingName::EgressProxy, "http://127.0.0.1:9")])
        .await;
    world
        .add("Acme MCP", "http://mcp.nowhere.invalid/mcp", "")
        .await;
    let fixed = HubSettings {
        start: Settings {
            egress_proxy: Some(url),
            ..Settings::default()
        },
        fixed: BTreeMap::from([(SettingName::EgressProxy, "TIELINE_EGRESS_PROXY".to_owned())]),
        proxy_login: Some(login),
        ..settings()
    };
    assert!(!format!("{fixed:?}").contains("s3cret"));
    let fixed = world.beside_with(fixed).await;
    let draft = crate::world::draft("Other", "http://mcp.nowhere.invalid/mcp", "");
    let test = fixed.hub.test_draft(&draft, &mut |_| {}).await;
    assert!(test.expect("a test").ok, "through the operator's proxy");
}

#[tokio::test]
async fn a_login_that_does_not_open_is_said_to_be_unreadable_and_nothing_is_sent() {
    let world = World::start().await;
    let to = FakeMcp::modern().start().await.address();
    let proxy = ConnectProxy::start(ProxyManner::Open, to).await;
    let with_login = proxy.url().replace("//", "//ops:s3cret-word@");
    world.set(&[(SettingName::EgressProxy, &with_login)]).await;
    let stored = world.store.settings_all().await.expect("settings");
    let row = stored.rows.first().expect("the proxy");
    let mut sealed = row.sealed.clone().expect("a login");
    if let Some(last) = sealed.last_mut() {
        *last ^= 1;
    }
    let damaged = NewSetting {
        name: "egress_proxy",
        value: row.value.clone(),
        sealed: Some(sealed),
    };
    let version = stored.version();
    let (values, change) = ([damaged], world.edit());
    let saved = world.store.settings_set(version, &values, &change).await;
    saved.expect("a damaged row");
    let other = world.beside().await;
    let draft = crate::world::draft("Other", "http://mcp.nowhere.invalid/mcp", "");
    let test = other.hub.test_draft(&draft, &mut |_| {}).await;
    let report = test.expect("a test");
    assert_eq!(report.steps[1].code, "proxy_login_unreadable");
    assert_eq!(proxy.asked(), [""; 0]);
}
