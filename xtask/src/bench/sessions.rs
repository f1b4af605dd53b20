//! How long a new client waits: `initialize`, then every page of `tools/list`, over many connectors; and what that
//! costs beside a bare server that sends the same bytes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::bare::Bare;
use super::http::{self, Connection};
use super::subject::{Installation, Subject};
use super::upstream::{TOOLS, Upstream, between};
use super::{Row, milliseconds, percentile, times};

/// How many connectors there are.
pub(crate) const CONNECTORS: usize = 50;
const SESSIONS: usize = 200;
const LIMIT: &str = "p50 10 ms";
/// Sessions of each round beside the bare server: CPU time is counted in ticks of 10 ms.
const COMPARED: usize = 1000;
const ROUNDS: usize = 5;

/// What a client heard when its session began.
pub(crate) struct Heard {
    pub(crate) initialize: Vec<u8>,
    pub(crate) tools_list: Vec<u8>,
    micros: u64,
}

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
            times.push(session(tieline.address, &installation.key)?.micros);
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
    let compared = beside_bare(&tieline, &installation.key)?;
    doomed.die();
    stuck.delay(Duration::from_hours(1));
    measure("one dead, one hanging")?;
    healthy.delay(Duration::from_millis(500));
    measure("the others 500 ms slow as well")?;
    rows.extend(compared);
    Ok(rows)
}

/// The same sessions with Tieline and with the bare server, in turns; the middle round of each counts.
fn beside_bare(tieline: &Subject, key: &str) -> Result<Vec<Row>> {
    let bare = Bare::start(&session(tieline.address, key)?)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}, {COMPARED} sessions each");
        theirs.push(round_of(bare.address, key, || bare.cpu_micros())?);
        ours.push(round_of(tieline.address, key, || tieline.cpu_micros())?);
    }
    let ((our_time, our_cpu), (their_time, their_cpu)) = (middle(&ours), middle(&theirs));
    Ok(vec![
        Row::new(
            "New session, Tieline : bare server that sends the same bytes, p50",
            format!(
                "{} : {}, {}",
                milliseconds(our_time),
                milliseconds(their_time),
                times(our_time, their_time)
            ),
            "1.2 ×",
        ),
        Row::new(
            "The same, CPU",
            format!("{our_cpu} : {their_cpu} µs, {}", times(our_cpu, their_cpu)),
            "1.2 ×",
        ),
    ])
}

/// The middle time of one round's sessions and the CPU time of each, in microseconds.
fn round_of(address: SocketAddr, key: &str, cpu: impl Fn() -> Result<u64>) -> Result<(u64, u64)> {
    let before = cpu()?;
    let mut times = Vec::with_capacity(COMPARED);
    for _ in 0..COMPARED {
        times.push(session(address, key)?.micros);
    }
    times.sort_unstable();
    let used = (cpu()? - before) / u64::try_from(COMPARED)?;
    Ok((percentile(&times, 500), used))
}

/// The middle of the rounds, for each figure by itself.
fn middle(rounds: &[(u64, u64)]) -> (u64, u64) {
    let of = |figure: fn(&(u64, u64)) -> u64| {
        let mut figures: Vec<u64> = rounds.iter().map(figure).collect();
        figures.sort_unstable();
        percentile(&figures, 500)
    };
    (of(|round| round.0), of(|round| round.1))
}

/// One legacy session on a connection of its own, from the first byte to the end of the list.
fn session(address: SocketAddr, key: &str) -> Result<Heard> {
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
    let initialize_answer = answer.body;
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
    let tools_list = loop {
        let list = format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{params}}}"#);
        let answer = http::exchange(
            &mut connection,
            &http::post(address, "/mcp", &headers, &list),
        )?;
        let text = answer.text()?;
        listed += text.matches("\"inputSchema\"").count();
        match between(text, "\"nextCursor\":\"", &['"']) {
            Some(cursor) => params = format!(r#"{{"cursor":"{cursor}"}}"#),
            None => break answer.body,
        }
    };
    let micros = begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
    ensure!(
        listed == CONNECTORS * TOOLS,
        "a session lists {listed} tools"
    );
    Ok(Heard {
        initialize: initialize_answer,
        tools_list,
        micros,
    })
}
