//! The wire format of Anthropic Messages.

mod body;
mod decoder;

pub(super) use body::body;
pub(super) use decoder::Decoder;
