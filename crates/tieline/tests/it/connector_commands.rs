//! `connector add|list|test|remove|rotate` without a server beside them.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;
use tieline_testkit::{At, FakeMcp, Fault, free_port, normalise};

use crate::commands::asked;
use crate::place::Place;

const TOKEN: &str = "Bearer tok-0123456789-abcd";

async fn server() -> FakeMcp {
    let server = FakeMcp::dual().tools(["search", "create"]).named("Shop");
    server.requiring("authorization", TOKEN).start().await
}

async fn list(place: &Place) -> Vec<Value> {
    let printed = place
        .run(&["connector", "list", "--json"])
        .await
        .succeeded();
    serde_json::from_str(&printed).expect("a JSON array")
}

#[tokio::test]
async fn a_connector_is_tested_saved_listed_rotated_and_removed() {
    let place = Place::new();
    let shop = server().await;
    let add = ["connector", "add", "Acme MCP", &shop.url(), "--token-stdin"];
    let printed = place
        .run_with(&add, &format!("{TOKEN}\n"))
        .await
        .succeeded();
    assert_eq!(printed, "acme_mcp\n");
    shop.assert_every_request_has("authorization", TOKEN);

    let listed = list(&place).await;
    assert_eq!(listed.len(), 1);
    for (field, value) in [
        ("slug", "acme_mcp"),
        ("name", "Acme MCP"),
        ("kind", "custom"),
        ("auth_header", "Authorization"),
    ] {
        assert_eq!(listed[0][field], value);
    }
    assert_eq!(listed[0]["token_set"], true);
    let table = place.run(&["connector", "list"]).await.succeeded();
    assert_snapshot!(normalise(&table), @r"
        KEY       NAME      STATUS    TOOLS   URL
        acme_mcp  Acme MCP  checking  0 of 0  http://127.0.0.1:[port]/mcp
        ");

    let tested = place
        .run(&["connector", "test", "acme_mcp", "--json"])
        .await
        .succeeded();
    let tested: Value = serde_json::from_str(&tested).expect("JSON");
    assert_eq!(
        (&tested["ok"], &tested["server"]["name"]),
        (&Value::Bool(true), &"Shop".into())
    );
    assert_eq!(tested["tools"], serde_json::json!(["search", "create"]));
    let steps = place
        .run(&["connector", "test", "acme_mcp"])
        .await
        .succeeded();
    assert!(
        steps.lines().count() >= 5 && !steps.contains("tok-"),
        "{steps}"
    );

    let rotate = ["connector", "rotate", "acme_mcp", "--token-stdin"];
    let told = place.run_with(&rotate, "Bearer another").await.failed(3);
    assert!(told.contains("The old token stays in force."), "{told}");
    place
        .run(&["connector", "test", "acme_mcp"])
        .await
        .succeeded();
    shop.require("authorization", "Bearer another-token-5678");
    let rotated = place
        .run_with(&rotate, "Bearer another-token-5678\r\n")
        .await
        .succeeded();
    assert_eq!(rotated, "");
    place
        .run(&["connector", "test", "acme_mcp"])
        .await
        .succeeded();

    let told = place
        .run(&["connector", "remove", "acme_mcp"])
        .await
        .failed(2);
    assert!(told.contains("--yes"), "{told}");
    assert_eq!(list(&place).await.len(), 1);
    let removed = place
        .run(&["connector", "remove", "acme_mcp", "--yes"])
        .await
        .succeeded();
    assert_eq!(removed, "");
    assert!(list(&place).await.is_empty());
    place
        .run(&["connector", "test", "acme_mcp"])
        .await
        .failed(2);
}

#[tokio::test]
async fn a_failed_test_ends_with_3_and_saves_nothing() {
    let place = Place::new();
    let (shop, sick) = (
        server().await,
        FakeMcp::dual()
            .fault(At::Any, Fault::Status(503))
            .start()
            .await,
    );
    let (shop, sick) = (shop.url(), sick.url());
    let nobody = format!("http://127.0.0.1:{}/mcp", free_port());
    let mut told = String::new();
    for (url, token) in [
        (&shop, ""),
        (&shop, "tok-0123456789-abcd"),
        (&sick, ""),
        (&nobody, ""),
    ] {
        let add = ["connector", "add", "Acme MCP", url, "--token-stdin"];
        told.push_str(&place.run_with(&add, token).await.failed(3));
    }
    let dead = nobody.rsplit([':', '/']).nth(1).expect("a port");
    assert_snapshot!(normalise(&told.replace(dead, "[port]")), @r"
        error: The server wants a token. Paste one under Advanced settings. Nothing was saved.
        hint: --skip-test saves it anyway, and Tieline keeps trying.
        error: The server rejected this token (19 characters, ends in abcd). Nothing was saved.
        hint: --skip-test saves it anyway, and Tieline keeps trying.
        error: The server failed (HTTP 503). This is on their side; Tieline keeps trying. Nothing was saved.
        hint: --skip-test saves it anyway, and Tieline keeps trying.
        error: 127.0.0.1 refuses connections on port [port]. Is the server running, and is the port right? Nothing was saved.
        hint: --skip-test saves it anyway, and Tieline keeps trying.
        ");
    assert!(list(&place).await.is_empty());

    let add = ["connector", "add", "Acme MCP", &sick, "--skip-test"];
    assert_eq!(place.run(&add).await.succeeded(), "acme_mcp\n");
    let failed = place.run(&["connector", "test", "acme_mcp"]).await;
    assert_eq!(failed.code, 3);
    assert!(
        failed.out.contains("fail") && failed.err.contains("503"),
        "{failed:?}"
    );
}

#[tokio::test]
async fn bad_input_ends_with_2_before_anything_is_asked() {
    let place = Place::new();
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    let url = shop.url();
    let token = place.path("token");
    fs::write(&token, "tok\u{7f}en").unwrap();
    let (token, missing) = (token.to_str().unwrap().to_owned(), place.path("missing"));
    place
        .run(&["connector", "add", "Taken", &url, "--skip-test"])
        .await
        .succeeded();
    let before = shop.requests().len();
    let mut told = String::new();
    for arguments in [
        &["add", "", &url][..],
        &["add", "!!!", &url],
        &["add", "Linear", &url],
        &["add", "Tieline", &url],
        &["add", "taken", &url],
        &["add", "Acme", "acme.example/mcp"],
        &["add", "Acme", "ftp://acme.example/mcp"],
        &["add", "Acme", "http://169.254.169.254/latest"],
        &["add", "Acme", &url, "--auth-header", "Cookie"],
        &["add", "Acme", &url, "--auth-header", "a b"],
        &["add", "", "nowhere", "--auth-header", "Host"],
        &["add", "Acme", &url, "--token-file", &token],
        &[
            "add",
            "Acme",
            &url,
            "--token-file",
            missing.to_str().unwrap(),
        ],
        &["remove", "nothing", "--yes"],
        &["test", "NOT A SLUG"],
        &["rotate", "nothing", "--token-stdin"],
        &["rotate", "taken", "--token-stdin"],
    ] {
        let arguments = [&["connector"][..], arguments].concat();
        let err = place.run(&arguments).await.failed(2);
        told.push_str(&asked(&arguments, &err));
    }
    let told = told.replace(place.path("").to_str().unwrap(), "[folder]/");
    assert_snapshot!(normalise(&told), @r"
        $ tieline connector add  http://127.0.0.1:[port]/mcp
        error: name: Give the connector a name.
        $ tieline connector add !!! http://127.0.0.1:[port]/mcp
        error: name: Use at least one letter or digit, so agents can call it.
        $ tieline connector add Linear http://127.0.0.1:[port]/mcp
        error: `mcp__linear` belongs to the built-in Linear. Choose another name.
        hint: The key linear_2 is free: choose a name that becomes it.
        $ tieline connector add Tieline http://127.0.0.1:[port]/mcp
        error: `mcp__tieline` belongs to Tieline itself. Choose another name.
        hint: The key tieline_2 is free: choose a name that becomes it.
        $ tieline connector add taken http://127.0.0.1:[port]/mcp
        error: `mcp__taken` is used by Taken. Choose another name.
        hint: The key taken_2 is free: choose a name that becomes it.
        $ tieline connector add Acme acme.example/mcp
        error: url: The URL must start with http:// or https://.
        $ tieline connector add Acme ftp://acme.example/mcp
        error: url: The URL must start with http:// or https://.
        $ tieline connector add Acme http://169.254.169.254/latest
        error: url: 169.254.169.254 is an address where machines keep their own secrets. Tieline never calls those.
        $ tieline connector add Acme http://127.0.0.1:[port]/mcp --auth-header Cookie
        error: auth_header: Tieline sets this header itself. Cookie cannot carry a token; use Authorization or the name from the provider’s documentation.
        $ tieline connector add Acme http://127.0.0.1:[port]/mcp --auth-header a b
        error: auth_header: A header name has letters, digits and “-”, and at most 64 characters, like X-Api-Key.
        $ tieline connector add  nowhere --auth-header Host
        error: name: Give the connector a name.
               url: The URL must start with http:// or https://.
               auth_header: Tieline sets this header itself. Host cannot carry a token; use Authorization or the name from the provider’s documentation.
        $ tieline connector add Acme http://127.0.0.1:[port]/mcp --token-file [folder]/token
        error: token: Character 4 of the token cannot be sent in a header. Use letters, digits and signs of the ASCII table; check that nothing else was copied along.
        $ tieline connector add Acme http://127.0.0.1:[port]/mcp --token-file [folder]/missing
        error: The file [folder]/missing cannot be read: No such file or directory (os error 2).
        $ tieline connector remove nothing --yes
        error: There is no connector with this key.
        hint: `tieline connector list` shows every connector with its key.
        $ tieline connector test NOT A SLUG
        error: There is no connector with this key.
        hint: `tieline connector list` shows every connector with its key.
        $ tieline connector rotate nothing --token-stdin
        error: There is no connector with this key.
        hint: `tieline connector list` shows every connector with its key.
        $ tieline connector rotate taken --token-stdin
        error: token: Enter the new token.
        ");
    assert_eq!(list(&place).await.len(), 1);
    assert_eq!(shop.requests().len(), before);
}

#[tokio::test]
async fn a_removed_token_is_gone_from_the_files() {
    let place = Place::new();
    let shop = server().await;
    let add = ["connector", "add", "Acme MCP", &shop.url(), "--token-stdin"];
    place.run_with(&add, TOKEN).await.succeeded();
    let database = tieline_store::DatabaseUrl::sqlite(place.data("tieline.db"));
    let store = tieline_store::Store::open(&database).await.unwrap();
    let row = store.connectors_all().await.unwrap().rows.remove(0);
    store.close().await;
    let sealed = row.sealed.expect("a sealed token");
    assert!(holds(&place, &sealed));
    place
        .run(&["connector", "remove", "acme_mcp", "--yes"])
        .await
        .succeeded();
    assert!(!holds(&place, &sealed));
}

fn holds(place: &Place, bytes: &[u8]) -> bool {
    let files = fs::read_dir(place.path("data")).expect("the data directory");
    let paths = files.map(|file| file.expect("a file").path());
    paths
        .map(|path| fs::read(path).expect("a readable file"))
        .any(|content| memchr::memmem::find(&content, bytes).is_some())
}
