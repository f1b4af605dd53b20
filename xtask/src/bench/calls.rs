//! CPU per `tools/call` through the gateway, beside nginx in front of the same upstream.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::http::Connection;
use super::nginx::Nginx;
use super::subject::{Installation, META, Subject};
use super::upstream::{HELD_BACK, HELD_FOR, LARGE, LARGE_BYTES, TOOLS, Upstream};
use super::{Row, http, load, milliseconds, percentile, tenths, times};

const ROUNDS: usize = 9;
/// How often the wait for the first byte is measured.
const FIRST_BYTES: usize = 200;

/// What is called, and how much at once.
struct Shape {
    what: &'static str,
    query: String,
    connections: usize,
    calls_per_connection: usize,
    limit: &'static str,
}

struct Round {
    /// In tenths of a microsecond.
    cpu_per_call: u64,
    per_second: u64,
    latencies: Vec<u64>,
}

/// Small answers over 16 and 64 connections, and answers of 1 MiB.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, "bench-calls")?;
    installation.connect("Bench", &format!("http://{}/mcp", upstream.address()))?;
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, TOOLS)?;
    let nginx = Nginx::start(upstream.address(), "raw bench token")?;
    let bearer = format!("Bearer {}", installation.key);
    let shape = |what, query, connections, calls_per_connection, limit| Shape {
        what,
        query,
        connections,
        calls_per_connection,
        limit,
    };
    let small = || "q".repeat(200);
    let large = || LARGE.to_owned();
    let mut rows = Vec::new();
    for shape in [
        shape("`tools/call`", small(), 16, 1_000, "2 ×"),
        shape("`tools/call`", small(), 64, 250, "2 ×"),
        shape(
            "`tools/call` with an answer of 1 MiB",
            large(),
            16,
            20,
            "1.5 ×",
        ),
    ] {
        rows.extend(compare(&shape, &tieline, &nginx, &bearer)?);
    }
    let through = request(tieline.address, "bench__tool_7", &bearer, HELD_BACK);
    let direct = request(upstream.address(), "tool_7", "raw bench token", HELD_BACK);
    rows.push(first_byte(
        (tieline.address, &through),
        (upstream.address(), &direct),
    )?);
    Ok(rows)
}

/// Alternates between the two and compares the middle round of each: one lucky round of the yardstick would say as little
/// as one unlucky round.
fn compare(shape: &Shape, tieline: &Subject, nginx: &Nginx, bearer: &str) -> Result<[Row; 3]> {
    let through_tieline = request(tieline.address, "bench__tool_7", bearer, &shape.query);
    let through_nginx = request(nginx.address(), "tool_7", bearer, &shape.query);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        println!(
            "{} over {} connections, round {round} of {ROUNDS}{}",
            shape.what,
            shape.connections,
            if round == 0 { " (warm-up)" } else { "" }
        );
        let nginx_round = measure(shape, nginx.address(), &through_nginx, || {
            nginx.cpu_micros()
        })?;
        let tieline_round = measure(shape, tieline.address, &through_tieline, || {
            tieline.cpu_micros()
        })?;
        if round > 0 {
            theirs.push(nginx_round);
            ours.push(tieline_round);
        }
    }
    let (ours, theirs) = (middle(ours), middle(theirs));
    Ok([
        row("nginx", shape, &theirs),
        row("Tieline", shape, &ours),
        Row::new(
            format!(
                "CPU per {} over {} connections, Tieline : nginx",
                shape.what, shape.connections
            ),
            times(ours.cpu_per_call, theirs.cpu_per_call),
            shape.limit,
        ),
    ])
}

/// How much later the first byte of a large result comes through Tieline than from the server itself, one call at a time.
/// The server holds the second half of it back, so a gateway that reads all of it first is seen to.
fn first_byte(
    (tieline, through): (SocketAddr, &[u8]),
    (upstream, direct): (SocketAddr, &[u8]),
) -> Result<Row> {
    let (mut ours, mut theirs) = (Connection::open(tieline)?, Connection::open(upstream)?);
    let (mut late, mut at_once) = (Vec::new(), Vec::new());
    for _ in 0..FIRST_BYTES {
        late.push(wait_for_first(&mut ours, through)?);
        at_once.push(wait_for_first(&mut theirs, direct)?);
    }
    late.sort_unstable();
    at_once.sort_unstable();
    let figure = [500, 990].map(|per_mille| {
        let [ours, theirs] = [&late, &at_once].map(|waits| percentile(waits, per_mille));
        format!(
            "{} ({} and {})",
            milliseconds(ours.saturating_sub(theirs)),
            milliseconds(ours),
            milliseconds(theirs)
        )
    });
    let what = format!(
        "First byte of a result of 1 MiB whose second half comes {} ms later, later than from the server itself",
        HELD_FOR.as_millis()
    );
    Ok(Row::new(
        what,
        format!("p50 {}, p99 {}", figure[0], figure[1]),
        "2 ms",
    ))
}

/// Microseconds until the first byte of the text in the result is there. The answer is read to its end, and has to be right.
fn wait_for_first(connection: &mut Connection, request: &[u8]) -> Result<u64> {
    const BEGINS: &[u8] = br#""text":"x"#;
    let begun = Instant::now();
    connection.send(request)?;
    let mut waited = None;
    let answer = connection.receive_watched(|body| {
        let here = &body[..body.len().min(4_096)];
        if waited.is_none() && here.windows(BEGINS.len()).any(|window| window == BEGINS) {
            waited = Some(begun.elapsed());
        }
    })?;
    let whole = begun.elapsed();
    let answer = answer.context("the connection was closed")?;
    ensure!(
        answer.head.starts_with("HTTP/1.1 200 "),
        "{}: {}",
        answer.head.lines().next().unwrap_or_default(),
        answer.text().unwrap_or_default()
    );
    let text = "x".repeat(LARGE_BYTES);
    let result = format!(
        r#""result":{{"content":[{{"type":"text","text":"{text}"}}],"resultType":"complete"}}}}"#
    );
    let message = answer.text()?;
    let is_right = message.starts_with(r#"{"jsonrpc":"2.0","id":1,"#) && message.ends_with(&result);
    ensure!(is_right, "another answer than the server's");
    ensure!(whole >= HELD_FOR, "the server held nothing back");
    let waited = waited.context("a text without a beginning")?;
    Ok(waited.as_micros().try_into().unwrap_or(u64::MAX))
}

fn request(address: SocketAddr, tool: &str, bearer: &str, query: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{"query":"{query}"}},{META}}}}}"#
    );
    let headers = [
        ("Authorization", bearer),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    ];
    http::post(address, "/mcp", &headers, &body)
}

fn measure(
    shape: &Shape,
    address: SocketAddr,
    request: &[u8],
    cpu: impl Fn() -> Result<u64>,
) -> Result<Round> {
    let before = cpu()?;
    let load = load::run(
        address,
        shape.connections,
        shape.calls_per_connection,
        request,
        "xxxxxxxx",
    )?;
    let used = cpu()? - before;
    let calls = load.latencies.len() as u64;
    let micros = u64::try_from(load.elapsed.as_micros())?;
    Ok(Round {
        cpu_per_call: used * 10 / calls,
        per_second: calls * 1_000_000 / micros.max(1),
        latencies: load.latencies,
    })
}

fn middle(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by_key(|round| round.cpu_per_call);
    rounds.swap_remove(rounds.len() / 2)
}

fn row(who: &str, shape: &Shape, round: &Round) -> Row {
    let Round {
        cpu_per_call,
        per_second,
        latencies,
    } = round;
    let figure = format!(
        "{} µs CPU per call, {per_second} calls/s, p50 {}, p99 {}",
        tenths(*cpu_per_call),
        milliseconds(percentile(latencies, 500)),
        milliseconds(percentile(latencies, 990))
    );
    Row::new(
        format!(
            "{who}, {} over {} connections",
            shape.what, shape.connections
        ),
        figure,
        "–",
    )
}
