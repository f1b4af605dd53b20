//! Accepting an invitation.

pub mod view;
