//! JSON-RPC and its two eras as values: what a gateway reads from a client and what it writes back.
//!
//! Nothing here opens a connection, and nothing here knows an HTTP status code: a server maps the errors to its own.

mod codes;
mod revision;

pub use codes::*;
pub use revision::{
    Era, LATEST_LEGACY, MODERN, Revision, SUPPORTED, SUPPORTED_LEGACY, UnknownRevision,
};
