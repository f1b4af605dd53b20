//! Signing in and out.

pub(crate) mod out;
pub(crate) mod page;
pub(crate) mod submit;
pub mod view;
