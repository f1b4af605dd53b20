//! The dated revisions of the protocol and the two eras they fall into.

use std::fmt;
use std::str::FromStr;

/// The two ways to speak MCP: with an `initialize` handshake, or without any state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// Revisions up to 2025-11-25: `initialize`, sessions, requests from the server.
    Legacy,
    /// Revisions from 2026-07-28: every request stands alone.
    Modern,
}

impl fmt::Display for Era {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}

/// One dated revision that this program speaks. Ordered by date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// 2024-11-05, the HTTP+SSE transport.
    R20241105,
    /// 2025-03-26, Streamable HTTP; the only revision with batches.
    R20250326,
    /// 2025-06-18, structured content and the version header.
    R20250618,
    /// 2025-11-25, the last with a handshake.
    R20251125,
    /// 2026-07-28, the first without.
    R20260728,
}

/// The modern revision.
pub const MODERN: Revision = Revision::R20260728;
/// What to offer in `initialize`.
pub const LATEST_LEGACY: Revision = Revision::R20251125;
/// The revisions a client can agree on in `initialize`, newest first.
pub const SUPPORTED_LEGACY: [Revision; 4] = [
    Revision::R20251125,
    Revision::R20250618,
    Revision::R20250326,
    Revision::R20241105,
];
/// Every revision, newest first.
pub const SUPPORTED: [Revision; 5] = [
    MODERN,
    Revision::R20251125,
    Revision::R20250618,
    Revision::R20250326,
    Revision::R20241105,
];

impl Revision {
    /// The date as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::R20241105 => "2024-11-05",
            Self::R20250326 => "2025-03-26",
            Self::R20250618 => "2025-06-18",
            Self::R20251125 => "2025-11-25",
            Self::R20260728 => "2026-07-28",
        }
    }

    /// The era of the revision.
    pub const fn era(self) -> Era {
        match self {
            Self::R20260728 => Era::Modern,
            _ => Era::Legacy,
        }
    }

    /// Whether one HTTP body may hold an array of messages.
    pub const fn has_batches(self) -> bool {
        matches!(self, Self::R20250326)
    }

    /// Whether a stream that can be resumed begins with an event that only has an id, so that it can be resumed from
    /// its first byte on.
    pub const fn has_priming_events(self) -> bool {
        matches!(self, Self::R20251125)
    }

    /// What `initialize` answers: the revision that was asked for when it is a legacy one that we speak, else our newest
    /// legacy one (the client then decides whether it can go on).
    pub fn negotiate(requested: &str) -> Self {
        match requested.parse::<Self>() {
            Ok(revision) if revision.era() == Era::Legacy => revision,
            _ => LATEST_LEGACY,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A revision that this program does not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a protocol version that is spoken here")]
pub struct UnknownRevision;

impl FromStr for Revision {
    type Err = UnknownRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SUPPORTED
            .into_iter()
            .find(|revision| revision.as_str() == text)
            .ok_or(UnknownRevision)
    }
}

/// Whether a text has the form of a revision, `dddd-dd-dd`, known or not.
pub(super) fn is_dated(text: &str) -> bool {
    let digit_or_dash = |(at, byte): (usize, u8)| {
        if at == 4 || at == 7 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    text.len() == 10 && text.bytes().enumerate().all(digit_or_dash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_read_back_and_are_ordered_by_date() {
        for pair in SUPPORTED.windows(2) {
            assert!(pair[0] > pair[1] && pair[0].as_str() > pair[1].as_str());
        }
        for revision in SUPPORTED {
            assert_eq!(revision.as_str().parse(), Ok(revision));
            assert_eq!(revision.era() == Era::Modern, revision == MODERN);
            assert_eq!(SUPPORTED_LEGACY.contains(&revision), revision != MODERN);
        }
        assert_eq!("1999-01-01".parse::<Revision>(), Err(UnknownRevision));
    }

    #[test]
    fn initialize_agrees_or_offers_the_newest_legacy_revision() {
        assert_eq!(Revision::negotiate("2025-03-26"), Revision::R20250326);
        for odd in ["2026-07-28", "1999-01-01", "", "latest"] {
            assert_eq!(Revision::negotiate(odd), LATEST_LEGACY, "{odd}");
        }
    }

    #[test]
    fn dates_have_ten_places() {
        assert!(is_dated("2027-01-31"));
        for odd in ["", "2027-1-31", "2027-01-311", "2027/01/31", "draft-2027x"] {
            assert!(!is_dated(odd), "{odd}");
        }
    }
}
