//! A token is read for each call: a new one acts on the next call of sessions that run, and never elsewhere.

use tieline_domain::Actor;
use tieline_hub::{EditConnectorError, RotateConnectorError, UpdateConnector};
use tieline_testkit::{At, FakeMcp, eventually};

use crate::world::{World, word};

const ADMIN: Actor = Actor::CommandLine;
const OLD: &str = "Bearer old-token-000001";
const NEW: &str = "Bearer new-token-000002";

/// The values of a header in the calls so far.
fn sent(server: &FakeMcp, header: &str) -> Vec<Option<String>> {
    let calls = server.requests_for("tools/call");
    let value =
        |request: &tieline_testkit::RecordedRequest| request.header(header).map(str::to_owned);
    calls.iter().map(value).collect()
}

#[tokio::test]
async fn the_next_call_of_a_running_session_carries_the_new_token() {
    for server in [
        FakeMcp::modern(),
        FakeMcp::legacy(),
        FakeMcp::legacy().with_sessions(),
        FakeMcp::http_sse(),
    ] {
        let world = World::start().await;
        let server = server.tools(["search"]).requiring("authorization", OLD);
        let server = server.start().await;
        let slug = world.connect("Acme MCP", &server, OLD).await;
        let session = world.session("Ada").await;
        assert_eq!(
            word(&world.call(&session, "mcp__acme_mcp__search").await),
            "ok"
        );
        server.assert_every_request_has("authorization", OLD);

        server.require("authorization", NEW);
        let rotated = world.hub.rotate_connector(&ADMIN, &slug, NEW, true).await;
        rotated.unwrap();
        assert_eq!(
            word(&world.call(&session, "mcp__acme_mcp__search").await),
            "ok"
        );
        assert_eq!(
            sent(&server, "authorization"),
            [Some(OLD.to_owned()), Some(NEW.to_owned())]
        );
    }
}

#[tokio::test]
async fn a_new_token_that_the_server_refuses_leaves_the_old_one_in_force() {
    let world = World::start().await;
    let server = FakeMcp::dual()
        .tools(["search"])
        .requiring("authorization", OLD);
    let server = server.start().await;
    let slug = world.connect("Acme MCP", &server, OLD).await;
    let session = world.session("Ada").await;
    let refused = world.hub.rotate_connector(&ADMIN, &slug, NEW, true).await;
    let RotateConnectorError::TestFailed { report } = refused.unwrap_err() else {
        panic!("the test of the new token did not fail");
    };
    assert!(report.steps.iter().any(|step| step.code == "auth_failed"));
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    assert_eq!(world.audited().await.last().unwrap(), "user.invited");
}

#[tokio::test]
async fn another_header_carries_the_same_token_and_the_old_header_nothing() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, OLD).await;
    let session = world.session("Ada").await;
    let update = UpdateConnector {
        auth_header: Some("X-Api-Key".to_owned()),
        ..UpdateConnector::default()
    };
    world
        .hub
        .update_connector(&ADMIN, &slug, update)
        .await
        .unwrap();
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    assert_eq!(sent(&server, "x-api-key"), [Some(OLD.to_owned())]);
    assert_eq!(sent(&server, "authorization"), [None]);
}

#[tokio::test]
async fn a_token_does_not_follow_its_connector_to_another_server() {
    let world = World::start().await;
    let (first, second) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    let slug = world.connect("Acme MCP", &first, OLD).await;
    let session = world.session("Ada").await;
    let to = |url: String, token: Option<&str>| UpdateConnector {
        url: Some(url),
        token: token.map(|token| token.to_owned().into()),
        ..UpdateConnector::default()
    };
    let moved = world
        .hub
        .update_connector(&ADMIN, &slug, to(second.url(), None));
    let refused = moved.await.unwrap_err();
    assert!(
        matches!(
            refused,
            EditConnectorError::TokenRequiredForNewOrigin { .. }
        ),
        "{refused:?}"
    );
    assert!(second.requests().is_empty());

    // Another path at the same origin is the same server.
    let path = format!("{}/mcp?v=2", first.origin());
    let moved = world.hub.update_connector(&ADMIN, &slug, to(path, None));
    moved.await.unwrap();
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    first.assert_every_request_has("authorization", OLD);

    let moved = world
        .hub
        .update_connector(&ADMIN, &slug, to(second.url(), Some(NEW)));
    moved.await.unwrap();
    let asked = first.count("tools/call");
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    assert_eq!(first.count("tools/call"), asked);
    second.assert_every_request_has("authorization", NEW);
}

#[tokio::test]
async fn a_token_that_is_taken_away_is_sent_no_more() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &server, OLD).await;
    let session = world.session("Ada").await;
    let update = UpdateConnector {
        token: Some(String::new().into()),
        ..UpdateConnector::default()
    };
    let view = world
        .hub
        .update_connector(&ADMIN, &slug, update)
        .await
        .unwrap();
    assert!(!view.token_set);
    assert_eq!(
        word(&world.call(&session, "mcp__acme_mcp__search").await),
        "ok"
    );
    assert_eq!(sent(&server, "authorization"), [None]);
}

#[tokio::test]
async fn a_call_that_runs_during_a_rotation_finishes_with_the_old_token() {
    for server in [
        FakeMcp::modern(),
        FakeMcp::legacy(),
        FakeMcp::legacy().with_sessions(),
    ] {
        let world = std::sync::Arc::new(World::start().await);
        let server = server.tools(["search"]).start().await;
        let slug = world.connect("Acme MCP", &server, OLD).await;
        let session = std::sync::Arc::new(world.session("Ada").await);
        let hold = server.hold(At::CallTool);
        let running = tokio::spawn({
            let (world, session) = (world.clone(), session.clone());
            async move { word(&world.call(&session, "mcp__acme_mcp__search").await) }
        });
        eventually(|| server.count("tools/call") == 1).await;
        let rotated = world.hub.rotate_connector(&ADMIN, &slug, NEW, true).await;
        rotated.unwrap();
        hold.release();
        assert_eq!(running.await.unwrap(), "ok");
        assert_eq!(
            word(&world.call(&session, "mcp__acme_mcp__search").await),
            "ok"
        );
        assert_eq!(
            sent(&server, "authorization"),
            [Some(OLD.to_owned()), Some(NEW.to_owned())]
        );
        let receipt = world.hub.rotation_receipt(&slug).await.unwrap().unwrap();
        assert!(receipt.tested);
        assert_eq!(receipt.old_hint.as_deref(), Some("…0001"));
        assert_eq!(receipt.new_hint.as_deref(), Some("…0002"));
    }
}
