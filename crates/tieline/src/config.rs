//! The configuration: one struct, and for each value where it came from.
//!
//! A flag beats the environment, the environment beats the file, the file beats the default. Unknown keys in the file
//! are errors. This is the only place that reads the environment.

mod known;
mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tieline_agent::AgentSettings;
use tieline_domain::{ProxyLogin, ProxyUrl, SettingName, Settings, TypedLogin};
use url::Url;

use crate::cli::{Place, ServeFlags};
use crate::failure::Failure;

use known::SETTINGS;
use parse::{parse_addresses, parse_bool, parse_public_url, parse_seconds, parse_settings, wrong};

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File,
    Environment,
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsAccess {
    /// Requests from this machine only.
    Loopback,
    /// Everybody who reaches the port.
    All,
    /// Nobody.
    Off,
}

/// Everything that an operator may set.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) public_url: Option<Url>,
    pub(crate) master_key_file: Option<PathBuf>,
    pub(crate) credentials_dir: Option<PathBuf>,
    pub(crate) log: String,
    pub(crate) log_json: bool,
    pub(crate) allow_loopback: bool,
    pub(crate) organization: String,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) metrics: MetricsAccess,
    pub(crate) check_interval: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) settings: Settings,
    /// The login of the proxy among them.
    pub(crate) proxy_login: Option<ProxyLogin>,
    pub(crate) running_turns: usize,
    pub(crate) tool_tokens: u64,
    pub(crate) values: BTreeMap<&'static str, (String, Source)>,
}

impl Config {
    /// Gathers flags, environment and file, and parses every value.
    pub(crate) fn load(place: &Place, serve: &ServeFlags) -> Result<Self, Failure> {
        let mut values: BTreeMap<&'static str, (String, Source)> = SETTINGS
            .iter()
            .map(|setting| (setting.key, (setting.default.to_owned(), Source::Default)))
            .collect();
        let file = place
            .config
            .clone()
            .or_else(|| environment("TIELINE_CONFIG").map(PathBuf::from));
        if let Some(file) = file {
            read_file(&file, &mut values)?;
        }
        for setting in SETTINGS {
            if let Some(value) = environment(setting.env) {
                values.insert(setting.key, (value, Source::Environment));
            }
        }
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        for (key, flag) in [
            ("data_dir", place.data_dir.as_ref().map(path)),
            ("database_url", place.database_url.clone()),
            ("listen", serve.listen.clone()),
            ("public_url", serve.public_url.clone()),
        ] {
            if let Some(value) = flag {
                values.insert(key, (value, Source::Flag));
            }
        }
        Self::parse(values)
    }

    fn parse(values: BTreeMap<&'static str, (String, Source)>) -> Result<Self, Failure> {
        let text = |key: &str| {
            values
                .get(key)
                .map(|(value, _)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let filled = |key: &str| Some(text(key)).filter(|value| !value.is_empty());
        let listen: SocketAddr = text("listen")
            .parse()
            .map_err(|_| wrong("listen", "an address with a port, such as 127.0.0.1:7420"))?;
        let public_url = match filled("public_url") {
            Some(value) => Some(parse_public_url(&value)?),
            None => None,
        };
        let allow_loopback = match filled("allow_loopback") {
            Some(value) => parse_bool("allow_loopback", &value)?,
            None => listen.ip().is_loopback(),
        };
        let metrics = match text("metrics").as_str() {
            "loopback" => MetricsAccess::Loopback,
            "all" => MetricsAccess::All,
            "off" => MetricsAccess::Off,
            _ => return Err(wrong("metrics", "loopback, all or off")),
        };
        Ok(Self {
            listen,
            data_dir: PathBuf::from(text("data_dir")),
            database_url: filled("database_url"),
            public_url,
            master_key_file: filled("master_key_file").map(PathBuf::from),
            credentials_dir: environment("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            log: text("log"),
            log_json: match text("log_format").as_str() {
                "text" => false,
                "json" => true,
                _ => return Err(wrong("log_format", "text or json")),
            },
            allow_loopback,
            organization: text("organization").chars().take(80).collect(),
            allowed_hosts: text("allowed_hosts")
                .split(',')
                .map(|host| host.trim().to_lowercase())
                .filter(|host| !host.is_empty())
                .collect(),
            trusted_proxies: parse_addresses("trusted_proxies", &text("trusted_proxies"))?,
            metrics,
            check_interval: parse_seconds(
                "check_interval_seconds",
                &text("check_interval_seconds"),
            )?,
            call_timeout: parse_seconds("call_timeout_seconds", &text("call_timeout_seconds"))?,
            proxy_login: match ProxyUrl::parse(&text("egress_proxy")) {
                Ok((_, TypedLogin::Given(login))) => Some(login),
                _ => None,
            },
            settings: parse_settings(text)?,
            running_turns: text("running_turns")
                .parse()
                .ok()
                .filter(|turns| (1..=10_000).contains(turns))
                .ok_or_else(|| wrong("running_turns", "between 1 and 10000"))?,
            tool_tokens: text("tool_tokens")
                .parse()
                .map_err(|_| wrong("tool_tokens", "a whole number of tokens"))?,
            values,
        })
    }

    /// What is set here and therefore not in the dashboard, with what sets it.
    pub(crate) fn fixed_settings(&self) -> BTreeMap<SettingName, String> {
        let mut fixed = BTreeMap::new();
        for name in SettingName::ALL {
            let found = SETTINGS.iter().find(|known| known.key == name.as_str());
            let source = self.values.get(name.as_str()).map(|(_, source)| *source);
            let by = match (found, source) {
                (Some(setting), Some(Source::Environment)) => setting.env.to_owned(),
                (Some(setting), Some(Source::File)) => {
                    format!("{} in the configuration file", setting.key)
                }
                _ => continue,
            };
            fixed.insert(name, by);
        }
        fixed
    }

    /// The settings of the agent in a process.
    pub(crate) fn agent_settings(&self) -> AgentSettings {
        AgentSettings {
            max_running: self.running_turns,
            definition_budget: self.tool_tokens,
            ..AgentSettings::default()
        }
    }

    /// Whether an operator chose the address to listen on.
    pub(crate) fn listen_is_set(&self) -> bool {
        self.values
            .get("listen")
            .is_some_and(|(_, source)| *source != Source::Default)
    }

    /// Every setting as a table: key, value, where it came from, environment name, meaning. A password in the database
    /// URL and the login of the proxy are not shown.
    pub(crate) fn table(&self) -> String {
        let mut lines = Vec::new();
        for setting in SETTINGS {
            let (value, source) = self
                .values
                .get(setting.key)
                .map_or(("", Source::Default), |(value, source)| {
                    (value.as_str(), *source)
                });
            let shown = if setting.key == "database_url" {
                without_password(value)
            } else if setting.key == SettingName::EgressProxy.as_str() {
                ProxyUrl::without_login(value)
            } else {
                value.to_owned()
            };
            lines.push(format!(
                "{:<24} = {:<32} # {source}; {}; {}",
                setting.key,
                serde_json::Value::String(shown).to_string(),
                setting.env,
                setting.help
            ));
        }
        lines.join("\n")
    }
}

/// Whether output for a terminal may have colours (<https://no-color.org>).
pub(crate) fn colours_wanted() -> bool {
    environment("NO_COLOR").is_none() && environment("TERM").is_none_or(|term| term != "dumb")
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn read_file(
    path: &std::path::Path,
    values: &mut BTreeMap<&'static str, (String, Source)>,
) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::bad_input(format!(
            "The configuration file {} cannot be read: {error}.",
            path.display()
        ))
    })?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        Failure::bad_input(format!(
            "The configuration file {} is not valid TOML: {}",
            path.display(),
            error.message()
        ))
    })?;
    for (key, value) in table {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return Err(Failure::bad_input(format!(
                "The configuration file {} has an unknown key: {key}.",
                path.display()
            ))
            .hint("`tieline config print` lists every key."));
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Array(items) => items
                .iter()
                .filter_map(toml::Value::as_str)
                .collect::<Vec<_>>()
                .join(","),
            toml::Value::Boolean(value) => value.to_string(),
            toml::Value::Integer(value) => value.to_string(),
            _ => {
                return Err(wrong(
                    setting.key,
                    "a string, a number, a boolean or a list of strings",
                ));
            }
        };
        values.insert(setting.key, (text, Source::File));
    }
    Ok(())
}

/// A database URL that may be shown: the password can stand before the host and in the query.
fn without_password(url: &str) -> String {
    if url.is_empty() {
        return String::new();
    }
    let Ok(mut parsed) = Url::parse(url) else {
        return "(set, but not a URL)".to_owned();
    };
    if parsed.password().is_some() && parsed.set_password(Some("redacted")).is_err() {
        return "(set)".to_owned();
    }
    let sounds_secret = |key: &str| key.to_ascii_lowercase().contains("pass");
    if parsed.query_pairs().any(|(key, _)| sounds_secret(&key)) {
        let pairs: Vec<(String, String)> = parsed
            .query_pairs()
            .map(|(key, value)| {
                let hidden = sounds_secret(&key);
                let value = if hidden { "redacted".into() } else { value };
                (key.into_owned(), value.into_owned())
            })
            .collect();
        parsed.query_pairs_mut().clear().extend_pairs(pairs);
    }
    parsed.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &'static str, value: &str) -> Result<Config, Failure> {
        let mut values: BTreeMap<_, _> = SETTINGS
            .iter()
            .map(|setting| (setting.key, (setting.default.to_owned(), Source::Default)))
            .collect();
        values.insert(key, (value.to_owned(), Source::File));
        Config::parse(values)
    }

    #[test]
    fn loopback_connectors_are_allowed_only_while_listening_on_loopback() {
        assert!(with("listen", "127.0.0.1:1").unwrap().allow_loopback);
        assert!(!with("listen", "0.0.0.0:1").unwrap().allow_loopback);
        assert!(!with("allow_loopback", "false").unwrap().allow_loopback);
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (key, value) in [
            ("listen", "here"),
            ("metrics", "some"),
            ("public_url", "ftp://x"),
            ("deny_private", "maybe"),
            ("call_timeout_seconds", "0"),
        ] {
            let failure = format!("{:?}", with(key, value).unwrap_err());
            assert!(failure.contains(key), "{failure}");
        }
    }

    #[test]
    fn the_table_hides_the_database_password() {
        let table = with("database_url", "postgres://tieline:hunter2@db/tieline")
            .unwrap()
            .table();
        assert!(!table.contains("hunter2"), "{table}");
        assert!(table.contains("postgres://tieline:redacted@db/tieline"));
        for url in [
            "postgres://db/tieline?user=tieline&password=hunter2",
            "postgres://tieline:hunter2@db:port/tieline",
        ] {
            let table = with("database_url", url).unwrap().table();
            assert!(!table.contains("hunter2"), "{table}");
        }
    }
}
