//! The Settings page.

pub mod view;
