//! The five pages of the settings.

pub(crate) mod backup;
mod data;
pub(crate) mod edit;
mod general;
pub mod models;
mod network;
pub mod samples;
mod security;
pub mod view;
