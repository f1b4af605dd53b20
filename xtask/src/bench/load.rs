//! The load generator: some connections, each sending one request after the other.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::http::{self, Connection};

/// What a run came to; latencies in microseconds, sorted.
pub(crate) struct Load {
    pub(crate) latencies: Vec<u64>,
    pub(crate) elapsed: Duration,
}

/// Sends `request` `calls` times over each of `connections`; every answer must hold `expected`.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    calls: usize,
    request: &[u8],
    expected: &str,
) -> Result<Load> {
    run_each(address, connections, calls, &[request.to_vec()], expected)
}

/// The same with several requests, which each connection sends in turns.
pub(crate) fn run_each(
    address: SocketAddr,
    connections: usize,
    calls: usize,
    requests: &[Vec<u8>],
    expected: &str,
) -> Result<Load> {
    together(connections, |number| {
        let mut connection = Connection::open(address).context("could not connect")?;
        let mut latencies = Vec::with_capacity(calls);
        for call in 0..calls {
            // Each begins elsewhere, so that they do not all ask the same at once.
            let request = &requests[(number + call) % requests.len()];
            latencies.push(one_call(&mut connection, request, expected)?);
        }
        Ok(latencies)
    })
}

/// Sends `request` over each of `connections` every so often, for some time. A call that is late because the one before
/// took long counts from when it should have been sent.
pub(crate) fn run_paced(
    address: SocketAddr,
    connections: usize,
    (every, during): (Duration, Duration),
    request: &[u8],
) -> Result<Load> {
    let begin = Instant::now() + Duration::from_millis(50);
    together(connections, |number| {
        let mut connection = Connection::open(address).context("could not connect")?;
        let mut latencies = Vec::new();
        let offset = every * u32::try_from(number)? / u32::try_from(connections)?;
        let mut due = begin + offset;
        while due < begin + during {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let late = Instant::now().saturating_duration_since(due);
            // The timer of the kernel is not the server's fault, a queue of calls is.
            let waited = late.saturating_sub(every);
            let took = one_call(&mut connection, request, "xxxxxxxx")?;
            latencies.push(took + u64::try_from(waited.as_micros())?);
            due += every;
        }
        Ok(latencies)
    })
}

/// Runs each connection on a thread of its own and puts their latencies together.
fn together(connections: usize, one: impl Fn(usize) -> Result<Vec<u64>> + Sync) -> Result<Load> {
    let started = Instant::now();
    let parts: Vec<Result<Vec<u64>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|number| {
                let one = &one;
                scope.spawn(move || one(number))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a load thread panicked"))
                    .flatten()
            })
            .collect()
    });
    let elapsed = started.elapsed();
    let mut latencies = Vec::new();
    for part in parts {
        latencies.extend(part?);
    }
    latencies.sort_unstable();
    Ok(Load { latencies, elapsed })
}

/// One request and its answer; the time in microseconds.
fn one_call(connection: &mut Connection, request: &[u8], expected: &str) -> Result<u64> {
    let begun = Instant::now();
    let answer = http::exchange(connection, request)?;
    let took = begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
    let text = answer.text()?;
    ensure!(text.contains(expected), "an unexpected answer: {text}");
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::super::upstream::Upstream;
    use super::*;

    #[test]
    fn every_call_is_counted() {
        let upstream = Upstream::start().expect("a free port");
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tool_1"}}"#;
        let request = http::post(upstream.address(), "/mcp", &[], call);
        let load = run(upstream.address(), 2, 10, &request, "xxxx").expect("a run");
        assert_eq!(load.latencies.len(), 20);
        assert!(run(upstream.address(), 1, 1, &request, "something else").is_err());
    }
}
