//! `user`, `key`, `audit`, `openapi` and the help: what they print and how they end.

use insta::assert_snapshot;
use serde_json::Value;
use tieline_testkit::normalise;

use crate::place::{EMAIL, PASSWORD, Place, finish};

#[tokio::test]
async fn the_help_names_every_command() {
    let place = Place::new();
    assert_snapshot!("help", place.run(&["--help"]).await.succeeded());
    let add = place.run(&["connector", "add", "--help"]).await;
    assert_snapshot!("connector add help", add.succeeded());
    assert!(
        !place.path("data").exists(),
        "asking for help made a data directory"
    );
    for arguments in [
        &["connectr"][..],
        &["connector"],
        &["key", "create"],
        &["--lisen", "x"],
    ] {
        assert_eq!(place.run(arguments).await.code, 2, "{arguments:?}");
    }
}

#[tokio::test]
async fn people_are_added_listed_and_suspended() {
    let place = Place::with_admin().await;
    let add = [
        "user",
        "add",
        "--email",
        "bob@example.com",
        "--role",
        "member",
    ];
    let link = place.run(&add).await.succeeded();
    assert_eq!(link.lines().count(), 1);
    let (base, code) = link
        .trim_end()
        .split_once("/invitation?code=")
        .expect("a link");
    assert_eq!(base, "http://127.0.0.1:7420");
    assert!(
        code.len() > 30 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{code}"
    );

    let public = [
        &add[..4],
        &[
            "--role",
            "admin",
            "--public-url",
            "https://tieline.example.com",
        ],
    ];
    let mut public = public.concat();
    public[3] = "eve@example.com";
    let link = place.run(&public).await.succeeded();
    assert!(
        link.starts_with("https://tieline.example.com/invitation?code="),
        "{link}"
    );

    place
        .run(&["user", "disable", "bob@example.com"])
        .await
        .succeeded();
    assert_snapshot!(place.run(&["user", "list"]).await.succeeded(), @r"
        EMAIL            NAME  ROLE    STATE
        ada@example.com  Ada   admin   active
        bob@example.com  bob   member  suspended
        eve@example.com  eve   admin   invited
        ");
}

#[tokio::test]
async fn wrong_input_about_people_is_refused_with_a_sentence() {
    let place = Place::with_admin().await;
    let add =
        |email: &'static str, role: &'static str| ["user", "add", "--email", email, "--role", role];
    let mut told = String::new();
    for (arguments, input) in [
        (&add("bob", "member")[..], ""),
        (&add("bob@example.com", "owner"), ""),
        (&add("Ada@Example.com", "admin"), ""),
        (
            &[&add("bob@example.com", "member")[..], &["--password-stdin"]].concat(),
            "short\n",
        ),
        (&["user", "disable", "nobody@example.com"], ""),
        (&["user", "disable", EMAIL], ""),
        (
            &[
                "key",
                "create",
                "--email",
                "nobody@example.com",
                "--name",
                "x",
            ],
            "",
        ),
        (&["key", "create", "--email", EMAIL, "--name", " "], ""),
        (
            &[
                "key",
                "create",
                "--email",
                EMAIL,
                "--name",
                "x",
                "--expires-days",
                "0",
            ],
            "",
        ),
        (&["key", "revoke", "tl_nothing"], ""),
        (
            &["key", "revoke", "0193e9c8-7d2a-7bbb-8ccc-0123456789ab"],
            "",
        ),
    ] {
        let err = place.run_with(arguments, input).await.failed(2);
        told.push_str(&asked(arguments, &err));
    }
    assert_snapshot!(told, @r"
        $ tieline user add --email bob --role member
        error: email: This is not an e-mail address. Write it like name@example.com.
        $ tieline user add --email bob@example.com --role owner
        error: The role is admin or member.
        $ tieline user add --email Ada@Example.com --role admin
        error: ada@example.com is in use already.
        $ tieline user add --email bob@example.com --role member --password-stdin
        error: password: The password has 5 characters. Use at least 12; a few words are easy to remember.
        $ tieline user disable nobody@example.com
        error: Nobody has the e-mail address nobody@example.com.
        hint: `tieline user list` shows everybody.
        $ tieline user disable ada@example.com
        error: This is the last admin. Make somebody else an admin first.
        $ tieline key create --email nobody@example.com --name x
        error: Nobody has the e-mail address nobody@example.com.
        hint: `tieline user list` shows everybody.
        $ tieline key create --email ada@example.com --name  
        error: name: Type a name.
        $ tieline key create --email ada@example.com --name x --expires-days 0
        error: expires_days: Choose between 1 and 3650 days.
        $ tieline key revoke tl_nothing
        error: There is no key with this id.
        hint: `tieline key list` shows every key with its id.
        $ tieline key revoke 0193e9c8-7d2a-7bbb-8ccc-0123456789ab
        error: There is no key with this id.
        hint: `tieline key list` shows every key with its id.
        ");
    assert_eq!(
        place
            .run(&["user", "list"])
            .await
            .succeeded()
            .lines()
            .count(),
        2
    );
}

/// What was typed and what was said, as a terminal shows it.
pub(crate) fn asked(arguments: &[&str], err: &str) -> String {
    format!("$ tieline {}\n{err}", arguments.join(" "))
}

#[tokio::test]
async fn w08_a_key_is_printed_alone_and_kept_nowhere() {
    let place = Place::with_admin().await;
    let create = [
        "key",
        "create",
        "--email",
        EMAIL,
        "--name",
        "laptop",
        "--expires-days",
        "7",
    ];
    let printed = place.run(&create).await.succeeded();
    let key = printed.strip_suffix('\n').expect("one line");
    assert!(key.starts_with("tl_") && key.len() == 41, "{key}");
    assert!(
        key[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{key}"
    );

    for file in std::fs::read_dir(place.path("data")).expect("the data directory") {
        let path = file.expect("a file").path();
        let content = std::fs::read(&path).expect("a readable file");
        let found = memchr::memmem::find(&content, key.as_bytes());
        assert_eq!(found, None, "{} holds the key", path.display());
    }
    let list = place.run(&["key", "list"]).await.succeeded();
    assert!(!list.contains(key));
    let row: Vec<&str> = list
        .lines()
        .nth(1)
        .expect("a key")
        .split_whitespace()
        .collect();
    assert_eq!(row[2..5], [EMAIL, "laptop", "never"]);
    assert!(
        key.ends_with(row[1].rsplit('…').next().expect("an end")),
        "{row:?}"
    );

    place.run(&["key", "revoke", row[0]]).await.succeeded();
    assert_eq!(
        place
            .run(&["key", "list"])
            .await
            .succeeded()
            .lines()
            .count(),
        1
    );
    place.run(&["key", "revoke", row[0]]).await.failed(2);
}

#[tokio::test]
async fn the_audit_log_proves_that_nobody_edited_it() {
    let place = Place::with_admin().await;
    place.key().await;
    let verified = place.run(&["audit", "verify"]).await.succeeded();
    assert_eq!(verified, "The audit log is whole: 2 rows.\n");

    // Another name in the row of the first change, and nothing else.
    let file = place.data("tieline.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let detail = br#"{"invited":false,"name":"Ada""#;
    let at = memchr::memmem::find(&bytes, detail).expect("the row is in the file");
    bytes[at + detail.len() - 4..][..3].copy_from_slice(b"Eve");
    std::fs::write(&file, bytes).unwrap();
    let told = place.run(&["audit", "verify"]).await.failed(1);
    assert_snapshot!(told, @r"error: The audit log was edited: row 1 is not as it was written, or is missing.");
}

#[tokio::test]
async fn openapi_describes_every_route_of_the_contract() {
    let place = Place::new();
    let printed = place.run(&["openapi"]).await.succeeded();
    let document: Value = serde_json::from_str(&printed).expect("JSON");
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (method, path) in [
        ("get", "/connectors"),
        ("post", "/connectors"),
        ("post", "/connectors/test"),
        ("get", "/connectors/{slug}"),
        ("patch", "/connectors/{slug}"),
        ("delete", "/connectors/{slug}"),
        ("post", "/connectors/{slug}/test"),
        ("post", "/connectors/{slug}/refresh"),
        ("get", "/connectors/{slug}/tools"),
        ("patch", "/connectors/{slug}/tools/{tool}"),
        ("get", "/providers"),
        ("post", "/providers/{slug}/connect"),
        ("delete", "/providers/{slug}/connect"),
        ("get", "/catalog"),
        ("get", "/users"),
        ("post", "/users"),
        ("patch", "/users/{id}"),
        ("get", "/keys"),
        ("post", "/keys"),
        ("delete", "/keys/{id}"),
        ("get", "/calls"),
        ("get", "/audit"),
    ] {
        let route = &document["paths"][format!("/api/v1{path}")][method];
        assert!(route.is_object(), "{method} {path} is not described");
    }
    assert!(
        !place.path("data").exists(),
        "describing the API made a data directory"
    );
}

#[tokio::test]
async fn what_is_kept_is_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::with_admin().await;
    let mode =
        |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path("data")), 0o700);
    for entry in std::fs::read_dir(place.path("data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
    }
    let hashed = std::fs::read(place.data("tieline.db")).unwrap();
    assert!(memchr::memmem::find(&hashed, PASSWORD.as_bytes()).is_none());
    assert!(normalise(EMAIL) == EMAIL);
}

#[tokio::test]
async fn memory_comes_from_the_allocator_that_was_chosen() {
    let place = Place::new();
    let mut command = place.command();
    command.arg("--version").env("MIMALLOC_SHOW_STATS", "1");
    let ran = finish(command, "").await;
    // It reports at the end of a process that it is a part of, and counts pages if it was asked for memory.
    let pages = ran.err.lines().find_map(|line| {
        let counts = line.trim_start().strip_prefix("pages     :")?;
        counts.split_whitespace().next()?.parse::<u32>().ok()
    });
    assert!(pages.is_some_and(|pages| pages > 0), "{}", ran.err);
}
