//! The MCP gateway: `/mcp` with what every connector offers, and `/mcp/{slug}` with what one connector offers, verbatim.
//!
//! It translates between HTTP and `hub`: who calls, in which era, what they may see, and how the outcome of a call is
//! written. It must not know how a server is reached, hold a credential, or ask the database anything.

mod asked;
mod attended;
mod awake;
mod batch;
mod caller;
mod cancel;
mod client_labels;
mod completion;
mod cursor;
mod discover;
mod door;
mod endpoint;
mod errors;
mod initialize;
mod listen;
mod lists;
mod load;
mod log_level;
mod origin;
mod passing;
mod pieces;
mod ping;
mod prompts_get;
mod questions;
mod recent;
mod relay;
mod replays;
mod resources_read;
mod routed;
mod session_stream;
mod sessions;
mod stream;
mod stream_log;
mod subscribe;
mod tasks;
mod tools_call;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use tieline_domain::RequestId;
use tieline_hub::Hub;
use tieline_mcp::boxed;
use tokio_util::sync::CancellationToken;

pub use origin::AllowedHosts;
pub use sessions::McpSessions;

use awake::Awake;
use client_labels::ClientLabels;
use door::Door;
use load::KeyLoads;
use recent::RecentCatalogs;
use routed::ParkedCalls;

/// The largest body of a request: 4 MiB.
const MAX_BODY: usize = 4 << 20;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// How long a client may take to send its body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a modern client may keep a list, unless a server wants it shorter. New tools appear within this time; a removal acts at once all the same,
/// because every call is checked against what is in force.
const LIST_TTL_MS: u64 = 60_000;
/// How long a modern client may keep what `server/discover` says.
const DISCOVER_TTL_MS: u64 = 300_000;

/// What an operator may set about the gateway. The defaults are meant to be left alone.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The names under which clients may reach Tieline.
    pub hosts: AllowedHosts,
    /// How many tool calls one access key may have running at once. Default 64.
    pub calls_per_key: u32,
    /// How many streams one access key may have open to wait for news. Default 128.
    pub streams_per_key: u32,
    /// How many of them may wait at legacy servers for a person's answer. Default 32.
    pub parked_per_key: usize,
    /// How many legacy sessions one access key may have; the one that was idle longest gives way. Default 100.
    pub sessions_per_key: usize,
    /// After how long without a request a legacy session ends. Default 30 minutes.
    pub session_idle: Duration,
    /// How often a quiet stream gets a comment, so that no proxy closes it. Default 15 s.
    pub keep_alive: Duration,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            hosts: AllowedHosts::default(),
            calls_per_key: 64,
            streams_per_key: 128,
            parked_per_key: 32,
            sessions_per_key: 100,
            session_idle: Duration::from_mins(30),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// Everything that the gateway keeps in memory. Cloning is cheap and shares it.
#[derive(Clone, Debug)]
pub struct GatewayState(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    hub: Hub,
    settings: GatewaySettings,
    sessions: McpSessions,
    loads: KeyLoads,
    recent: RecentCatalogs,
    labels: ClientLabels,
    parked: ParkedCalls,
}

impl GatewayState {
    /// A gateway without sessions over this hub.
    pub fn new(hub: Hub, settings: GatewaySettings) -> Self {
        let sessions = McpSessions::new(settings.sessions_per_key, settings.session_idle);
        let loads = KeyLoads::new(settings.calls_per_key, settings.streams_per_key);
        let recent = RecentCatalogs::default();
        let parked = ParkedCalls::new(settings.parked_per_key, hub.entropy());
        Self(Arc::new(Shared {
            hub,
            settings,
            sessions,
            loads,
            recent,
            labels: ClientLabels::default(),
            parked,
        }))
    }

    /// The legacy sessions that are open now.
    pub fn sessions(&self) -> &McpSessions {
        &self.0.sessions
    }

    /// Ends idle sessions once a minute until `stop` is cancelled.
    pub async fn run_background(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_mins(1));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.end_idle_sessions(),
            }
        }
    }

    fn end_idle_sessions(&self) {
        for ended in self.0.sessions.take_idle(tokio::time::Instant::now()) {
            self.end(&ended);
        }
        self.0.loads.forget_idle();
        self.0.parked.end_expired(self.0.hub.clock().now());
    }

    /// Ends what an already forgotten session left running. The servers are told in the background.
    fn end(&self, session: &sessions::McpSession) {
        session.end();
        let (hub, key) = (self.0.hub.clone(), session.key().clone());
        tokio::spawn(async move { hub.end_session(&key).await });
    }

    fn hub(&self) -> &Hub {
        &self.0.hub
    }

    fn settings(&self) -> &GatewaySettings {
        &self.0.settings
    }
}

/// Whether [`answer`] serves this path: `/mcp`, or `/mcp/{slug}` in the only spelling that clients are shown.
pub(crate) fn is_at(path: &str) -> bool {
    path.strip_prefix("/mcp")
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/').is_some_and(is_plain_slug))
}

fn is_plain_slug(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.bytes().all(is_part)
}

/// Answers a request to the gateway without a router and layers around it; each would cost every call something.
pub(crate) fn answer(
    state: GatewayState,
    request: Request,
    id: RequestId,
) -> Awake<Pin<Box<impl Future<Output = Response>>>> {
    let slug = request.uri().path().strip_prefix("/mcp/");
    let door = slug.map_or(Door::All, |slug| Door::One(slug.into()));
    Awake::new(boxed(|| endpoint::serve(state, door, request, Some(id))))
}

/// The routes of the gateway, for every spelling of its paths.
///
/// The discovery documents of OAuth are answered with 404: a client that finds one ignores its static header.
pub fn router(state: GatewayState) -> Router {
    Router::new()
        .route("/mcp", any(endpoint::aggregate))
        .route("/mcp/{slug}", any(endpoint::connector))
        .with_state(state)
        .merge(no_oauth_metadata())
}

fn no_oauth_metadata() -> Router {
    let documents = [
        "oauth-protected-resource",
        "oauth-authorization-server",
        "openid-configuration",
    ];
    documents
        .into_iter()
        .fold(Router::new(), |router, document| {
            router
                .route(
                    &format!("/.well-known/{document}"),
                    any(endpoint::no_metadata),
                )
                .route(
                    &format!("/.well-known/{document}/{{*resource}}"),
                    any(endpoint::no_metadata),
                )
        })
}
