//! Somebody writes into the database: a credential opens only in its own place, and everybody can see that it did not.

use tieline_domain::Slug;
use tieline_hub::ConnectorStatus;
use tieline_store::{ConnectorPatch, ConnectorRow, CredentialPatch};
use tieline_testkit::{FakeMcp, eventually, eventually_async};

use crate::world::{World, word};

async fn row(world: &World, slug: &Slug) -> ConnectorRow {
    let row = world.store.connector_by_slug(slug).await;
    row.expect("a database").expect("a connector")
}

/// Writes past every rule of the hub, as SQL would.
async fn write(world: &World, slug: &Slug, patch: ConnectorPatch) {
    let (row, edit) = (row(world, slug).await, world.edit());
    let written = world
        .store
        .connector_update(row.id, row.row_version, patch, &edit);
    written.await.expect("a written row");
}

fn sealed(bytes: Option<Vec<u8>>) -> ConnectorPatch {
    let credential = CredentialPatch {
        sealed: bytes,
        ..CredentialPatch::default()
    };
    ConnectorPatch {
        credential: Some(credential),
        ..ConnectorPatch::default()
    }
}

async fn assert_unreadable(world: &World, slug: &Slug, tool: &str, server: &FakeMcp) {
    let session = world.session(&format!("Reader of {slug}")).await;
    // The check that runs when the change is noticed must not ask the server either.
    server.clear_requests();
    let outcome = world.call(&session, tool).await;
    assert_eq!(word(&outcome), "secret_unreadable");
    let view = world
        .wait_for(slug, |view| {
            view.status_code.as_deref() == Some("secret_unreadable")
        })
        .await;
    assert_eq!(view.status, ConnectorStatus::Failing);
    assert!(server.requests().is_empty(), "{:?}", server.requests());
    eventually_async(|| async {
        let filter = tieline_hub::AuditFilter::default();
        let page = world.hub.audit_page(None, 50, &filter).await;
        let rows = page.expect("a page").rows;
        let found = rows
            .iter()
            .any(|row| row.action == "connector.secret_unreadable" && row.target == slug.as_str());
        found.then_some(())
    })
    .await;
}

#[tokio::test]
async fn credentials_of_two_connectors_that_were_swapped_open_for_neither() {
    let world = World::start().await;
    let (first, second) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    let a = world
        .connect("Alpha", &first, "Bearer of-the-first-01")
        .await;
    let b = world
        .connect("Beta", &second, "Bearer of-the-second-2")
        .await;
    let (of_a, of_b) = (row(&world, &a).await.sealed, row(&world, &b).await.sealed);
    let world = stopped_for(world, async |world| {
        write(world, &a, sealed(of_b.clone())).await;
        write(world, &b, sealed(of_a.clone())).await;
    })
    .await;
    assert_unreadable(&world, &a, "mcp__alpha__search", &first).await;
    assert_unreadable(&world, &b, "mcp__beta__search", &second).await;

    // Put back where it belongs, it opens again.
    write(&world, &a, sealed(of_a)).await;
    eventually_async(|| async {
        let session = world.hub.catalog().tool_count();
        (session == 2).then_some(())
    })
    .await;
    world
        .wait_for(&a, |view| view.status == ConnectorStatus::Working)
        .await;
}

#[tokio::test]
async fn an_address_that_was_edited_gets_no_credential() {
    let world = World::start().await;
    let (server, evil) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    let slug = world
        .connect("Acme MCP", &server, "Bearer catch-me-0001")
        .await;
    let patch = ConnectorPatch {
        url: Some(evil.url()),
        ..ConnectorPatch::default()
    };
    let world = stopped_for(world, async |world| {
        write(world, &slug, patch.clone()).await;
    })
    .await;
    assert_unreadable(&world, &slug, "mcp__acme_mcp__search", &evil).await;
}

#[tokio::test]
async fn an_edit_beside_a_running_server_gets_no_credential_either() {
    let world = World::start().await;
    let (server, evil) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    let slug = world
        .connect("Acme MCP", &server, "Bearer catch-me-0001")
        .await;
    let patch = ConnectorPatch {
        url: Some(evil.url()),
        auth_header: Some("X-Api-Key".to_owned()),
        ..ConnectorPatch::default()
    };
    write(&world, &slug, patch).await;
    let id = row(&world, &slug).await.id;
    let noticed = || {
        let snapshot = world.hub.snapshot();
        snapshot
            .connector(id)
            .is_some_and(|live| live.url.as_str() == evil.url())
    };
    eventually(noticed).await;
    assert_unreadable(&world, &slug, "mcp__acme_mcp__search", &evil).await;
}

#[tokio::test]
async fn damaged_bytes_stop_their_own_connector_only() {
    let world = World::start().await;
    let (server, other) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    let slug = world
        .connect("Acme MCP", &server, "Bearer catch-me-0001")
        .await;
    world
        .connect("Other", &other, "Bearer other-one-0001")
        .await;
    let mut bytes = row(&world, &slug).await.sealed.unwrap();
    for damage in ["flipped", "cut", "empty"] {
        match damage {
            "flipped" => *bytes.last_mut().unwrap() ^= 1,
            "cut" => bytes.truncate(10),
            _ => bytes.clear(),
        }
        let patch = sealed(Some(bytes.clone()));
        let fresh = world.beside().await;
        write(&fresh, &slug, patch).await;
        let fresh = world.beside().await;
        let session = fresh.session(damage).await;
        let outcome = fresh.call(&session, "mcp__acme_mcp__search").await;
        assert_eq!(word(&outcome), "secret_unreadable", "{damage}");
        let outcome = fresh.call(&session, "mcp__other__search").await;
        assert_eq!(word(&outcome), "ok", "{damage}");
    }
    server.assert_every_request_has("authorization", "Bearer catch-me-0001");
}

/// Stops the server, edits the database, and starts it again.
async fn stopped_for(world: World, edit: impl AsyncFnOnce(&World)) -> World {
    edit(&world.beside().await).await;
    world.restarted().await
}
