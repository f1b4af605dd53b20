//! What the detection found out about a server, in a form that survives a restart.

use std::fmt;

use crate::wire::{Era, MODERN, Revision};

/// The transport and revision that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Stateless Streamable HTTP, revision 2026-07-28.
    Modern {
        /// The agreed revision.
        revision: Revision,
    },
    /// Streamable HTTP with an `initialize` handshake.
    Streamable {
        /// The agreed revision.
        revision: Revision,
    },
    /// The transport of 2024-11-05: one long GET stream, messages by POST.
    HttpSse {
        /// The agreed revision.
        revision: Revision,
    },
}

impl Wire {
    /// The era whose rules the messages follow.
    pub const fn era(&self) -> Era {
        match self {
            Self::Modern { .. } => Era::Modern,
            Self::Streamable { .. } | Self::HttpSse { .. } => Era::Legacy,
        }
    }

    /// The agreed revision.
    pub const fn revision(&self) -> Revision {
        match self {
            Self::Modern { revision }
            | Self::Streamable { revision }
            | Self::HttpSse { revision } => *revision,
        }
    }

    /// The text to keep; [`Wire::from_stored`] reads it.
    pub fn to_stored(&self) -> String {
        self.to_string()
    }

    /// Reads what [`Wire::to_stored`] wrote. Anything else is nothing: the server is then asked again.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (kind, revision) = text.split_once(' ')?;
        let revision: Revision = revision.parse().ok()?;
        match (kind, revision.era()) {
            ("modern", Era::Modern) => Some(Self::Modern { revision }),
            ("streamable", Era::Legacy) => Some(Self::Streamable { revision }),
            ("http+sse", Era::Legacy) => Some(Self::HttpSse { revision }),
            _ => None,
        }
    }

    pub(crate) const fn modern() -> Self {
        Self::Modern { revision: MODERN }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Modern { .. } => "modern",
            Self::Streamable { .. } => "streamable",
            Self::HttpSse { .. } => "http+sse",
        };
        write!(formatter, "{kind} {}", self.revision())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::SUPPORTED;

    #[test]
    fn stored_forms_read_back() {
        for revision in SUPPORTED {
            let wires = match revision.era() {
                Era::Modern => vec![Wire::Modern { revision }],
                Era::Legacy => vec![Wire::Streamable { revision }, Wire::HttpSse { revision }],
            };
            for wire in wires {
                assert_eq!(Wire::from_stored(&wire.to_stored()), Some(wire));
            }
        }
        for odd in [
            "",
            "modern",
            "modern 2025-11-25",
            "streamable 2026-07-28",
            "x 2025-11-25",
        ] {
            assert_eq!(Wire::from_stored(odd), None, "{odd}");
        }
    }
}
