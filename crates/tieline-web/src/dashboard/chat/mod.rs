//! The chat page.

pub mod view;
