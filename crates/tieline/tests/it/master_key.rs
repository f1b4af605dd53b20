//! A wrong, lost, weak or open master key: the server refuses, says what to do, and touches nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tieline_testkit::FakeMcp;
use tokio::time::timeout;

use crate::place::{Place, finish};

/// A place whose database holds a sealed token.
async fn sealed_place() -> Place {
    let place = Place::with_admin().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    let add = ["connector", "add", "Acme MCP", &shop.url(), "--token-stdin"];
    place
        .run_with(&add, "Bearer tok-0123456789")
        .await
        .succeeded();
    let mut server = place.serve().await;
    server.stop().await;
    place
}

fn database(place: &Place) -> Vec<Vec<u8>> {
    let names = ["tieline.db", "tieline.db-wal"];
    names
        .map(|name| fs::read(place.data(name)).unwrap_or_default())
        .to_vec()
}

/// Starts a server that must refuse quickly; answers what it said.
async fn refusal(place: &Place) -> String {
    let before = database(place);
    let started = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    let told = timeout(Duration::from_secs(2), started)
        .await
        .expect("within 2 s")
        .failed(1);
    // On a first start there is none yet, and nothing to lose.
    let is_same = before[0].is_empty() || before == database(place);
    assert!(is_same, "the database was touched");
    let about_data = place.run(&["connector", "list"]).await.failed(1);
    assert_eq!(about_data, told, "a command says the same");
    told
}

fn write_key(place: &Place, text: &str) {
    let file = place.data("master.key");
    fs::write(&file, text).expect("a writable folder");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a file of ours");
}

#[tokio::test]
async fn another_key_is_refused_by_its_id() {
    let place = sealed_place().await;
    let right = fs::read_to_string(place.data("master.key")).unwrap();
    let mut bytes = STANDARD.decode(right.trim()).unwrap();
    bytes.reverse();
    write_key(&place, &STANDARD.encode(bytes));
    let told = refusal(&place).await;
    assert!(told.contains("key") && told.contains("hint: "), "{told}");
    let ids = told
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() == 8);
    assert_eq!(ids.count(), 2, "both key ids are named: {told}");
    write_key(&place, &right);
    place.serve().await;
}

#[tokio::test]
async fn a_lost_key_is_never_replaced() {
    let place = sealed_place().await;
    fs::rename(place.data("master.key"), place.path("kept.key")).unwrap();
    let told = refusal(&place).await;
    assert!(
        told.contains("is missing") && told.contains("Restore"),
        "{told}"
    );
    assert!(!place.data("master.key").exists());

    // From another file it works.
    let mut command = place.command();
    command
        .args(["connector", "list"])
        .env("TIELINE_MASTER_KEY_FILE", place.path("kept.key"));
    finish(command, "").await.succeeded();
    assert!(!place.data("master.key").exists());
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused() {
    let place = sealed_place().await;
    for mode in [0o644, 0o640, 0o602] {
        fs::set_permissions(place.data("master.key"), fs::Permissions::from_mode(mode)).unwrap();
        let told = refusal(&place).await;
        assert!(told.contains("chmod 600"), "{told}");
    }
}

#[tokio::test]
async fn a_key_that_can_be_guessed_is_refused_also_on_a_first_start() {
    let sealed = sealed_place().await;
    for weak in [
        "",
        "changeme",
        &STANDARD.encode([0; 32]),
        &STANDARD.encode([7; 31]),
        &STANDARD.encode(b"correct horse battery staple 1234"),
        "not base64 at all, but long enough to be a key of some kind",
    ] {
        let fresh = Place::new();
        fs::create_dir(fresh.path("data")).unwrap();
        for place in [&sealed, &fresh] {
            write_key(place, weak);
            let told = refusal(place).await;
            assert!(told.contains("master.key"), "{weak}: {told}");
            assert!(
                weak.is_empty() || !told.contains(weak),
                "the key is not repeated: {told}"
            );
        }
    }
}

#[tokio::test]
async fn a_named_key_that_is_missing_is_not_made() {
    let place = Place::new();
    let mut command = place.command();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("TIELINE_MASTER_KEY_FILE", place.path("my.key"));
    let told = finish(command, "").await.failed(1);
    assert!(told.contains("my.key"), "{told}");
    assert!(!place.path("my.key").exists() && !place.data("master.key").exists());
}

#[tokio::test]
async fn systemd_may_hand_over_the_key() {
    let place = sealed_place().await;
    fs::create_dir(place.path("credentials")).unwrap();
    fs::rename(
        place.data("master.key"),
        place.path("credentials/tieline-master-key"),
    )
    .unwrap();
    let server = place.serve_with(|command| {
        command.env("CREDENTIALS_DIRECTORY", place.path("credentials"));
    });
    server.await.stop().await;
    assert!(!place.data("master.key").exists());
}
