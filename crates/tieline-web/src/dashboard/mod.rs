//! The dashboard: server-rendered pages over the hub's use cases, as forms and links that work without scripts.
//!
//! Each page has a view (prepared words, rendered by a template in `templates/`) and one file per operation, named by
//! its verb. Nothing here holds a rule, SQL or a secret: an operation parses a form, calls one hub function and
//! redirects or renders. A page joins by adding its view, its template, a sample, and its route.

pub mod account;
pub mod activity;
mod asked;
pub mod chart;
pub mod chat;
pub mod connect;
mod events;
mod first;
mod form;
pub mod icon;
pub mod integrations;
pub mod invitation;
mod moment;
pub mod monogram;
mod page;
pub mod parts;
mod router;
pub mod samples;
mod secret;
pub mod settings;
pub mod setup;
pub mod shell;
pub mod sign_in;
mod start;
mod theme;
pub mod trouble;
pub mod users;
pub mod words;

pub(crate) use page::show_problems;
pub(crate) use router::router;

#[cfg(test)]
mod tests;
