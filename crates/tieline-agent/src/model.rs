//! Model APIs: one small trait, the messages that go in, the events that come out.
//!
//! Nothing here knows a session, how a tool call is carried out or a database. A caller hands over a [`ModelRequest`]
//! and reads [`ModelEvent`]s; dropping the stream ends the request.

mod anthropic;
mod attempts;
mod client;
mod dial;
mod endpoint;
mod error;
mod event;
mod exchange;
mod failure;
mod from_hub;
mod limits;
mod message;
mod openai;
mod refusal;
mod replay;
mod request;
mod retry_after;
mod sse;
mod text;

pub use client::ModelClient;
pub use dial::ModelNetwork;
pub use endpoint::ModelEndpoint;
pub use error::{ModelError, Phase};
pub use event::{ModelEvent, StopReason, Usage};
pub use limits::ModelLimits;
pub use message::{AssistantPart, Message, Replay, ResultPart, Thinking, UserPart};
pub use request::{ModelApi, ModelRequest, ToolDefinition};
