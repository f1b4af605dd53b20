//! The connection test: the same code path as a real connection, with each step reported as it ends.

mod run;
mod words;

pub(super) use run::run;

use super::error::McpError;
use super::list::Listed;
use super::transport::Wire;
use super::upstream::ServerInfo;

/// The steps in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// Name resolution.
    Dns,
    /// The TCP connection.
    Tcp,
    /// Encryption.
    Tls,
    /// The first HTTP answer.
    Http,
    /// The MCP handshake or discovery.
    Handshake,
    /// The list of tools.
    Tools,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepOutcome {
    /// Fine.
    Ok,
    /// It works, but somebody should look at it.
    Warn,
    /// The test broke here.
    Fail,
    /// There was nothing to do.
    Skipped,
    /// An earlier step broke.
    NotReached,
}

/// One step of the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// Which step.
    pub step: StepName,
    /// How it ended.
    pub outcome: StepOutcome,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// A stable code: `ok`, `skipped`, `not_reached`, a warning's code or that of the failure.
    pub code: &'static str,
    /// One sentence or phrase for people. Never holds the credential; server text in it is at most 200 characters.
    pub message: String,
    /// For an answer that is not MCP: its first 200 bytes without invisible characters. A server may have put the
    /// credential into it, so it is to be scrubbed like every text of a server.
    pub excerpt: Option<String>,
}

/// What an admin may try instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeHint {
    /// The server redirected to this address.
    UseAddress {
        /// The address.
        url: String,
    },
    /// An MCP server answers at this address of the same host.
    TryMcp {
        /// The address.
        url: String,
    },
}

/// The whole test.
#[derive(Debug, Clone)]
pub struct ProbeReport {
    /// All six steps in order.
    pub steps: Vec<StepReport>,
    /// What broke, when something did.
    pub error: Option<McpError>,
    /// Who answered.
    pub server: Option<ServerInfo>,
    /// What it speaks.
    pub wire: Option<Wire>,
    /// What it offers.
    pub tools: Option<Listed>,
    /// What to try instead.
    pub hint: Option<ProbeHint>,
}

impl ProbeReport {
    /// Whether every step passed, perhaps with a warning.
    pub fn ok(&self) -> bool {
        self.error.is_none()
    }
}

impl StepName {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Handshake => "handshake",
            Self::Tools => "tools",
        }
    }
}

impl StepOutcome {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
            Self::NotReached => "not_reached",
        }
    }
}
