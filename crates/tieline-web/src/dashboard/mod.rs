//! The dashboard: server-rendered pages over the hub's use cases, as forms and links that work without scripts.
//!
//! Each page has a view (prepared words, rendered by a template in `templates/`) and one file per operation, named by
//! its verb. Nothing here holds a rule, SQL or a secret: an operation parses a form, calls one hub function and
//! redirects or renders. A page joins by adding its view, its template, a sample, and its route.

pub mod account;
pub mod activity;
pub mod chart;
pub mod chat;
pub mod connect;
pub mod icon;
pub mod integrations;
pub mod invitation;
pub mod monogram;
pub mod parts;
pub mod samples;
pub mod settings;
pub mod setup;
pub mod shell;
pub mod sign_in;
pub mod trouble;
pub mod users;
pub mod words;

#[cfg(test)]
mod tests;
