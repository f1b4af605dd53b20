//! Why the agent could not do what a person asked for, in their words.

use thiserror::Error;
use tieline_store::StoreError;

/// Why nothing was done. Each has a stable code.
#[derive(Debug, Error)]
pub enum AgentError {
    /// There is no such session, or it is somebody else's, which is the same for whoever asks.
    #[error("There is no such session. It may have been deleted.")]
    SessionNotFound,
    /// No model API was set up yet.
    #[error("The agent is not set up yet. {}", ask(admins))]
    ModelNotConfigured {
        /// The names of those who can set one up.
        admins: Vec<String>,
    },
    /// The key of the model API cannot be read.
    #[error(
        "The stored key of the model API {name} cannot be read. An admin has to enter it again in Settings, Models."
    )]
    ModelUnreadable {
        /// The name of the model API.
        name: String,
    },
    /// The name of a model is not one.
    #[error("A model’s name has 1 to 200 characters and no control characters.")]
    ModelNameInvalid,
    /// There is no text.
    #[error("Write a message first.")]
    TextEmpty,
    /// The text is too long.
    #[error("The message is too long: at most {limit} bytes fit. Shorten it, or send it in parts.")]
    TextTooLong {
        /// How many bytes fit.
        limit: usize,
    },
    /// The title cannot be used.
    #[error("A title has 1 to 120 characters and no control characters.")]
    TitleInvalid,
    /// Too many messages wait in this session.
    #[error("{limit} messages already wait in this session. Wait for an answer, or stop the turn.")]
    QueueFull {
        /// How many may wait.
        limit: usize,
    },
    /// Too many turns wait in this process.
    #[error("The agent has too much to do. Try again in a minute.")]
    PoolFull,
    /// No call of that id waits for a decision.
    #[error("This call does not wait for a decision any more.")]
    CallNotWaiting,
    /// The process is about to end.
    #[error("Tieline is restarting. Try again in a moment.")]
    Stopping,
    /// The database did not do it.
    #[error("The database did not answer as it should, so nothing was done. Try again.")]
    Store(#[from] StoreError),
}

impl AgentError {
    /// A stable code for answers and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SessionNotFound => "session_not_found",
            Self::ModelNotConfigured { .. } => "model_not_configured",
            Self::ModelUnreadable { .. } => "model_unreadable",
            Self::ModelNameInvalid => "model_name_invalid",
            Self::TextEmpty => "text_empty",
            Self::TextTooLong { .. } => "text_too_long",
            Self::TitleInvalid => "title_invalid",
            Self::QueueFull { .. } => "queue_full",
            Self::PoolFull => "pool_full",
            Self::CallNotWaiting => "call_not_waiting",
            Self::Stopping => "stopping",
            Self::Store(_) => "database",
        }
    }
}

fn ask(admins: &[String]) -> String {
    match admins {
        [] => "An admin can set it up in Settings, Models.".to_owned(),
        [one] => format!("Ask {one}."),
        [first, .., last] if admins.len() == 2 => format!("Ask {first} or {last}."),
        [first, ..] => format!("Ask {first} or another admin."),
    }
}
