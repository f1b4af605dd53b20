//! How a fake server is told what to be.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use http::HeaderName;
use tieline_mcp::wire::{LATEST_LEGACY, Revision};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::fault::{Canned, Faults};
use super::offers::Replies;
use super::{At, FakeMcp, FakeTool, Fault, Shared, State, server};

/// In which form requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// One JSON body.
    Json,
    /// A stream of events that ends with the answer.
    Sse,
}

/// Everything about a server that does not change while it runs.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch that a test turns on its own"
)]
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) modern: bool,
    pub(super) legacy: bool,
    pub(super) http_sse: bool,
    pub(super) sessions: bool,
    pub(super) listen_stream: bool,
    pub(super) open_handshake: bool,
    pub(super) revision: Revision,
    pub(super) answers: Answers,
    pub(super) path: String,
    pub(super) www_authenticate: Option<String>,
    pub(super) name: String,
    pub(super) instructions: Option<String>,
    pub(super) capabilities: String,
    pub(super) ttl_ms: String,
    pub(super) page_size: usize,
    pub(super) endless_pages: bool,
    pub(super) endpoint_event: Option<String>,
    pub(super) pages: HashMap<String, Canned>,
    pub(super) replies: Replies,
}

/// What a fake server is going to be. Made by [`FakeMcp::dual`] and its siblings.
#[derive(Debug)]
pub struct FakeMcpBuilder {
    pub(super) config: Config,
    pub(super) state: State,
}

pub(super) fn required(header: &str, value: &str) -> (HeaderName, String) {
    (header.parse().expect("a header name"), value.to_owned())
}

impl FakeMcpBuilder {
    pub(super) fn new(modern: bool, legacy: bool) -> Self {
        Self {
            config: Config {
                modern,
                legacy,
                http_sse: false,
                sessions: false,
                listen_stream: true,
                open_handshake: false,
                revision: LATEST_LEGACY,
                answers: Answers::Json,
                path: "/mcp".to_owned(),
                www_authenticate: None,
                name: "fake".to_owned(),
                instructions: None,
                capabilities: r#"{"tools":{"listChanged":true}}"#.to_owned(),
                ttl_ms: "60000".to_owned(),
                page_size: usize::MAX,
                endless_pages: false,
                endpoint_event: None,
                pages: HashMap::new(),
                replies: Replies::default(),
            },
            state: State::default(),
        }
    }

    pub(super) fn over_http_sse(mut self) -> Self {
        self.config.http_sse = true;
        "/sse".clone_into(&mut self.config.path);
        self.config.revision = Revision::R20241105;
        self
    }

    /// Mints legacy sessions and insists on them.
    #[must_use]
    pub fn with_sessions(mut self) -> Self {
        self.config.sessions = true;
        self
    }

    /// Answers in events instead of JSON.
    #[must_use]
    pub fn answering(mut self, answers: Answers) -> Self {
        self.config.answers = answers;
        self
    }

    /// Offers no stream for changes: GET gets 405, `subscriptions/listen` is unknown.
    #[must_use]
    pub fn without_listen_stream(mut self) -> Self {
        self.config.listen_stream = false;
        self
    }

    /// The newest legacy revision that it agrees to.
    #[must_use]
    pub fn legacy_revision(mut self, revision: Revision) -> Self {
        self.config.revision = revision;
        self
    }

    /// Adds a tool.
    #[must_use]
    pub fn tool(mut self, tool: FakeTool) -> Self {
        self.state.tools.push(tool);
        self
    }

    /// Adds an echo tool for each name.
    #[must_use]
    pub fn tools<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.state
            .tools
            .extend(names.into_iter().map(FakeTool::echo));
        self
    }

    /// Answers 401 unless a request carries this header with exactly this value.
    #[must_use]
    pub fn requiring(mut self, header: &str, value: &str) -> Self {
        self.state.required = Some(required(header, value));
        self
    }

    /// Lets `server/discover`, `initialize` and notifications pass without the required header.
    #[must_use]
    pub fn with_open_handshake(mut self) -> Self {
        self.config.open_handshake = true;
        self
    }

    /// The `WWW-Authenticate` text of a 401.
    #[must_use]
    pub fn www_authenticate(mut self, text: &str) -> Self {
        self.config.www_authenticate = Some(text.to_owned());
        self
    }

    /// Serves something else on another path, without authentication: metadata, a web page.
    #[must_use]
    pub fn page(mut self, path: &str, canned: Canned) -> Self {
        self.config.pages.insert(path.to_owned(), canned);
        self
    }

    /// Serves MCP under another path than `/mcp` (`/sse` for HTTP+SSE).
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.config.path);
        self
    }

    /// What it calls itself.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.config.name);
        self
    }

    /// Its instructions for the model.
    #[must_use]
    pub fn instructions(mut self, text: &str) -> Self {
        self.config.instructions = Some(text.to_owned());
        self
    }

    /// The JSON text of its `capabilities`, instead of tools whose changes it announces.
    #[must_use]
    pub fn capabilities(mut self, json: &str) -> Self {
        json.clone_into(&mut self.config.capabilities);
        self
    }

    /// The JSON text of `ttlMs` in modern lists.
    #[must_use]
    pub fn ttl_ms(mut self, json: &str) -> Self {
        json.clone_into(&mut self.config.ttl_ms);
        self
    }

    /// Lists so many tools per page.
    #[must_use]
    pub fn page_size(mut self, size: usize) -> Self {
        self.config.page_size = size;
        self
    }

    /// Always names a next page.
    #[must_use]
    pub fn with_endless_pages(mut self) -> Self {
        self.config.endless_pages = true;
        self
    }

    /// What the first HTTP+SSE event says, instead of the real place for messages.
    #[must_use]
    pub fn endpoint_event(mut self, uri: &str) -> Self {
        self.config.endpoint_event = Some(uri.to_owned());
        self
    }

    /// Misbehaves from the start.
    #[must_use]
    pub fn fault(mut self, at: At, fault: Fault) -> Self {
        self.state.faults.add(at, fault, None);
        self
    }

    /// Listens on a free port of 127.0.0.1.
    pub async fn start(self) -> FakeMcp {
        self.start_at(0).await
    }

    /// Listens on a port of 127.0.0.1.
    pub async fn start_at(self, port: u16) -> FakeMcp {
        let shared = Arc::new(Shared {
            config: self.config,
            state: Mutex::new(self.state),
            changes: broadcast::channel(64).0,
            stop: CancellationToken::new(),
            in_flight: AtomicUsize::new(0),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let task = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        FakeMcp {
            shared,
            address,
            task: Some(task),
        }
    }
}

impl Faults {
    pub(super) fn add(&mut self, at: At, fault: Fault, times: Option<u32>) {
        self.list.push((at, fault, times));
    }
}
