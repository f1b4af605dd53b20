//! The sign-in page.

pub mod view;
