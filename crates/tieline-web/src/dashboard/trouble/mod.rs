//! Pages for what did not work.

pub mod view;
