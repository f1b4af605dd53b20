//! Everything inbound over HTTP: dashboard, REST, chat stream, gateway; translation only.
//!
//! A handler turns a request into one call of the hub and its result into an answer. No rule and no SQL lives here.
//! Errors get their status code in [`problem`] and nowhere else.

// A parked call holds its whole gateway, which is deeper than the compiler follows by default to see what may cross threads.
#![recursion_limit = "256"]

mod api;
pub mod assets;
pub mod auth;
mod compression;
pub mod dashboard;
pub mod gateway;
pub mod problem;
mod request_id;
mod router;
pub mod security_headers;
mod serve;
pub mod state;

pub use api::openapi;
pub use router::{App, app};
pub use serve::serve;
pub use state::{AppState, MetricsExposure, MetricsText, WebSettings};
