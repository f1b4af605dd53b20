//! The hub over a real database and servers that misbehave on demand: what running sessions, pages and people rely on.

mod audit;
mod breaker;
mod call_content;
mod call_records;
mod checks;
mod emergency;
mod faults;
mod isolation;
mod models;
mod news;
mod next_session;
mod people;
mod removal;
mod review;
mod rotation;
mod scrubbing;
mod settings;
mod tampering;
mod tool_policy;
mod upstream_sessions;
mod world;
