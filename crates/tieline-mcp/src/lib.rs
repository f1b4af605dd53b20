//! MCP on the wire, client and server side, both eras; knows no connector, user or database.

mod boxed;
pub mod bridge;
mod client;
#[cfg(test)]
mod fuzz;
pub mod raw;
pub mod wire;

pub use boxed::boxed;
pub use client::*;
pub use wire::{Era, ParamHeaders, Revision};
