//! From the text of a setting to its value, or to a sentence that says what it must be.

use std::net::IpAddr;
use std::time::Duration;

use tieline_domain::{SettingName, Settings};
use url::Url;

use super::known::SETTINGS;
use crate::failure::Failure;

pub(super) fn parse_public_url(value: &str) -> Result<Url, Failure> {
    Url::parse(value)
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
        })
        .ok_or_else(|| {
            wrong(
                "public_url",
                "an http or https URL without a path, such as https://tieline.example.com",
            )
        })
}

/// What an admin may set while Tieline runs, unless it is set here.
pub(super) fn parse_settings(text: impl Fn(&str) -> String) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    let is_known = |name: &SettingName| SETTINGS.iter().any(|known| known.key == name.as_str());
    for name in SettingName::ALL.into_iter().filter(is_known) {
        let value = text(name.as_str());
        if settings.set(name, &value).is_err() {
            let expected = match name.bounds() {
                Some(bounds) => format!("a number from {} to {}", bounds.start(), bounds.end()),
                None if matches!(name, SettingName::DenyPrivate | SettingName::KeepContent) => {
                    "true or false".to_owned()
                }
                None if name == SettingName::EgressProxy => {
                    "an HTTP proxy such as http://proxy.example:3128".to_owned()
                }
                None => "hold_risky, hold_all or use_all".to_owned(),
            };
            return Err(wrong(name.as_str(), &expected));
        }
    }
    Ok(settings)
}

pub(super) fn parse_bool(key: &str, value: &str) -> Result<bool, Failure> {
    value.parse().map_err(|_| wrong(key, "true or false"))
}

pub(super) fn parse_addresses(key: &str, value: &str) -> Result<Vec<IpAddr>, Failure> {
    let parts = value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            part.parse()
                .map_err(|_| wrong(key, "IP addresses, separated by commas"))
        })
        .collect()
}

pub(super) fn parse_seconds(key: &str, value: &str) -> Result<Duration, Failure> {
    let seconds: u64 = value
        .parse()
        .map_err(|_| wrong(key, "a whole number of seconds"))?;
    if (1..=3600).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(wrong(key, "between 1 and 3600 seconds"))
    }
}

pub(super) fn wrong(key: &str, expected: &str) -> Failure {
    let env = SETTINGS
        .iter()
        .find(|setting| setting.key == key)
        .map_or("", |setting| setting.env);
    Failure::bad_input(format!("The setting {key} ({env}) must be {expected}."))
        .hint("`tieline config print` shows where each value came from.")
}
