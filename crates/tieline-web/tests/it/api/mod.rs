//! REST over real sockets: who may do what, what is refused and how, and that no answer holds a secret.

mod actors;
mod bad_input;
mod browsers;
mod connection_test;
mod connectors;
mod description;
mod headers;
mod models;
mod owners;
mod people;
mod records;
mod requests;
mod secrets;
mod sessions;
mod settings;
