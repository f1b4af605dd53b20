//! The Settings page.

pub mod models;
pub(crate) mod page;
pub mod view;
