//! The first run.

pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod submit;
pub mod view;
