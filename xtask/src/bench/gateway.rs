//! The gateway beyond one tool and sixteen busy connections: many connectors, half load, many open sessions.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::http::{self, Connection};
use super::load;
use super::nginx::Nginx;
use super::sessions::CONNECTORS;
use super::subject::{Installation, META, Subject};
use super::upstream::{TOOLS, Upstream};
use super::{Row, milliseconds, percentile, tenths, times};

const CONNECTIONS: usize = 16;
const CALLS: usize = 1000;
const ROUNDS: usize = 5;
/// How long calls are sent at half load.
const HALF_LOAD: Duration = Duration::from_secs(3);
const OPEN_SESSIONS: usize = 10_000;
/// An access key may have this many open sessions.
const SESSIONS_PER_KEY: usize = 100;

/// All three.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, "bench-gateway")?;
    for number in 0..CONNECTORS {
        let url = format!("http://{}/c{number}/mcp", upstream.address());
        installation.connect(&format!("Bench {number}"), &url)?;
    }
    let mut keys = vec![installation.key.clone()];
    for number in 1..OPEN_SESSIONS / SESSIONS_PER_KEY {
        keys.push(installation.another_key(&format!("bench {number}"))?);
    }
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, CONNECTORS * TOOLS)?;
    let mut rows = vec![spread(&tieline, &installation.key)?];
    rows.extend(half_load(&tieline, &installation.key, upstream.address())?);
    rows.push(open_sessions(&tieline, &keys)?);
    Ok(rows)
}

/// CPU of calls that go to fifty servers, beside calls that all go to one.
fn spread(tieline: &Subject, key: &str) -> Result<Row> {
    let one = vec![call(tieline.address, key, 0)];
    let all: Vec<Vec<u8>> = (0..CONNECTORS)
        .map(|number| call(tieline.address, key, number))
        .collect();
    let (mut to_one, mut to_all) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        println!("round {round} of {ROUNDS}, one connector and {CONNECTORS}");
        let (one, all) = (cpu_per_call(tieline, &one)?, cpu_per_call(tieline, &all)?);
        // The first one warms up.
        if round > 0 {
            to_one.push(one);
            to_all.push(all);
        }
    }
    let (one, all) = (middle(to_one), middle(to_all));
    Ok(Row::new(
        format!("CPU per `tools/call`, spread over {CONNECTORS} connectors : all to one"),
        format!("{} : {} µs, {}", tenths(all), tenths(one), times(all, one)),
        "1.4 ×",
    ))
}

/// In tenths of a microsecond.
fn cpu_per_call(tieline: &Subject, requests: &[Vec<u8>]) -> Result<u64> {
    let before = tieline.cpu_micros()?;
    let load = load::run_each(tieline.address, CONNECTIONS, CALLS, requests, "xxxxxxxx")?;
    Ok((tieline.cpu_micros()? - before) * 10 / load.latencies.len() as u64)
}

/// What Tieline adds to a call while half as many are sent as it can answer, and what nginx adds to the same. One round
/// says little: on few CPUs it depends on where the operating system puts the threads of all three.
fn half_load(tieline: &Subject, key: &str, upstream: SocketAddr) -> Result<Vec<Row>> {
    let nginx = Nginx::start(upstream, "raw bench token")?;
    let through = call(tieline.address, key, 0);
    let direct = |address| request(address, "/c0/mcp", "raw bench token", "tool_7");
    let full = load::run(tieline.address, CONNECTIONS, CALLS, &through, "xxxxxxxx")?;
    let every = full.elapsed * 2 / u32::try_from(CALLS)?;
    println!("half load: a call each {every:?} over each of {CONNECTIONS} connections");
    let subjects = [
        (tieline.address, through),
        (nginx.address(), direct(nginx.address())),
        (upstream, direct(upstream)),
    ];
    let mut rounds = [const { Vec::new() }; 3];
    for round in 1..=ROUNDS {
        println!("half load, round {round} of {ROUNDS}");
        for ((address, request), rounds) in subjects.iter().zip(&mut rounds) {
            let pace = (every, HALF_LOAD);
            rounds.push(load::run_paced(*address, CONNECTIONS, pace, request)?.latencies);
        }
    }
    let figures = |per_mille| {
        let of_round = |latencies: &Vec<u64>| percentile(latencies, per_mille);
        rounds
            .each_ref()
            .map(|rounds| middle(rounds.iter().map(of_round).collect()))
    };
    let row = |what: &str, per_mille, limit| {
        let [ours, theirs, direct] = figures(per_mille);
        let figure = format!(
            "{} (nginx {}; the server itself takes {})",
            milliseconds(ours.saturating_sub(direct)),
            milliseconds(theirs.saturating_sub(direct)),
            milliseconds(direct)
        );
        let what = format!("Added to a call at half load, {what}, middle of {ROUNDS} rounds");
        Row::new(what, figure, limit)
    };
    Ok(vec![row("p50", 500, "0.15 ms"), row("p99", 990, "1 ms")])
}

/// What open legacy sessions hold in memory, when their clients keep no connection.
fn open_sessions(tieline: &Subject, keys: &[String]) -> Result<Row> {
    println!("opening {OPEN_SESSIONS} sessions");
    let before = tieline.resident_kib()?;
    let begun = Instant::now();
    let mut connection = Connection::open(tieline.address)?;
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
    let mut ids = Vec::with_capacity(OPEN_SESSIONS);
    for key in keys {
        let bearer = format!("Bearer {key}");
        let request = http::post(
            tieline.address,
            "/mcp",
            &[("Authorization", &bearer)],
            initialize,
        );
        for _ in 0..SESSIONS_PER_KEY {
            let answer = http::exchange(&mut connection, &request)?;
            let id = answer.header("mcp-session-id").context("no session id")?;
            ids.push((bearer.clone(), id.to_owned()));
        }
    }
    println!("opened in {:?}", begun.elapsed());
    thread::sleep(Duration::from_secs(1));
    let after = tieline.resident_kib()?;
    // The first and the last are still there.
    for (bearer, id) in ids.first().into_iter().chain(ids.last()) {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Mcp-Session-Id", id.as_str()),
            ("MCP-Protocol-Version", "2025-06-18"),
        ];
        let ping = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
        http::exchange(
            &mut connection,
            &http::post(tieline.address, "/mcp", &headers, ping),
        )?;
    }
    ensure!(ids.len() == OPEN_SESSIONS, "not all sessions opened");
    Ok(Row::new(
        format!("Resident with {OPEN_SESSIONS} open legacy sessions, beyond idle"),
        format!("{} MiB", tenths(after.saturating_sub(before) * 10 / 1024)),
        "200 MiB",
    ))
}

fn call(address: SocketAddr, key: &str, connector: usize) -> Vec<u8> {
    let bearer = format!("Bearer {key}");
    request(
        address,
        "/mcp",
        &bearer,
        &format!("bench_{connector}__tool_7"),
    )
}

fn request(address: SocketAddr, path: &str, authorization: &str, tool: &str) -> Vec<u8> {
    let query = "q".repeat(200);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{"query":"{query}"}},{META}}}}}"#
    );
    let headers = [
        ("Authorization", authorization),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    ];
    http::post(address, path, &headers, &body)
}

fn middle(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    percentile(&figures, 500)
}
