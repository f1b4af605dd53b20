//! The built-in agent: sessions with frozen tools, turns in a pool, a model that calls tools through the hub.
//!
//! It knows no HTTP that comes in, no template and no SQL text. [`Agent`] is the one object that the doors hold.

mod agent;
mod error;
mod event;
pub mod model;
mod session;
mod settings;
mod transcript;
mod view;

pub use agent::{Agent, Events};
pub use error::AgentError;
pub use event::{
    Decision, Event, EventKind, MessageQueued, ModelRetrying, TextDelta, ToolApproval, ToolDecided,
    ToolFinished, ToolLeftOut, ToolStarted, TurnFailed, TurnFinished, TurnQueued, TurnStarted,
};
pub use session::{Session, ToolNotFound};
pub use settings::AgentSettings;
pub use transcript::{NoteKind, QueuedText, SessionState, ToolBlock, Transcript, TranscriptItem};
pub use view::{
    Changes, Follow, LeftOutTool, Sent, SessionConnector, SessionSummary, SessionTool, SessionView,
    ToolMode,
};
