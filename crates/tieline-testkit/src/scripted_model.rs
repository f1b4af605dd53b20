//! A model API that says what the test tells it to: Anthropic Messages and chat completions on one port of loopback.
//!
//! Which of the two it speaks is decided by the path that is asked. It knows nothing of the code that calls it.

mod render;
mod reply;
mod server;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use tieline_domain::ModelKind;
use tokio::sync::Semaphore;

pub use reply::ModelReply;

/// A request that reached the scripted model.
#[derive(Clone, Debug)]
pub struct ModelCall {
    /// The wire format that was asked for.
    pub kind: ModelKind,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl ModelCall {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

type Compute = Box<dyn Fn(&ModelCall) -> ModelReply + Send + Sync>;

/// A model API on a free port. It stops when it is dropped.
pub struct ScriptedModel {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    script: Mutex<Script>,
    calls: Mutex<Vec<ModelCall>>,
    keeps_calls: AtomicBool,
    in_flight: AtomicUsize,
    released: Semaphore,
}

#[derive(Default)]
struct Script {
    queue: VecDeque<ModelReply>,
    always: Option<Compute>,
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no holder of this lock panics")
    }

    /// The next reply of the queue, then what is said always.
    fn reply_to(&self, call: &ModelCall) -> ModelReply {
        let mut script = self.script();
        if let Some(reply) = script.queue.pop_front() {
            return reply;
        }
        match &script.always {
            Some(compute) => compute(call),
            None => ModelReply::status(500)
                .body(r#"{"error":{"type":"api_error","message":"the script is at its end"}}"#),
        }
    }
}

impl ScriptedModel {
    /// Starts one without a script.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            calls: Mutex::default(),
            keeps_calls: AtomicBool::new(true),
            in_flight: AtomicUsize::new(0),
            released: Semaphore::new(0),
        });
        let task = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            task,
        }
    }

    /// The base URL for a model API of this kind.
    pub fn url(&self, kind: ModelKind) -> String {
        match kind {
            ModelKind::Anthropic => format!("http://{}", self.address),
            ModelKind::OpenAi => format!("http://{}/v1", self.address),
        }
    }

    /// Adds a reply to the script. Each is used once, in the order of the requests.
    pub fn then(&self, reply: ModelReply) -> &Self {
        self.shared.script().queue.push_back(reply);
        self
    }

    /// What every request gets for which the script has no reply of its own.
    pub fn always(
        &self,
        compute: impl Fn(&ModelCall) -> ModelReply + Send + Sync + 'static,
    ) -> &Self {
        self.shared.script().always = Some(Box::new(compute));
        self
    }

    /// Keeps no requests any more; for measurements.
    pub fn forget_calls(&self) -> &Self {
        self.shared.keeps_calls.store(false, Ordering::SeqCst);
        self
    }

    /// The requests so far.
    pub fn calls(&self) -> Vec<ModelCall> {
        self.shared
            .calls
            .lock()
            .expect("no holder of this lock panics")
            .clone()
    }

    /// How many requests are being answered. One whose client left is not.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Lets so many pauses end, now or when they come.
    pub fn release(&self, pauses: usize) {
        self.shared.released.add_permits(pauses);
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
