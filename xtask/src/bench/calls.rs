//! CPU per `tools/call` through the gateway, beside nginx in front of the same upstream.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use super::nginx::Nginx;
use super::subject::{Installation, META};
use super::upstream::{TOOLS, Upstream};
use super::{Row, http, load, milliseconds, percentile, tenths};

const CONNECTIONS: usize = 16;
const CALLS_PER_CONNECTION: usize = 1000;
const ROUNDS: usize = 9;

struct Round {
    /// In tenths of a microsecond.
    cpu_per_call: u64,
    per_second: u64,
    latencies: Vec<u64>,
}

/// Alternates between the two and compares the middle round of each: one lucky round of the yardstick would say as little
/// as one unlucky round.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, "bench-calls")?;
    installation.connect("Bench", &format!("http://{}/mcp", upstream.address()))?;
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, TOOLS)?;
    let nginx = Nginx::start(upstream.address(), "raw bench token")?;
    let bearer = format!("Bearer {}", installation.key);
    let through_tieline = request(tieline.address, "bench__tool_7", &bearer);
    let through_nginx = request(nginx.address(), "tool_7", &bearer);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        println!(
            "round {round} of {ROUNDS}{}",
            if round == 0 { " (warm-up)" } else { "" }
        );
        let nginx_round = measure(nginx.address(), &through_nginx, || nginx.cpu_micros())?;
        let tieline_round = measure(tieline.address, &through_tieline, || tieline.cpu_micros())?;
        if round > 0 {
            theirs.push(nginx_round);
            ours.push(tieline_round);
        }
    }
    let (ours, theirs) = (middle(ours), middle(theirs));
    let ratio = ours.cpu_per_call * 10 / theirs.cpu_per_call.max(1);
    Ok(vec![
        row("nginx", &theirs),
        row("Tieline", &ours),
        Row::new(
            "CPU per `tools/call`, Tieline : nginx",
            format!("{} ×", tenths(ratio)),
            "3 ×",
        ),
    ])
}

fn request(address: SocketAddr, tool: &str, bearer: &str) -> Vec<u8> {
    let query = "q".repeat(200);
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

fn measure(address: SocketAddr, request: &[u8], cpu: impl Fn() -> Result<u64>) -> Result<Round> {
    let before = cpu()?;
    let load = load::run(
        address,
        CONNECTIONS,
        CALLS_PER_CONNECTION,
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

fn row(who: &str, round: &Round) -> Row {
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
        format!("{who}, `tools/call` over {CONNECTIONS} connections"),
        figure,
        "–",
    )
}
