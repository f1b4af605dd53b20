//! The Users page.

pub mod view;
