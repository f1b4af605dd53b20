//! Sessions of the built-in agent over a real hub and real servers.

use std::sync::Arc;

use serde_json::value::RawValue;
use tempfile::TempDir;
use tieline_agent::{Session, ToolNotFound};
use tieline_domain::{Actor, ConnectorDraft, Role, Slug, UserId};
use tieline_hub::{Caller, Hub, HubSettings, ToolOutcome};
use tieline_mcp::DialPolicy;
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{DatabaseUrl, Store};
use tieline_testkit::{FakeMcp, FixedClock, SeededEntropy, eventually};
use tokio_util::sync::{CancellationToken, DropGuard};

struct World {
    hub: Hub,
    _folder: TempDir,
    _stop: DropGuard,
}

impl World {
    async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = DatabaseUrl::sqlite(folder.path().join("tieline.db"));
        let store = Store::open(&url).await.expect("a database");
        let entropy = Arc::new(SeededEntropy::new(7));
        let keyring = KeyRing::new(MasterKey::generate(&*entropy));
        let dial = DialPolicy {
            allow_loopback: true,
            ..DialPolicy::default()
        };
        let settings = HubSettings {
            dial,
            ..HubSettings::default()
        };
        let clock = Arc::new(FixedClock::default());
        let hub = Hub::open(store, keyring, clock, entropy, settings)
            .await
            .expect("a hub");
        let stop = CancellationToken::new();
        let (background, token) = (hub.clone(), stop.clone());
        tokio::spawn(async move { background.run_background(token).await });
        Self {
            hub,
            _folder: folder,
            _stop: stop.drop_guard(),
        }
    }

    async fn connect(&self, name: &str, server: &FakeMcp) -> Slug {
        let draft = ConnectorDraft {
            name: name.to_owned(),
            url: server.url().clone(),
            ..ConnectorDraft::default()
        };
        let added = self
            .hub
            .add_connector(&Actor::System, &draft)
            .await
            .expect("added");
        let slug = added.connector.slug;
        eventually(|| {
            self.hub
                .catalog()
                .connector(slug.as_str())
                .is_some_and(|c| !c.tools.is_empty())
        })
        .await;
        slug
    }

    fn session(&self) -> Session {
        let user = UserId::generate(self.hub.clock(), self.hub.entropy());
        Session::start(
            &self.hub,
            Caller {
                user,
                user_name: "Ada".to_owned(),
                role: Role::Member,
                key: None,
            },
        )
    }
}

fn arguments(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

fn names(session: &Session) -> Vec<&str> {
    session
        .tools()
        .map(|tool| tool.agent_name.as_str())
        .collect()
}

#[tokio::test]
async fn a_model_sees_and_calls_tools_by_their_qualified_names() {
    let world = World::start().await;
    let server = FakeMcp::dual().tools(["search"]).start().await;
    world.connect("Acme MCP", &server).await;
    let session = world.session();
    assert_eq!(names(&session), ["mcp__acme_mcp__search"]);

    let called = session
        .call(
            "mcp__acme_mcp__search",
            &arguments(r#"{"q":1.0}"#),
            CancellationToken::new(),
        )
        .await;
    assert!(matches!(called, Ok(ToolOutcome::Ok { .. })), "{called:?}");
    let sent = server.requests_for("tools/call");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].json()["params"]["name"], "search");
    assert_eq!(sent[0].json()["params"]["arguments"]["q"], 1.0);

    let unknown = session
        .call("search", &arguments("{}"), CancellationToken::new())
        .await;
    assert_eq!(unknown.err(), Some(ToolNotFound));
}

#[tokio::test]
async fn a_connector_added_meanwhile_waits_and_one_removed_meanwhile_stops_at_once() {
    let world = World::start().await;
    let first = FakeMcp::modern().tools(["search"]).start().await;
    let slug = world.connect("Acme MCP", &first).await;
    let running = world.session();
    let second = FakeMcp::legacy()
        .with_sessions()
        .tools(["read"])
        .start()
        .await;
    world.connect("Docs", &second).await;
    assert_eq!(names(&running), ["mcp__acme_mcp__search"]);
    assert_eq!(
        names(&world.session()),
        ["mcp__acme_mcp__search", "mcp__docs__read"]
    );

    world
        .hub
        .remove_connector(&Actor::System, &slug)
        .await
        .expect("removed");
    let called = running
        .call(
            "mcp__acme_mcp__search",
            &arguments("{}"),
            CancellationToken::new(),
        )
        .await;
    match called {
        Ok(ToolOutcome::Refused(refusal)) => assert_eq!(refusal.code(), "connector_removed"),
        other => panic!("{other:?}"),
    }
    assert_eq!(first.count("tools/call"), 0);
    running.end().await;
}
