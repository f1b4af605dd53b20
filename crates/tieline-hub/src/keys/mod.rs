//! Access keys, with which a person's own client reaches the gateway and REST.

mod check;
mod create;
mod list;
mod revoke;

pub use check::KeyRefused;
pub use create::{CreateKeyError, CreatedKey};
pub use list::KeyView;
pub use revoke::RevokeKeyError;
