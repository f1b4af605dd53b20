//! The account pages.

pub(crate) mod password;
pub mod view;
