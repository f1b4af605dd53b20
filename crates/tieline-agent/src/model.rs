//! Model APIs: one small trait, the messages that go in, the events that come out.
//!
//! Nothing here knows a session, a tool call's execution or a database. A caller hands over a [`ModelRequest`] and reads
//! [`ModelEvent`]s; dropping the stream ends the request.

mod error;
mod event;
mod message;
mod request;

pub use error::{ModelError, Phase};
pub use event::{ModelEvent, StopReason, Usage};
pub use message::{AssistantPart, Message, Replay, ResultPart, Thinking, UserPart};
pub use request::{ModelApi, ModelRequest, ToolDefinition};
