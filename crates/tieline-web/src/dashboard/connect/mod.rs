//! Connect your client.

pub(crate) mod contact;
pub(crate) mod create_key;
pub(crate) mod page;
pub(crate) mod revoke_key;
pub mod snippets;
pub mod view;
