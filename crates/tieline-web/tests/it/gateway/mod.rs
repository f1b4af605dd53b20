//! The gateway over a real hub, a real database and real sockets; only the servers behind it are fakes.

mod apps;
mod asking_offers;
mod client;
mod era_rules;
mod listening;
mod logging;
mod memory;
mod offers;
mod parked;
mod passing;
mod passthrough;
mod questions;
mod refusals;
mod removal;
mod rmcp_clients;
mod sessions;
mod streams;
mod tasks;
mod world;
