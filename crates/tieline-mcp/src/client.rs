//! The one client for MCP servers: both eras, and the transport of 2024-11-05.
//!
//! It must not know connectors, users or a database, and it keeps no credential: every request gets its [`Target`].

mod answer_stream;
mod aside;
mod ask;
mod attend;
mod call;
mod collected;
mod connection;
mod detect;
mod dial;
mod error;
mod handshake;
mod http;
mod http_sse;
mod limits;
mod link;
mod list;
mod listen;
mod log_level;
mod media;
mod memory;
mod message;
mod news;
mod offer;
mod outbound;
mod pace;
mod passing;
mod pool;
mod post;
mod probe;
mod question;
mod refusal;
mod request;
mod schema;
mod sse;
mod target;
mod transport;
mod upstream;

use std::sync::Arc;

pub use aside::SessionIs;
pub use dial::{
    AddressKind, AddressRefused, Addresses, Authority, AuthorityError, DialIo, DialPolicy, Proxy,
    ProxyLogin, Resolve, SystemResolver, TlsSetupError, read_authorities,
};
pub use error::{Failure, McpError};
pub use limits::Limits;
pub use list::{LeftOut, Listed, ListedItem};
pub use listen::Ended;
pub use memory::{Hold, Memory};
pub use news::{News, Promises, Wish};
pub use outbound::Outbound;
pub use passing::{Begin, Clean, Cleaner, PassOn, PassedOn, Piece};
pub use probe::{ProbeHint, ProbeReport, StepName, StepOutcome, StepReport};
pub use question::{Question, QuestionReply, Questions, Replied};
pub use target::{Address, Target};

pub use call::{CallRequest, Named, Reply, ReplyBody, RpcError};
pub use transport::Wire;
pub use upstream::{Connected, ServerInfo, Upstream};

use dial::{Dialer, tls_config};
use http::Http;
use pace::Pace;
use request::Introduction;

use url::Url;

use crate::wire::ClientCan;

/// The readers of what servers send, for the tests that feed them what nobody would send.
#[cfg(test)]
pub(crate) mod fuzzed {
    pub(crate) use super::limits::Limits;
    pub(crate) use super::message::{Answer, AnswerId, Inbound, Rules, read as read_message};
    pub(crate) use super::schema::check as check_schema;
    pub(crate) use super::sse::{Event, Parser};
}

/// How we introduce ourselves to servers.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// The program's name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Talks to MCP servers. Cloning is cheap and shares the pooled connections.
#[derive(Debug, Clone)]
pub struct McpClient {
    http: Arc<Http>,
    info: Arc<ClientInfo>,
}

impl McpClient {
    /// A client with this machine's name resolution and certificate authorities.
    pub fn new(
        policy: DialPolicy,
        limits: Limits,
        info: ClientInfo,
    ) -> Result<Self, TlsSetupError> {
        Self::with_resolver(policy, limits, info, Arc::new(SystemResolver))
    }

    /// A client that looks names up in its own way.
    pub fn with_resolver(
        policy: DialPolicy,
        limits: Limits,
        info: ClientInfo,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, TlsSetupError> {
        let tls = Arc::new(tls_config(policy.extra_ca_pem.as_deref())?);
        let (policy, limit) = (Arc::new(policy), limits.connect);
        let dialer = Dialer {
            policy,
            resolver,
            tls,
            limit,
            observer: None,
            certificates: Arc::default(),
        };
        let http = Arc::new(Http::new(dialer, limits, Introduction::new(&info)));
        Ok(Self {
            http,
            info: Arc::new(info),
        })
    }

    /// Which addresses may be called.
    pub fn policy(&self) -> &DialPolicy {
        &self.http.dialer.policy
    }

    /// Until when the certificate of this server is good, in seconds since 1970; nothing before the first handshake, and
    /// without encryption.
    pub fn certificate_end(&self, url: &Url) -> Option<u64> {
        let certificates = &self.http.dialer.certificates;
        certificates.end_of(url.host_str()?, url.port_or_known_default()?)
    }

    /// Connections under the same rules for other protocols.
    pub fn outbound(&self) -> Outbound {
        Outbound::new(self.http.clone())
    }

    /// The limits of every exchange.
    pub fn limits(&self) -> &Limits {
        &self.http.limits
    }

    /// A server whose transport is known from before, without asking it anything: a legacy session begins with the
    /// first call. When the server turns out to speak something else, the call detects that and goes on.
    pub fn open(&self, wire: Wire) -> Upstream {
        self.open_for(wire, ClientCan::NOTHING)
    }

    /// [`open`](Self::open) for a client that can answer questions: its legacy sessions declare that.
    pub fn open_for(&self, wire: Wire, can: ClientCan) -> Upstream {
        Upstream::known(self.http.clone(), wire, can)
    }

    /// Finds out what the server speaks (with `known`, that is tried first), opens a session where one is needed and
    /// reads who the server says it is.
    pub async fn connect(
        &self,
        target: &Target,
        known: Option<&Wire>,
    ) -> Result<Connected, McpError> {
        self.connect_for(target, known, ClientCan::NOTHING).await
    }

    /// [`connect`](Self::connect) for a client that can answer questions: its legacy sessions declare that.
    pub async fn connect_for(
        &self,
        target: &Target,
        known: Option<&Wire>,
        can: ClientCan,
    ) -> Result<Connected, McpError> {
        let pace = Pace::usual(&self.http.limits);
        connect(&self.http, target, (known.copied(), can), pace).await
    }

    /// The connection test: one fresh connection, each step reported as it ends, tools listed, nothing kept.
    /// Dropping the future ends the test.
    pub async fn probe(
        &self,
        target: &Target,
        on_step: impl FnMut(&StepReport) + Send,
    ) -> ProbeReport {
        probe::run(self, target, on_step).await
    }
}

async fn connect(
    http: &Arc<Http>,
    target: &Target,
    (known, can): (Option<Wire>, ClientCan),
    pace: Pace,
) -> Result<Connected, McpError> {
    let opened = detect::open(http, target, (known, can), pace).await?;
    Ok(Connected {
        upstream: Upstream::opened(http.clone(), &opened, can),
        wire: opened.link.wire(),
        server: opened.greeting.server,
        capabilities: opened.greeting.capabilities,
    })
}
