//! The chat page.

pub(crate) mod page;
pub mod view;
