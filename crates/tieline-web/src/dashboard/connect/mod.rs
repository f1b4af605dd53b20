//! Connect your client.

pub mod snippets;
pub mod view;
