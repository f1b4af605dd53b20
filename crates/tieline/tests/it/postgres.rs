//! The binary on PostgreSQL. Needs a server, as `cargo xtask test` starts one, and its client `psql`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tieline_testkit::{FakeMcp, eventually_async};
use tokio::time::timeout;

use crate::place::Place;

/// Takes every table of ours for itself: nobody else can even read them.
const LOCK_EVERYTHING: &str = "BEGIN; DO $$ DECLARE t record; BEGIN \
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', t.tablename); END LOOP; END $$; SELECT 'locked';\n";

/// A database of its own; it goes when this is dropped.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests have no configuration that could read the environment"
    )]
    fn new(test: &str) -> Self {
        let server = std::env::var("TIELINE_TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("needs a PostgreSQL server: run `cargo xtask test`, which starts one or leaves this test out")
        });
        let name = format!("tieline_binary_{test}_{}", std::process::id());
        run_sql(
            &server,
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        );
        let mut url = url::Url::parse(&server).expect("a URL");
        url.set_path(&name);
        Self {
            server,
            url: url.to_string(),
            name,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run_sql(
            &self.server,
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        );
    }
}

fn psql(url: &str) -> Command {
    let mut command = Command::new("psql");
    command.args([
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "-v",
        "ON_ERROR_STOP=1",
        url,
    ]);
    command
}

fn run_sql(url: &str, sql: &str) {
    let ran = psql(url).args(["-c", sql]).output();
    let ran = ran.expect("psql is installed where PostgreSQL is");
    assert!(
        ran.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Somebody else who has locked the whole database.
struct Locked {
    psql: Child,
    out: BufReader<ChildStdout>,
}

impl Locked {
    fn take(url: &str) -> Self {
        let mut psql = psql(url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let out = BufReader::new(psql.stdout.take().expect("a pipe"));
        let mut locked = Self { psql, out };
        locked.say(LOCK_EVERYTHING);
        let mut line = String::new();
        locked.out.read_line(&mut line).expect("an answer");
        assert_eq!(line, "locked\n");
        locked
    }

    fn say(&mut self, sql: &str) {
        let stdin = self.psql.stdin.as_mut().expect("a pipe");
        stdin.write_all(sql.as_bytes()).expect("psql listens");
        stdin.flush().expect("psql listens");
    }

    fn release(mut self) {
        self.say("COMMIT;\n");
        drop(self.psql.stdin.take());
        assert!(self.psql.wait().expect("psql ends").success());
    }
}

#[tokio::test]
async fn everything_works_on_it_also_after_a_restart() {
    let database = Database::new("works");
    let place = Place::on(&database.url);
    place.add_admin().await;
    let key = place.key().await;
    let shop = FakeMcp::dual()
        .requiring("x-api-key", "token-0123456789")
        .tools(["search"])
        .start()
        .await;
    let add = [
        "connector",
        "add",
        "Acme MCP",
        &shop.url(),
        "--token-stdin",
        "--auth-header",
        "X-Api-Key",
    ];
    let slug = place.run_with(&add, "token-0123456789").await.succeeded();
    assert_eq!(slug.trim(), "acme_mcp");
    for _ in 0..2 {
        let mut server = place.serve().await;
        let client = server.client(&key);
        eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;
        let answer = client.call("acme_mcp__search").await;
        assert!(answer.body.contains("\"result\""), "{answer:?}");
        server.stop().await;
    }
    assert!(!place.data("tieline.db").exists(), "nothing is in SQLite");
    let people = place.run(&["user", "list"]).await.succeeded();
    assert!(people.contains(crate::place::EMAIL), "{people}");
    place.run(&["audit", "verify"]).await.succeeded();
    place
        .run(&["connector", "remove", "acme_mcp", "--yes"])
        .await
        .succeeded();
}

#[tokio::test]
async fn a_call_needs_no_database() {
    const CALLS: usize = 50;
    let database = Database::new("locked");
    let place = Place::on(&database.url);
    place.add_admin().await;
    let key = place.key().await;
    let shop = FakeMcp::dual().tools(["search"]).start().await;
    place
        .run(&["connector", "add", "Acme MCP", &shop.url()])
        .await
        .succeeded();
    let mut server = place.serve().await;
    let client = server.client(&key);
    eventually_async(|| async { (client.tools().await.len() == 1).then_some(()) }).await;

    let locked = Locked::take(&database.url);
    let began = Instant::now();
    for _ in 0..CALLS {
        let call = timeout(Duration::from_secs(5), client.call("acme_mcp__search"));
        let answer = call.await.expect("a call waits for no lock");
        assert!(answer.body.contains("\"result\""), "{answer:?}");
        assert_eq!(client.tools().await, ["acme_mcp__search"]);
    }
    let took = began.elapsed();
    // Proof that the lock holds: what has to ask the database gets no answer.
    let asks = timeout(Duration::from_millis(300), client.get("/api/v1/calls"));
    assert!(
        asks.await.is_err(),
        "the list of calls came although its table is locked"
    );
    locked.release();
    assert!(
        took < Duration::from_secs(10),
        "{CALLS} calls and lists took {took:?}"
    );

    let recorded = async || {
        let calls = client
            .json(http::Method::GET, "/api/v1/calls?limit=100", &json!({}))
            .await;
        calls.body.matches("\"tool\":\"search\"").count()
    };
    eventually_async(|| async { (recorded().await == CALLS).then_some(()) }).await;
    server.stop().await;
}
