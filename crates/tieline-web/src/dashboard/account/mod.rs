//! The account pages.

pub mod view;
