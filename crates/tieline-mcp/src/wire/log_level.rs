//! How important a log message is. The levels are those of syslog.

use std::fmt;
use std::str::FromStr;

/// A level, from the least to the most important.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Details for whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// What happens and should be seen.
    Notice,
    /// What may become a fault.
    Warning,
    /// A fault.
    Error,
    /// A fault of something that much depends on.
    Critical,
    /// Somebody has to do something at once.
    Alert,
    /// Nothing works any more.
    Emergency,
}

const ALL: [LogLevel; 8] = [
    LogLevel::Debug,
    LogLevel::Info,
    LogLevel::Notice,
    LogLevel::Warning,
    LogLevel::Error,
    LogLevel::Critical,
    LogLevel::Alert,
    LogLevel::Emergency,
];

/// A text that names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"level\" must be one of debug, info, notice, warning, error, critical, alert and emergency"
)]
pub struct UnknownLogLevel;

impl LogLevel {
    /// The level as the wire has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLogLevel> {
        let mut all = ALL.into_iter();
        all.find(|level| level.as_str() == text)
            .ok_or(UnknownLogLevel)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back_and_are_ordered() {
        for level in ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert!(ALL.is_sorted() && LogLevel::Debug < LogLevel::Emergency);
        for odd in ["", "Debug", "trace", "warn"] {
            assert_eq!(odd.parse::<LogLevel>(), Err(UnknownLogLevel), "{odd}");
        }
    }
}
