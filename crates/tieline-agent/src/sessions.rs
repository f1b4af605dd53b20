//! Sessions: start, list, show, rename, delete.

mod create;
mod delete;
mod list;
pub(crate) mod rename;
pub(crate) mod show;
mod tools;
