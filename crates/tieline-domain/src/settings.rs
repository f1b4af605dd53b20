//! What an admin may set while Tieline runs: each value with its bounds, and the text that it is stored as.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

use crate::{ToolChangePolicy, ToolChangePolicyError};

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettingName {
    /// What is done with definitions of tools that change at their servers.
    ToolChanges,
    /// After how many hours without a request a sign-in ends.
    SignInIdleHours,
    /// After how many days a sign-in ends, used or not.
    SignInDays,
    /// For how many days calls are kept.
    KeepCallsDays,
}

impl SettingName {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ToolChanges,
        Self::SignInIdleHours,
        Self::SignInDays,
        Self::KeepCallsDays,
    ];

    /// The name in the database, in requests and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolChanges => "tool_changes",
            Self::SignInIdleHours => "sign_in_idle_hours",
            Self::SignInDays => "sign_in_days",
            Self::KeepCallsDays => "keep_calls_days",
        }
    }

    /// What a number may be.
    pub const fn bounds(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::SignInIdleHours => Some(1..=168),
            Self::SignInDays => Some(1..=90),
            Self::KeepCallsDays => Some(1..=730),
            Self::ToolChanges => None,
        }
    }
}

impl fmt::Display for SettingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("There is no such setting.")]
pub struct SettingNameError;

impl FromStr for SettingName {
    type Err = SettingNameError;

    fn from_str(word: &str) -> Result<Self, SettingNameError> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == word)
            .ok_or(SettingNameError)
    }
}

/// Why a value cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingError {
    /// Not a number, or one that is out of bounds.
    #[error("Enter a whole number from {least} to {most}.")]
    Number {
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// Not one of the words.
    #[error(transparent)]
    ToolChanges(#[from] ToolChangePolicyError),
}

impl SettingError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Number { .. } => "number_out_of_range",
            Self::ToolChanges(_) => "tool_changes_unknown",
        }
    }
}

/// Everything that an admin may set, as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is done with definitions of tools that change at their servers.
    pub tool_changes: ToolChangePolicy,
    /// After how many hours without a request a sign-in ends.
    pub sign_in_idle_hours: u32,
    /// After how many days a sign-in ends, used or not.
    pub sign_in_days: u32,
    /// For how many days calls are kept.
    pub keep_calls_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tool_changes: ToolChangePolicy::default(),
            sign_in_idle_hours: 12,
            sign_in_days: 7,
            keep_calls_days: 30,
        }
    }
}

impl Settings {
    /// A value as it is stored, sent and recorded.
    pub fn text(&self, name: SettingName) -> String {
        match name {
            SettingName::ToolChanges => self.tool_changes.to_string(),
            SettingName::SignInIdleHours => self.sign_in_idle_hours.to_string(),
            SettingName::SignInDays => self.sign_in_days.to_string(),
            SettingName::KeepCallsDays => self.keep_calls_days.to_string(),
        }
    }

    /// Takes a value from its text. What cannot be used leaves the value as it was.
    pub fn set(&mut self, name: SettingName, text: &str) -> Result<(), SettingError> {
        let text = text.trim();
        match name {
            SettingName::ToolChanges => self.tool_changes = text.parse()?,
            SettingName::SignInIdleHours => self.sign_in_idle_hours = number(name, text)?,
            SettingName::SignInDays => self.sign_in_days = number(name, text)?,
            SettingName::KeepCallsDays => self.keep_calls_days = number(name, text)?,
        }
        Ok(())
    }
}

fn number(name: SettingName, text: &str) -> Result<u32, SettingError> {
    let bounds = name.bounds().unwrap_or(0..=u32::MAX);
    let parsed = text.parse().ok().filter(|number| bounds.contains(number));
    parsed.ok_or(SettingError::Number {
        least: *bounds.start(),
        most: *bounds.end(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_its_text() {
        let mut settings = Settings {
            tool_changes: ToolChangePolicy::UseAll,
            sign_in_idle_hours: 1,
            sign_in_days: 90,
            keep_calls_days: 365,
        };
        let before = settings.clone();
        for name in SettingName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            settings.set(name, &before.text(name)).unwrap();
        }
        assert_eq!(settings, before);
        let mut fresh = Settings::default();
        for name in SettingName::ALL {
            fresh.set(name, &before.text(name)).unwrap();
        }
        assert_eq!(fresh, before);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_bounds() {
        let mut settings = Settings::default();
        for text in ["", "0", "169", "1.5", "-1", "12h", "99999999999"] {
            let refused = settings
                .set(SettingName::SignInIdleHours, text)
                .unwrap_err();
            assert_eq!(refused.to_string(), "Enter a whole number from 1 to 168.");
        }
        for text in ["", "hold", "HOLD_ALL"] {
            let refused = settings.set(SettingName::ToolChanges, text).unwrap_err();
            assert_eq!(refused.code(), "tool_changes_unknown");
        }
        assert_eq!(settings, Settings::default());
        settings.set(SettingName::SignInIdleHours, " 168 ").unwrap();
        assert_eq!(settings.sign_in_idle_hours, 168);
    }
}
