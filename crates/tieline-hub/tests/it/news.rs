//! What servers say on their own: heard once per connector, told to whoever listens, and never too often.

use std::time::{Duration, Instant};

use tieline_domain::{Actor, ConnectorId, Slug};
use tieline_hub::{Hub, HubNews, HubSettings, ListKind};
use tieline_testkit::{FakeMcp, FakeMcpBuilder, FakeTool, eventually};

use crate::world::{World, settings};

const EVERYTHING: &str =
    r#"{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}}"#;
const SOON: Duration = Duration::from_secs(5);

fn kinds() -> [(&'static str, FakeMcpBuilder); 3] {
    [
        ("modern", FakeMcp::modern()),
        ("legacy", FakeMcp::legacy().with_sessions()),
        ("http+sse", FakeMcp::http_sse()),
    ]
}

fn id_of(hub: &Hub, slug: &Slug) -> ConnectorId {
    let catalog = hub.catalog();
    catalog.connector(slug.as_str()).expect("a connector").id
}

fn updated(connector: ConnectorId, uri: &str) -> HubNews {
    let uri = uri.into();
    HubNews::ResourceUpdated { connector, uri }
}

#[tokio::test]
async fn a_change_that_a_server_announces_is_told_when_it_is_in_force() {
    for (kind, server) in kinds() {
        let server = server.tools(["a"]).start().await;
        let world = World::start().await;
        let slug = world.connect("Acme", &server, "").await;
        eventually(|| server.listeners() > 0).await;
        let mut news = world.hub.news();
        server.set_tools([FakeTool::echo("a"), FakeTool::echo("b")]);
        let connector = id_of(&world.hub, &slug);
        let list = ListKind::Tools;
        let expected = HubNews::ListChanged { connector, list };
        assert_eq!(news.recv().await, Ok(expected), "{kind}");
        assert_eq!(world.hub.catalog().tool_count(), 2, "{kind}");
    }
}

/// The other process hears of it from the database.
#[tokio::test]
async fn another_process_tells_of_the_change_too() {
    let server = FakeMcp::modern().tools(["a"]).start().await;
    let world = World::start().await;
    let slug = world.connect("Acme", &server, "").await;
    let other = world.beside_running().await;
    let mut news = other.hub.news();
    let connector = id_of(&world.hub, &slug);
    let removed = world.hub.remove_connector(&Actor::CommandLine, &slug).await;
    removed.expect("a connector");
    let list = ListKind::Tools;
    assert_eq!(
        news.recv().await,
        Ok(HubNews::ListChanged { connector, list })
    );
}

#[tokio::test]
async fn a_resource_is_followed_once_however_many_want_it() {
    for (kind, server) in kinds() {
        let server = server.capabilities(EVERYTHING).tools(["a"]).start().await;
        let world = World::start().await;
        let slug = world.connect("Acme", &server, "").await;
        let connector = id_of(&world.hub, &slug);
        let mut news = world.hub.news();
        let first = world.hub.follow_resource(connector, "file:///a");
        let second = world.hub.follow_resource(connector, "file:///a");
        let other = world.hub.follow_resource(connector, "file:///b");
        for following in [&first, &second, &other] {
            assert_eq!(following.agreed_within(SOON).await, Some(true), "{kind}");
        }
        eventually(|| server.followed() == ["file:///a", "file:///b"]).await;
        server.announce_update("file:///a");
        assert_eq!(
            news.recv().await,
            Ok(updated(connector, "file:///a")),
            "{kind}"
        );
        drop(first);
        drop(other);
        eventually(|| server.followed() == ["file:///a"]).await;
        server.announce_update("file:///b");
        server.announce_update("file:///a");
        assert_eq!(
            news.recv().await,
            Ok(updated(connector, "file:///a")),
            "{kind}"
        );
        drop(second);
        eventually(|| server.followed().is_empty()).await;
        assert!(
            server.listeners() >= 1,
            "{kind}: the lists are still listened to"
        );
    }
}

#[tokio::test]
async fn a_broken_stream_is_opened_again_and_asks_for_the_resources_again() {
    for (kind, server) in kinds() {
        let server = server.capabilities(EVERYTHING).tools(["a"]);
        let server = server.start().await;
        let world = World::start().await;
        let slug = world.connect("Acme", &server, "").await;
        let connector = id_of(&world.hub, &slug);
        let following = world.hub.follow_resource(connector, "file:///a");
        assert_eq!(following.agreed_within(SOON).await, Some(true), "{kind}");
        let mut news = world.hub.news();
        server.break_streams();
        // It comes back by itself, and hears what comes then.
        let heard = async {
            loop {
                server.announce_update("file:///a");
                let told = tokio::time::timeout(Duration::from_millis(50), news.recv());
                if let Ok(Ok(told)) = told.await {
                    return told;
                }
            }
        };
        assert_eq!(heard.await, updated(connector, "file:///a"), "{kind}");
    }
}

#[tokio::test]
async fn a_server_without_a_stream_is_asked_once() {
    let server = FakeMcp::legacy().without_listen_stream().tools(["a"]);
    let server = server.start().await;
    let world = World::start().await;
    let slug = world.connect("Acme", &server, "").await;
    let gets = || {
        let requests = server.requests();
        requests.iter().filter(|seen| seen.method == "GET").count()
    };
    eventually(|| gets() == 1).await;
    for _ in 0..3 {
        let lists = server.count("tools/list");
        world
            .hub
            .refresh_connector(&slug)
            .await
            .expect("a connector");
        eventually(|| server.count("tools/list") > lists).await;
    }
    assert_eq!(gets(), 1);
}

/// U23: what it costs when a server announces changes without end.
#[tokio::test]
async fn a_storm_of_announcements_asks_for_the_list_once() {
    let server = FakeMcp::modern().tools(["a"]).start().await;
    let world = World::start().await;
    world.connect("Acme", &server, "").await;
    eventually(|| server.listeners() > 0).await;
    server.clear_requests();
    let begun = Instant::now();
    for _ in 0..5_000 {
        server.announce_change();
        tokio::task::yield_now().await;
    }
    eventually(|| server.count("tools/list") >= 1).await;
    let allowed = 2 + begun.elapsed().as_secs() / 10;
    assert!(server.count("tools/list") as u64 <= allowed);
}

#[tokio::test]
async fn the_stream_ends_with_the_connector_and_with_its_credential() {
    let settings = HubSettings {
        check_interval: Duration::from_millis(200),
        ..settings()
    };
    let server = FakeMcp::modern().tools(["a"]).start().await;
    let world = World::with(settings).await;
    let slug = world.connect("Acme", &server, "one").await;
    eventually(|| server.listeners() == 1).await;
    server.require("authorization", "two");
    server.clear_requests();
    let rotated = world
        .hub
        .rotate_connector(&Actor::CommandLine, &slug, "two", false);
    rotated.await.expect("a rotation");
    eventually(|| server.count("subscriptions/listen") >= 1 && server.listeners() == 1).await;
    let listens = server.requests_for("subscriptions/listen");
    assert_eq!(listens.last().expect("one").headers["authorization"], "two");
    world
        .hub
        .remove_connector(&Actor::CommandLine, &slug)
        .await
        .expect("a connector");
    eventually(|| server.listeners() == 0).await;
}
