//! Who did something, for the audit log.

use std::fmt;

use crate::id::UserId;

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User {
        /// Their account.
        id: UserId,
        /// Their name at that time.
        name: String,
    },
    /// Somebody at the command line of the machine.
    CommandLine,
    /// Tieline itself.
    System,
}

impl Actor {
    /// The person's account, if it was a person.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::CommandLine | Self::System => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { name, .. } => f.write_str(name),
            Self::CommandLine => f.write_str("command line"),
            Self::System => f.write_str("Tieline"),
        }
    }
}
