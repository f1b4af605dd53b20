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
    let started = Instant::now();
    let parts: Vec<Result<Vec<u64>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| one_connection(address, calls, request, expected)))
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
    let mut latencies = Vec::with_capacity(connections * calls);
    for part in parts {
        latencies.extend(part?);
    }
    latencies.sort_unstable();
    Ok(Load { latencies, elapsed })
}

fn one_connection(
    address: SocketAddr,
    calls: usize,
    request: &[u8],
    expected: &str,
) -> Result<Vec<u64>> {
    let mut connection = Connection::open(address).context("could not connect")?;
    let mut latencies = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        let answer = http::exchange(&mut connection, request)?;
        latencies.push(begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX));
        let text = answer.text()?;
        ensure!(text.contains(expected), "an unexpected answer: {text}");
    }
    Ok(latencies)
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
