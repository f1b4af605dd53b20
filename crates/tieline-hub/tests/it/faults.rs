//! Servers that are down, slow, busy or forgetful: what the callers of that server see, and that nobody else sees
//! anything. Each test has the number of its fault; `cargo xtask faults` runs them for long.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tieline_domain::Actor;
use tieline_hub::{ConnectorStatus, HubSettings};
use tieline_mcp::Limits;
use tieline_testkit::faults::rounds;
use tieline_testkit::{At, Canned, FakeMcp, FakeTool, Fault, eventually_async};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::world::{Session, World, settings, text, word};

const TOOL: &str = "mcp__acme_mcp__search";
/// Nobody waits for another server; this leaves room for a machine with a lot to do.
const UNDISTURBED: Duration = Duration::from_millis(250);

async fn acme(server: &FakeMcp) -> (World, Session) {
    let world = World::start().await;
    world.connect("Acme MCP", server, "").await;
    let session = world.session("Ada").await;
    (world, session)
}

/// The word of a call, and how long it took.
async fn timed(world: &World, session: &Session, tool: &str) -> (&'static str, Duration) {
    let begun = Instant::now();
    let outcome = world.call(session, tool).await;
    (word(&outcome), begun.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_a_server_that_refuses_connections_fails_quickly_and_alone() {
    let world = World::start().await;
    let healthy = FakeMcp::modern().tools(["search"]).start().await;
    for number in 1..50 {
        // The same server under 49 addresses.
        let url = format!("{}?n={number}", healthy.url());
        world.add(&format!("Good {number}"), &url, "").await;
    }
    let dead = FakeMcp::modern().tools(["search"]).start().await;
    world.connect("Acme MCP", &dead, "").await;
    eventually_async(|| async { (world.hub.catalog().tools().count() == 50).then_some(()) }).await;
    let session = world.session("Ada").await;
    dead.shut_down().await;

    let good = |number: usize| format!("mcp__good_{}__search", number % 49 + 1);
    let (mut alone, mut beside, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds(200) {
        let (said, took) = timed(&world, &session, &good(round)).await;
        assert_eq!(said, "ok");
        alone.push(took);
        let (bad, name) = (timed(&world, &session, TOOL), good(round));
        let ((refused, quickly), (said, took)) = tokio::join!(bad, timed(&world, &session, &name));
        assert_eq!(said, "ok");
        assert!(
            ["connect_refused", "connector_paused"].contains(&refused),
            "{refused}"
        );
        beside.push(took);
        refusals.push(quickly);
        let begun = Instant::now();
        assert_eq!(world.hub.catalog().tools().count(), 50);
        assert!(begun.elapsed() < UNDISTURBED, "a session's start waited");
    }
    assert!(
        median(refusals.clone()) < Duration::from_millis(50),
        "{refusals:?}"
    );
    let (alone, beside) = (median(alone), median(beside));
    println!("median of a healthy call alone {alone:?}, beside a dead server {beside:?}");
    assert!(
        beside < alone * 3 + Duration::from_millis(5),
        "{alone:?} {beside:?}"
    );
}

/// An address that takes no connection and refuses none: its queue is full and nobody empties it.
pub(crate) async fn black_hole() -> (String, Vec<TcpStream>, tokio::net::TcpListener) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(([127, 0, 0, 1], 0).into())
        .expect("a free port");
    let listener = socket.listen(1).expect("a queue of one");
    let address = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    loop {
        let socket = TcpSocket::new_v4().expect("a socket");
        let connected = socket.connect(address);
        match tokio::time::timeout(Duration::from_millis(200), connected).await {
            Ok(stream) => waiting.push(stream.expect("a place in the queue")),
            Err(_) => return (format!("http://{address}/mcp"), waiting, listener),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_a_server_that_swallows_connections_delays_nobody_and_its_last_list_stays() {
    let limits = Limits {
        connect: Duration::from_secs(1),
        ..Limits::default()
    };
    let world = World::with(HubSettings {
        limits,
        ..settings()
    })
    .await;
    let (hole, _waiting, _listener) = black_hole().await;
    let (server, leaving) = (
        FakeMcp::dual().tools(["search"]).start().await,
        FakeMcp::dual().tools(["search"]).start().await,
    );
    world.connect("Acme MCP", &server, "").await;
    let left = world.connect("Left", &leaving, "").await;
    leaving.shut_down().await;
    let slug = world.add("Hole", &hole, "").await;
    world
        .hub
        .refresh_connector(&left)
        .await
        .expect("a connector");

    // While the checks are stuck, sessions begin and other servers answer.
    let begun = Instant::now();
    let catalog = world.hub.catalog();
    assert!(begun.elapsed() < UNDISTURBED);
    assert_eq!(catalog.tools().count(), 2);
    let session = world.session("Ada").await;
    let (said, took) = timed(&world, &session, TOOL).await;
    assert_eq!(said, "ok");
    assert!(took < UNDISTURBED, "{took:?}");

    let view = world
        .wait_for(&slug, |view| view.status != ConnectorStatus::Checking)
        .await;
    assert_eq!(view.status_code.as_deref(), Some("connect_timeout"));
    let told = view.status_message.as_deref().unwrap_or_default();
    assert!(told.ends_with("this machine (127.0.0.1)."), "{told}");
    world
        .wait_for(&left, |view| view.status != ConnectorStatus::Working)
        .await;
    assert_eq!(world.hub.catalog().tools().count(), 2, "the last good list");
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_a_connection_that_goes_silent_ends_in_time_and_gives_its_place_back() {
    let usual = Limits::default();
    assert!(usual.connect + usual.idle.max(usual.first_byte) <= Duration::from_secs(35));
    let patience = Duration::from_secs(1);
    let limits = Limits {
        first_byte: patience,
        idle: patience,
        ..usual
    };
    let world = World::with(HubSettings {
        limits,
        ..settings()
    })
    .await;
    let server = FakeMcp::modern().without_listen_stream();
    let server = server.tools(["search"]).start().await;
    world.connect("Acme MCP", &server, "").await;
    let session = world.session("Ada").await;
    for fault in [Fault::Hang, Fault::SilentSse] {
        server.set_fault_times(At::CallTool, fault.clone(), 1);
        let (said, took) = timed(&world, &session, TOOL).await;
        assert_eq!(said, "timeout", "{fault:?}");
        assert!(took < patience * 3, "{fault:?}: {took:?}");
        eventually_async(|| async { (server.in_flight() == 0).then_some(()) }).await;
        assert_eq!(timed(&world, &session, TOOL).await.0, "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_a_server_that_comes_and_goes_is_not_stormed() {
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let (world, session) = acme(&server).await;
    server.clear_requests();
    let calls = AtomicUsize::new(0);
    for _ in 0..rounds(4) {
        server.set_fault(At::Any, Fault::Status(503));
        for _ in 0..20 {
            let (said, _) = timed(&world, &session, TOOL).await;
            assert!(
                ["upstream_error", "connector_paused"].contains(&said),
                "{said}"
            );
            calls.fetch_add(1, Ordering::SeqCst);
        }
        server.clear_faults();
        eventually_async(|| async {
            calls.fetch_add(1, Ordering::SeqCst);
            (timed(&world, &session, TOOL).await.0 == "ok").then_some(())
        })
        .await;
    }
    let (asked, calls) = (server.requests().len(), calls.into_inner());
    println!("{calls} calls, {asked} requests");
    assert!(
        asked <= calls + calls / 10,
        "{asked} requests for {calls} calls"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_a_server_that_asks_for_a_rest_gets_it_from_everybody() {
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let (world, ada) = acme(&server).await;
    let bob = world.session("Bob").await;
    let busy = Canned::json("").status(429).header("retry-after", "2");
    server.set_fault_times(At::CallTool, Fault::Answer(busy), 1);
    let told = Instant::now();
    let outcome = world.call(&ada, TOOL).await;
    assert_eq!(word(&outcome), "rate_limited");
    for _ in 0..rounds(20) {
        let (said, took) = timed(&world, &bob, TOOL).await;
        assert_eq!(said, "rate_limited");
        assert!(took < UNDISTURBED, "{took:?}");
        assert_eq!(server.count("tools/call"), 1, "a call came too early");
        if told.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    eventually_async(|| async { (timed(&world, &bob, TOOL).await.0 == "ok").then_some(()) }).await;
    assert!(
        told.elapsed() >= Duration::from_secs(2),
        "{:?}",
        told.elapsed()
    );
    assert_eq!(server.count("tools/call"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_call_that_broke_after_it_was_sent_runs_once() {
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let (world, session) = acme(&server).await;
    let rounds = rounds(100);
    for round in 0..rounds {
        // Before the first byte of the body, and after some.
        server.set_fault_times(At::CallTool, Fault::CutAfter(round % 3 * 7), 1);
        assert_eq!(timed(&world, &session, TOOL).await.0, "interrupted");
        assert_eq!(timed(&world, &session, TOOL).await.0, "ok");
    }
    assert_eq!(
        server.count("tools/call"),
        2 * rounds,
        "a call was repeated"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_a_token_that_changes_under_load_fails_no_call() {
    const OLD: &str = "Bearer token-number-0";
    let server = FakeMcp::modern().tools(["search"]).start().await;
    let world = Arc::new(World::start().await);
    let slug = world.connect("Acme MCP", &server, OLD).await;
    let (stop, calls) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = ["Ada", "Bob", "Cy", "Di"]
        .map(|name| {
            let (world, stop, calls) = (world.clone(), stop.clone(), calls.clone());
            tokio::spawn(async move {
                let session = world.session(name).await;
                while stop.load(Ordering::SeqCst) == 0 {
                    assert_eq!(timed(&world, &session, TOOL).await.0, "ok");
                    calls.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .into();
    let session = world.session("Eve").await;
    let mut tokens: HashSet<String> = [OLD.to_owned()].into();
    for number in 1..=rounds(10) {
        let token = format!("Bearer token-number-{number}");
        let rotated = world
            .hub
            .rotate_connector(&Actor::CommandLine, &slug, &token, true);
        rotated.await.expect("a rotation");
        server.clear_requests();
        assert_eq!(timed(&world, &session, TOOL).await.0, "ok");
        // Whatever began after the rotation carries the new token; what was under way may carry the one before.
        let last = server.requests_for("tools/call").pop().expect("a call");
        let sent = last.header("authorization").expect("a token").to_owned();
        tokens.insert(token.clone());
        assert!(tokens.contains(&sent), "{sent}");
        let mine = server.requests_for("tools/call");
        assert!(
            mine.iter()
                .any(|call| call.header("authorization") == Some(&*token))
        );
    }
    stop.store(1, Ordering::SeqCst);
    for caller in callers {
        caller.await.expect("no call failed");
    }
    println!(
        "{} calls beside the rotations",
        calls.load(Ordering::SeqCst)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_a_session_that_the_server_forgot_costs_no_call_and_runs_none_twice() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let tool = FakeTool::echo("search").computing(move |_| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        format!(r#"{{"content":[{{"type":"text","text":"run {run}"}}]}}"#)
    });
    let server = FakeMcp::legacy().with_sessions().without_listen_stream();
    let server = server.tool(tool).start().await;
    let (world, session) = acme(&server).await;
    for round in 0..rounds(100) {
        let outcome = world.call(&session, TOOL).await;
        assert_eq!(text(&outcome), format!("run {round}"));
        server.lose_sessions();
    }
}
