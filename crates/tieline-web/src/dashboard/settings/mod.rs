//! The Settings page.

pub(crate) mod page;
pub mod view;
