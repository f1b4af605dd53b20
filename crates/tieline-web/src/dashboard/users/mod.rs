//! The Users page, and each person's own.

pub(crate) mod ask;
pub(crate) mod change;
pub(crate) mod invite;
pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod person;
pub mod samples;
pub(crate) mod sign_ins;
pub mod view;
