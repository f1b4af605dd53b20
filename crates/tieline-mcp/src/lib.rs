//! MCP on the wire, client and server side, both eras; knows no connector, user or database.

pub mod raw;
pub mod wire;

pub use wire::{Era, Revision};
