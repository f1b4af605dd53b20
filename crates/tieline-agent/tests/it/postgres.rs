//! Several servers on one PostgreSQL database. Needs a server, as `cargo xtask test` starts one, and its client `psql`.

use std::process::Command;
use std::sync::Arc;

use tieline_agent::{AgentSettings, Decision, Follow};
use tieline_domain::{Actor, ToolPolicy};
use tieline_store::DatabaseUrl;
use tieline_testkit::{FakeMcp, ModelReply, eventually};

use crate::world::{World, assert_growing, calls, lines, one};

/// A database of its own; it goes when this is dropped.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests have no configuration that could read the environment"
    )]
    fn new(test: &str) -> Arc<Self> {
        let server = std::env::var("TIELINE_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("needs a PostgreSQL server: run `cargo xtask test`, which starts one or leaves this test out")
        });
        let name = format!("tieline_agent_{test}_{}", std::process::id());
        run_sql(
            &server,
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        );
        Arc::new(Self { server, name })
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        let (front, _) = self.server.rsplit_once('/').expect("a URL with a database");
        DatabaseUrl::parse(&format!("{front}/{}", self.name)).expect("a PostgreSQL URL")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        run_sql(&self.server, &drop);
    }
}

fn run_sql(url: &str, sql: &str) {
    let flags = [
        "--no-psqlrc",
        "--quiet",
        "-v",
        "ON_ERROR_STOP=1",
        url,
        "-c",
        sql,
    ];
    let ran = Command::new("psql").args(flags).output();
    let ran = ran.expect("psql is installed where PostgreSQL is");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{sql}: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_of_one_server_is_seen_stopped_and_approved_at_another() {
    let database = Database::new("two");
    let home = World::on_postgres(&database).await;
    let server = FakeMcp::dual().tools(["read", "pay"]).start().await;
    let slug = home.connect("Acme", &server).await;
    let ask = ToolPolicy::Ask;
    let changed = home
        .hub
        .set_tool_policy(&Actor::CommandLine, &slug, "pay", ask);
    changed.await.expect("set");
    let ada = home.person("Ada").await;
    let id = home.session(&ada).await;
    let other = home.beside(AgentSettings::default()).await;

    home.model
        .then(calls([("mcp__acme__read", "{}"), ("mcp__acme__pay", "{}")]))
        .then(ModelReply::hang())
        .then(ModelReply::text(["ok"]));
    let sent = home
        .agent
        .send(&ada, id, "Pay".to_owned())
        .await
        .expect("sent");
    let call = other.waiting_call_from_store(&ada, id).await;
    other
        .agent
        .decide(&ada, id, call, Decision::Approve)
        .await
        .expect("approved");
    eventually(|| home.model.calls().len() == 2).await;
    assert_eq!(server.count("tools/call"), 2);
    other.send(&ada, id, "And then").await;
    assert!(other.agent.stop(&ada, id).await.expect("asked"));
    let events = other
        .events(&ada, id, sent.after, Follow::Turn(sent.turn))
        .await;
    assert_growing(&events);
    assert_eq!(one(&events, "turn.finished")["stop_reason"], "stopped");
    assert_eq!(
        lines(&other.idle(&ada, id).await),
        [
            "user: Pay",
            "tool: read ok",
            "tool: pay ok",
            "note: Stopped -",
            "user: And then",
            "text: ok"
        ]
    );
    let here = home.events(&ada, id, 0, Follow::UntilIdle).await;
    assert_eq!(here, other.events(&ada, id, 0, Follow::UntilIdle).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_turns_at_once_on_two_servers_all_come_to_their_end() {
    let database = Database::new("many");
    let world = World::on_postgres(&database).await;
    let server = FakeMcp::dual().tools(["read"]).start().await;
    world.connect("Acme", &server).await;
    let other = world.beside(AgentSettings::default()).await;
    let ada = world.person("Ada").await;
    world.model.always(|call| {
        let asked = call.json();
        let last = asked["messages"]
            .as_array()
            .and_then(|all| all.last().cloned());
        if last.is_some_and(|last| last.to_string().contains("tool_result")) {
            ModelReply::text(["ok"])
        } else {
            calls([("mcp__acme__read", "{}"), ("mcp__acme__read", "{}")])
        }
    });
    let mut sessions = Vec::new();
    for number in 0..50 {
        let id = world.session(&ada).await;
        let at = if number % 2 == 0 { &world } else { &other };
        at.send(&ada, id, "one").await;
        // Typed at the other server while the first turn runs, or just after it.
        let at = if number % 2 == 0 { &other } else { &world };
        at.send(&ada, id, "two").await;
        sessions.push(id);
    }
    for id in sessions {
        let shown = lines(&world.idle(&ada, id).await);
        let both = ["one", "two"].map(|text| {
            [
                format!("user: {text}"),
                "tool: read ok".to_owned(),
                "tool: read ok".to_owned(),
                "text: ok".to_owned(),
            ]
        });
        assert_eq!(shown, both.concat());
        assert_growing(&world.events(&ada, id, 0, Follow::UntilIdle).await);
    }
    assert_eq!(server.count("tools/call"), 200);
}
