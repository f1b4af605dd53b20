//! What a model is asked, and the trait that asks it.

use std::fmt;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use serde_json::value::RawValue;

use super::{Message, ModelError, ModelEvent};

/// A model behind an API.
pub trait ModelApi: Send + Sync + fmt::Debug {
    /// Asks the model. The stream ends after [`ModelEvent::Finished`] or after an error, and never says both. Retries
    /// and the fallback happen inside. Dropping the stream ends the request.
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>>;
}

/// One request: the whole conversation so far.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The model's name, passed through as it is.
    pub model: String,
    /// The instructions; empty means none.
    pub system: String,
    /// The tools, in an order that stays the same during a session, so that the API can cache them.
    pub tools: Arc<[ToolDefinition]>,
    /// The conversation, oldest first. Each tool use is answered by a result in the user message that follows it.
    pub messages: Vec<Message>,
    /// How long the answer may become.
    pub max_tokens: u32,
}

/// A tool as a model sees it.
#[derive(Clone, Debug)]
pub struct ToolDefinition {
    /// The name that the model calls.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// The JSON Schema of its arguments, as the server wrote it.
    pub input_schema: Box<RawValue>,
}
