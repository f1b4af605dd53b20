//! The wire format of chat completions, as OpenAI made it and many servers speak it.

mod accent;
mod body;
mod decoder;
mod reasoning;

pub(super) use accent::Accent;
pub(super) use body::body;
pub(super) use decoder::Decoder;
