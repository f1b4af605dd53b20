//! The built-in agent: sessions with frozen tools, turns in a pool, a model that calls tools through the hub.
//!
//! It knows no HTTP that comes in, no template and no SQL text. [`Agent`] is the one object that the doors hold.

mod agent;
mod background;
mod changes;
mod checker;
mod decide;
mod error;
mod event;
mod fold;
mod frozen;
mod listen;
mod live;
pub mod model;
mod models;
mod pool;
mod prompt;
mod record;
mod recover;
mod search;
mod send;
mod sessions;
mod settings;
mod stop;
mod transcript;
mod turn;
mod view;
mod writer;

pub use agent::{Agent, Events};
pub use checker::ModelChecker;
pub use error::AgentError;
pub use event::{
    Decision, Event, EventKind, GivenPart, MessageQueued, ModelRetrying, TextDelta, ToolApproval,
    ToolDecided, ToolFinished, ToolLeftOut, ToolStarted, TurnFailed, TurnFinished, TurnQueued,
    TurnStarted,
};
pub use models::{ChosenModel, HubModels, Models};
pub use settings::AgentSettings;
pub use transcript::{NoteKind, QueuedText, SessionState, ToolBlock, Transcript, TranscriptItem};
pub use view::{
    Changes, Follow, LeftOutTool, Sent, SessionConnector, SessionSummary, SessionTool, SessionView,
    ToolMode,
};
