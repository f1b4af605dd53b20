//! Accepting an invitation.

pub(crate) mod accept;
pub(crate) mod page;
pub mod view;
