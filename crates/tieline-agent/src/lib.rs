//! The built-in agent: sessions that hold a frozen catalogue and call tools through the hub.
//!
//! It knows no HTTP and no database text. So far it holds the session itself, the type that makes "new tools appear in
//! the next session" true; the model loop builds on it.

pub mod model;
mod session;

pub use session::{Session, ToolNotFound};
