//! The Activity page.

mod audit_words;
pub(crate) mod export;
pub(crate) mod page;
pub mod samples;
pub mod view;
