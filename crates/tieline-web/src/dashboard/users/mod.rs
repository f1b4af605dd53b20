//! The Users page.

pub(crate) mod change;
pub(crate) mod invite;
pub(crate) mod page;
pub mod view;
