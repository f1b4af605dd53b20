//! How long a new client waits: `initialize`, then every page of `tools/list`, over many connectors.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::http::{self, Connection};
use super::subject::Installation;
use super::upstream::{TOOLS, Upstream, between};
use super::{Row, milliseconds, percentile};

/// How many connectors there are.
pub(crate) const CONNECTORS: usize = 50;
const SESSIONS: usize = 200;
const LIMIT: &str = "p50 10 ms";

/// Measures with healthy upstreams, with slow ones, and with one dead and one hanging among them.
pub(crate) fn run(binary: &Path) -> Result<Vec<Row>> {
    let (healthy, doomed, stuck) = (Upstream::start()?, Upstream::start()?, Upstream::start()?);
    let installation = Installation::create(binary, "bench-sessions")?;
    for number in 0..CONNECTORS {
        let upstream = match number {
            0 => &doomed,
            1 => &stuck,
            _ => &healthy,
        };
        installation.connect(
            &format!("Bench {number}"),
            &format!("http://{}/c{number}/mcp", upstream.address()),
        )?;
    }
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, CONNECTORS * TOOLS)?;

    let mut rows = Vec::new();
    let mut measure = |what: &str| -> Result<()> {
        println!("{SESSIONS} sessions, {what}");
        let mut times = Vec::with_capacity(SESSIONS);
        for _ in 0..SESSIONS {
            times.push(session(tieline.address, &installation.key)?);
        }
        times.sort_unstable();
        let figure = format!(
            "p50 {}, p99 {}",
            milliseconds(percentile(&times, 500)),
            milliseconds(percentile(&times, 990))
        );
        rows.push(Row::new(
            format!("New session, {CONNECTORS} connectors × {TOOLS} tools, {what}"),
            figure,
            LIMIT,
        ));
        Ok(())
    };
    measure("all healthy")?;
    doomed.die();
    stuck.delay(Duration::from_hours(1));
    measure("one dead, one hanging")?;
    healthy.delay(Duration::from_millis(500));
    measure("the others 500 ms slow as well")?;
    Ok(rows)
}

/// One legacy session on a connection of its own; the time in microseconds.
fn session(address: SocketAddr, key: &str) -> Result<u64> {
    let bearer = format!("Bearer {key}");
    let begun = Instant::now();
    let mut connection = Connection::open(address)?;
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
    let answer = http::exchange(
        &mut connection,
        &http::post(address, "/mcp", &[("Authorization", &bearer)], initialize),
    )?;
    let id = answer
        .header("mcp-session-id")
        .context("the gateway gave no session id")?
        .to_owned();
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Mcp-Session-Id", &id),
        ("MCP-Protocol-Version", "2025-06-18"),
    ];
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    http::exchange(
        &mut connection,
        &http::post(address, "/mcp", &headers, initialized),
    )?;
    let (mut listed, mut params) = (0, String::from("{}"));
    loop {
        let list = format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{params}}}"#);
        let answer = http::exchange(
            &mut connection,
            &http::post(address, "/mcp", &headers, &list),
        )?;
        let text = answer.text()?;
        listed += text.matches("\"inputSchema\"").count();
        match between(text, "\"nextCursor\":\"", &['"']) {
            Some(cursor) => params = format!(r#"{{"cursor":"{cursor}"}}"#),
            None => break,
        }
    }
    let time = begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
    ensure!(
        listed == CONNECTORS * TOOLS,
        "a session lists {listed} tools"
    );
    Ok(time)
}
