//! The client against servers: real ones, fake ones, and ones that misbehave in every known way.

mod addresses;
mod bad_answers;
mod calls;
mod eras;
mod http_sse;
mod interop;
mod listening;
mod listing;
mod probe;
mod proxy;
mod questions;
mod scripted;
mod streams;
mod support;
mod tls;
mod transport;
