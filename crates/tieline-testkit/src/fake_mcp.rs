//! An MCP server in the test's own process: any era, any transport, any misbehaviour, and a log of what it was sent.
//!
//! It plays the server only. What a client should make of it is for the test to say.

mod answer;
mod builder;
mod dialogue;
mod drip;
mod fault;
mod http_sse;
mod legacy;
mod log;
mod modern;
mod news;
mod offers;
mod server;
mod tool;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::wire::OfferKind;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

pub use builder::{Answers, FakeMcpBuilder};
pub use drip::{Drip, Drips};
pub use fault::{At, Canned, Fault, Hold};
pub use log::RecordedRequest;
pub use tool::{Compute, FakeTool, ToolReply};

use builder::Config;
use fault::Faults;

/// A running fake server. It stops when it is dropped.
#[derive(Debug)]
pub struct FakeMcp {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: Option<tokio::task::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    state: Mutex<State>,
    /// Reaches everyone who listens.
    changes: broadcast::Sender<news::Announcement>,
    stop: CancellationToken,
    in_flight: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    tools: Vec<FakeTool>,
    offers: Vec<(OfferKind, Box<RawValue>)>,
    required: Option<(http::HeaderName, String)>,
    faults: Faults,
    log: Vec<RecordedRequest>,
    /// Legacy sessions that are alive.
    sessions: Vec<String>,
    /// Open streams of HTTP+SSE clients, by session.
    streams: HashMap<String, mpsc::UnboundedSender<Bytes>>,
    /// Cancelled to end every open stream of news.
    streams_end: CancellationToken,
    /// Addresses that are followed, one entry for each follower.
    followed: Vec<String>,
    /// Requests of tools that wait for a reply.
    asked: HashMap<String, tokio::sync::oneshot::Sender<String>>,
    last_number: u64,
}

impl FakeMcp {
    /// A server that speaks both eras, without legacy sessions.
    pub fn dual() -> FakeMcpBuilder {
        FakeMcpBuilder::new(true, true)
    }

    /// A server that speaks only the modern era.
    pub fn modern() -> FakeMcpBuilder {
        FakeMcpBuilder::new(true, false)
    }

    /// A server that speaks only the legacy era over Streamable HTTP, without sessions.
    pub fn legacy() -> FakeMcpBuilder {
        FakeMcpBuilder::new(false, true)
    }

    /// A server that speaks only HTTP+SSE of 2024-11-05.
    pub fn http_sse() -> FakeMcpBuilder {
        FakeMcpBuilder::new(false, false).over_http_sse()
    }

    /// The URL that an admin would enter.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.config.path)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port`, without a path.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the tools and tells everyone who listens that the list changed.
    pub fn set_tools(&self, tools: impl IntoIterator<Item = FakeTool>) {
        self.shared.state().tools = tools.into_iter().collect();
        self.announce_change();
    }

    /// Replaces the tools without telling anyone.
    pub fn set_tools_quietly(&self, tools: impl IntoIterator<Item = FakeTool>) {
        self.shared.state().tools = tools.into_iter().collect();
    }

    /// How many clients listen for changes of the tool list.
    pub fn listeners(&self) -> usize {
        self.shared.changes.receiver_count()
    }

    /// From now on every request must carry this header with exactly this value.
    pub fn require(&self, header: &str, value: &str) {
        self.shared.state().required = Some(builder::required(header, value));
    }

    /// Misbehaves at a point until the faults are cleared. A later fault for the same point comes first.
    pub fn set_fault(&self, at: At, fault: Fault) {
        self.shared.state().faults.add(at, fault, None);
    }

    /// Misbehaves at a point for a number of times.
    pub fn set_fault_times(&self, at: At, fault: Fault, times: u32) {
        self.shared.state().faults.add(at, fault, Some(times));
    }

    /// Makes requests at a point wait until the returned hold is released.
    pub fn hold(&self, at: At) -> Hold {
        let hold = Hold::new();
        self.set_fault(at, Fault::Hold(hold.clone()));
        hold
    }

    /// Behaves again.
    pub fn clear_faults(&self) {
        self.shared.state().faults = Faults::default();
    }

    /// Forgets all legacy sessions: the next request with one gets 404.
    pub fn lose_sessions(&self) {
        self.shared.state().sessions.clear();
    }

    /// The legacy sessions that are alive.
    pub fn sessions(&self) -> Vec<String> {
        self.shared.state().sessions.clone()
    }

    /// Everything that was received so far, in order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().log.clone()
    }

    /// The requests with a JSON-RPC method.
    pub fn requests_for(&self, method: &str) -> Vec<RecordedRequest> {
        self.requests()
            .into_iter()
            .filter(|request| request.rpc_method() == Some(method))
            .collect()
    }

    /// How often a JSON-RPC method was called.
    pub fn count(&self, method: &str) -> usize {
        self.requests_for(method).len()
    }

    /// Empties the log.
    pub fn clear_requests(&self) {
        self.shared.state().log.clear();
    }

    /// Fails the test unless every request so far carried a header with exactly this value, and exactly once.
    pub fn assert_every_request_has(&self, header: &str, value: &str) {
        let requests = self.requests();
        assert!(!requests.is_empty(), "no request was received");
        for request in requests {
            let sent: Vec<_> = request.headers.get_all(header).iter().collect();
            assert_eq!(
                sent,
                [value],
                "{header} of {} {} {:?}",
                request.method,
                request.path,
                request.rpc_method()
            );
        }
    }

    /// How many requests are being answered right now, open streams included.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Stops and waits until the port is closed.
    pub async fn shut_down(mut self) {
        self.shared.stop.cancel();
        if let Some(task) = self.task.take() {
            // A client that keeps its connection open must not keep the test waiting.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(2), task).await;
        }
    }
}

impl Drop for FakeMcp {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// A text that this server never used before.
    fn unused(&self, prefix: &str) -> String {
        let mut state = self.state();
        state.last_number += 1;
        format!("{prefix}-{}", state.last_number)
    }
}
