//! What an admin may set while Tieline runs: each value with its bounds, and the text that it is stored as.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

use crate::{ProxyUrl, ProxyUrlError, ToolChangePolicy, ToolChangePolicyError};

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
    /// Whether arguments and results of calls are kept with them.
    KeepContent,
    /// For how many days they are, if the calls are kept that long.
    KeepContentDays,
    /// Whether connectors on private addresses are refused.
    DenyPrivate,
    /// Certificate authorities beside those of the machine.
    ExtraCa,
    /// The proxy through which hosts outside of the own network are reached.
    EgressProxy,
    /// The theme of pages for those who chose none.
    Theme,
}

impl SettingName {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ToolChanges,
        Self::SignInIdleHours,
        Self::SignInDays,
        Self::KeepCallsDays,
        Self::KeepContent,
        Self::KeepContentDays,
        Self::DenyPrivate,
        Self::ExtraCa,
        Self::EgressProxy,
        Self::Theme,
    ];

    /// The name in the database, in requests and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToolChanges => "tool_changes",
            Self::SignInIdleHours => "sign_in_idle_hours",
            Self::SignInDays => "sign_in_days",
            Self::KeepCallsDays => "keep_calls_days",
            Self::KeepContent => "keep_content",
            Self::KeepContentDays => "keep_content_days",
            Self::DenyPrivate => "deny_private",
            Self::ExtraCa => "extra_ca",
            Self::EgressProxy => "egress_proxy",
            Self::Theme => "theme",
        }
    }

    /// What a number may be.
    pub const fn bounds(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::SignInIdleHours => Some(1..=168),
            Self::SignInDays => Some(1..=90),
            Self::KeepCallsDays | Self::KeepContentDays => Some(1..=730),
            Self::ToolChanges
            | Self::KeepContent
            | Self::DenyPrivate
            | Self::ExtraCa
            | Self::EgressProxy
            | Self::Theme => None,
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
    /// Neither yes nor no.
    #[error("Choose one of both.")]
    Switch {
        /// Of which setting.
        name: SettingName,
    },
    /// Not the address of a proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyUrlError),
    /// Not one of the three themes.
    #[error("The theme must be “system”, “light” or “dark”.")]
    Theme,
    /// More text than any list of certificates needs.
    #[error(
        "This is longer than 64 KiB. Paste only the authorities that sign your servers’ certificates."
    )]
    CertificatesTooLong,
    /// A key was pasted along.
    #[error("This holds a private key. Paste certificates only; nothing of it was kept.")]
    PrivateKey,
    /// No certificate in PEM form.
    #[error(
        "There is no certificate in it. Paste PEM text: it begins with -----BEGIN CERTIFICATE-----."
    )]
    NoCertificate,
}

impl SettingError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Number { .. } => "number_out_of_range",
            Self::ToolChanges(_) => "tool_changes_unknown",
            Self::Switch {
                name: SettingName::KeepContent,
            } => "keep_content_unknown",
            Self::Switch { .. } => "deny_private_unknown",
            Self::Proxy(error) => error.code(),
            Self::Theme => "theme_unknown",
            Self::CertificatesTooLong => "certificate_too_long",
            Self::PrivateKey => "private_key_refused",
            Self::NoCertificate => "certificate_missing",
        }
    }
}

/// How pages look to those who chose nothing else on their browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeDefault {
    /// As the person's system does.
    System,
    /// Dark ink on light ground.
    Light,
    /// Light ink on dark ground.
    Dark,
}

impl ThemeDefault {
    /// All of them, in the order of forms.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the database and in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn parse(word: &str) -> Result<Self, SettingError> {
        let mut all = Self::ALL.into_iter();
        all.find(|theme| theme.as_str() == word)
            .ok_or(SettingError::Theme)
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
    /// Whether arguments and results of calls are kept with them.
    pub keep_content: bool,
    /// For how many days they are, if the calls are kept that long.
    pub keep_content_days: u32,
    /// Whether connectors on private addresses are refused.
    pub deny_private: bool,
    /// Certificate authorities beside those of the machine, as PEM; empty when there are none.
    pub extra_ca: String,
    /// The proxy to the outside; none when hosts are reached directly. Its login is not among the values.
    pub egress_proxy: Option<ProxyUrl>,
    /// The theme of pages for those who chose none.
    pub theme: ThemeDefault,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tool_changes: ToolChangePolicy::default(),
            sign_in_idle_hours: 12,
            sign_in_days: 7,
            keep_calls_days: 30,
            keep_content: false,
            keep_content_days: 7,
            deny_private: false,
            extra_ca: String::new(),
            egress_proxy: None,
            theme: ThemeDefault::System,
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
            SettingName::KeepContent => self.keep_content.to_string(),
            SettingName::KeepContentDays => self.keep_content_days.to_string(),
            SettingName::DenyPrivate => self.deny_private.to_string(),
            SettingName::ExtraCa => self.extra_ca.clone(),
            SettingName::EgressProxy => {
                let proxy = self.egress_proxy.as_ref();
                proxy.map(ProxyUrl::to_string).unwrap_or_default()
            }
            SettingName::Theme => self.theme.as_str().to_owned(),
        }
    }

    /// Takes a value from its text. What cannot be used leaves the value as it was. A login of the proxy is not taken.
    pub fn set(&mut self, name: SettingName, text: &str) -> Result<(), SettingError> {
        let text = text.trim();
        match name {
            SettingName::ToolChanges => self.tool_changes = text.parse()?,
            SettingName::SignInIdleHours => self.sign_in_idle_hours = number(name, text)?,
            SettingName::SignInDays => self.sign_in_days = number(name, text)?,
            SettingName::KeepCallsDays => self.keep_calls_days = number(name, text)?,
            SettingName::KeepContent => self.keep_content = switch(name, text)?,
            SettingName::KeepContentDays => self.keep_content_days = number(name, text)?,
            SettingName::DenyPrivate => self.deny_private = switch(name, text)?,
            SettingName::ExtraCa => self.extra_ca = certificates(text)?,
            SettingName::EgressProxy if text.is_empty() => self.egress_proxy = None,
            SettingName::EgressProxy => self.egress_proxy = Some(ProxyUrl::parse(text)?.0),
            SettingName::Theme => self.theme = ThemeDefault::parse(text)?,
        }
        Ok(())
    }
}

fn switch(name: SettingName, text: &str) -> Result<bool, SettingError> {
    text.parse().map_err(|_| SettingError::Switch { name })
}

fn number(name: SettingName, text: &str) -> Result<u32, SettingError> {
    let bounds = name.bounds().unwrap_or(0..=u32::MAX);
    let parsed = text.parse().ok().filter(|number| bounds.contains(number));
    parsed.ok_or(SettingError::Number {
        least: *bounds.start(),
        most: *bounds.end(),
    })
}

/// The certificates of a text, each from its first line to its last. What stands around them, such as the names that
/// tools print, is left out. Whether they can be read is for the verifier to say.
fn certificates(text: &str) -> Result<String, SettingError> {
    const LONGEST: usize = 64 * 1024;
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    if text.len() > LONGEST {
        return Err(SettingError::CertificatesTooLong);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(SettingError::PrivateKey);
    }
    let (mut kept, mut inside) = (String::new(), false);
    for line in text.lines().map(str::trim) {
        inside |= line == BEGIN;
        if inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != END;
    }
    if kept.is_empty() && !text.is_empty() {
        return Err(SettingError::NoCertificate);
    }
    Ok(kept)
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
            keep_content: true,
            keep_content_days: 365,
            deny_private: true,
            extra_ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
            egress_proxy: Some(ProxyUrl::parse("proxy.example:3128").unwrap().0),
            theme: ThemeDefault::Dark,
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
        for (text, code) in [
            ("-----BEGIN PRIVATE KEY-----", "private_key_refused"),
            ("not a certificate", "certificate_missing"),
            (&"x".repeat(70_000), "certificate_too_long"),
        ] {
            let refused = settings.set(SettingName::ExtraCa, text).unwrap_err();
            assert_eq!(refused.code(), code);
        }
        for (name, code) in [
            (SettingName::DenyPrivate, "deny_private_unknown"),
            (SettingName::KeepContent, "keep_content_unknown"),
        ] {
            assert_eq!(settings.set(name, "on").unwrap_err().code(), code);
        }
        let refused = settings.set(SettingName::EgressProxy, "socks5://proxy:1080");
        assert_eq!(refused.unwrap_err().code(), "proxy_scheme");
        assert_eq!(settings, Settings::default());
        settings.set(SettingName::SignInIdleHours, " 168 ").unwrap();
        assert_eq!(settings.sign_in_idle_hours, 168);
    }
}
