//! The Activity page.

pub mod view;
