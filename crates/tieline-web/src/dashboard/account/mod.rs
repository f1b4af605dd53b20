//! The account pages.

pub(crate) mod browser;
pub(crate) mod password;
pub(crate) mod sign_ins;
pub mod view;
