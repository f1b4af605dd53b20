//! The first run.

pub mod view;
