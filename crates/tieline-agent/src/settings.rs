//! What an operator may set about the agent.

use std::time::Duration;

/// The settings of the agent. The defaults are meant to be left alone.
#[derive(Clone, Debug)]
pub struct AgentSettings {
    /// How many turns run at once in this process. Default 64.
    pub max_running: usize,
    /// How many turns may wait for their place in this process. Default 10,000.
    pub max_waiting: usize,
    /// How many answers of the model one turn may have. Default 50.
    pub step_limit: u32,
    /// Above this many estimated tokens of definitions a session searches its tools instead of listing them. Default
    /// 20,000.
    pub definition_budget: u64,
    /// How many bytes of one result the model gets; people always get all of it. Default 256 KiB.
    pub result_cap: usize,
    /// How many messages may wait in one session while a turn runs. Default 10.
    pub queued_texts: usize,
    /// How long one message of a person may be, in bytes. Default 256 KiB.
    pub text_limit: usize,
    /// How long an answer of the model may be, in tokens. Default 8,192.
    pub max_tokens: u32,
    /// How long a call waits for its approval. Default 24 hours.
    pub approval_wait: Duration,
    /// After how long without a sign of life another process's turns count as interrupted. Default 15 s.
    pub lease: Duration,
    /// Whether this process is the only server on its database, as the server on a SQLite file is: then turns that
    /// another server left behind are over at once, and no lease has to run out. Default no.
    pub only_server: bool,
    /// Whether this process takes over what others left behind, as a server does. A command that runs beside a server
    /// must not, because it ends too soon; it still frees the sessions that it works in itself. Default yes.
    pub takes_over: bool,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            max_running: 64,
            max_waiting: 10_000,
            step_limit: 50,
            definition_budget: 20_000,
            result_cap: 256 * 1024,
            queued_texts: 10,
            text_limit: 256 * 1024,
            max_tokens: 8_192,
            approval_wait: Duration::from_hours(24),
            lease: Duration::from_secs(15),
            only_server: false,
            takes_over: true,
        }
    }
}

impl AgentSettings {
    /// How this process is called among the owners of turns.
    pub(crate) fn kind(&self) -> &'static str {
        if self.takes_over { SERVER } else { "command" }
    }
}

/// How the names of servers among the owners of turns begin.
pub(crate) const SERVER: &str = "server";
