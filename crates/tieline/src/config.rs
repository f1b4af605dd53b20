//! The configuration: one struct, and for each value where it came from.
//!
//! A flag beats the environment, the environment beats the file, the file beats the default. Unknown keys in the file
//! are errors. This is the only place that reads the environment.

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

/// One setting: its key in the file, its environment name, its default and what it means.
struct Setting {
    key: &'static str,
    env: &'static str,
    default: &'static str,
    help: &'static str,
}

const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        env: "TIELINE_LISTEN",
        default: "127.0.0.1:7420",
        help: "address to listen on",
    },
    Setting {
        key: "data_dir",
        env: "TIELINE_DATA_DIR",
        default: "./tieline-data",
        help: "database and master key",
    },
    Setting {
        key: "database_url",
        env: "TIELINE_DATABASE_URL",
        default: "",
        help: "PostgreSQL URL; empty: SQLite in data_dir",
    },
    Setting {
        key: "public_url",
        env: "TIELINE_PUBLIC_URL",
        default: "",
        help: "URL under which people reach Tieline",
    },
    Setting {
        key: "master_key_file",
        env: "TIELINE_MASTER_KEY_FILE",
        default: "",
        help: "master key; empty: data_dir/master.key",
    },
    Setting {
        key: "log",
        env: "TIELINE_LOG",
        default: "info",
        help: "tracing filter",
    },
    Setting {
        key: "log_format",
        env: "TIELINE_LOG_FORMAT",
        default: "text",
        help: "text or json",
    },
    Setting {
        key: "allow_loopback",
        env: "TIELINE_ALLOW_LOOPBACK",
        default: "",
        help: "connectors on loopback; empty: only if listening on loopback",
    },
    Setting {
        key: "deny_private",
        env: "TIELINE_DENY_PRIVATE",
        default: "false",
        help: "refuse connectors on private addresses",
    },
    Setting {
        key: "egress_proxy",
        env: "TIELINE_EGRESS_PROXY",
        default: "",
        help: "HTTP proxy to hosts outside of this network, with its login if it wants one",
    },
    Setting {
        key: "organization",
        env: "TIELINE_ORGANIZATION",
        default: "",
        help: "name on the pages",
    },
    Setting {
        key: "allowed_hosts",
        env: "TIELINE_ALLOWED_HOSTS",
        default: "",
        help: "further host names to answer to, comma separated",
    },
    Setting {
        key: "trusted_proxies",
        env: "TIELINE_TRUSTED_PROXIES",
        default: "",
        help: "addresses of proxies whose X-Forwarded-For is believed, comma separated",
    },
    Setting {
        key: "metrics",
        env: "TIELINE_METRICS",
        default: "loopback",
        help: "who may read /metrics: loopback, all or off",
    },
    Setting {
        key: "check_interval_seconds",
        env: "TIELINE_CHECK_INTERVAL_SECONDS",
        default: "60",
        help: "how often connectors are checked",
    },
    Setting {
        key: "call_timeout_seconds",
        env: "TIELINE_CALL_TIMEOUT_SECONDS",
        default: "60",
        help: "longest tool call",
    },
    Setting {
        key: "tool_changes",
        env: "TIELINE_TOOL_CHANGES",
        default: "hold_risky",
        help: "tools that change at their servers: hold_risky, hold_all (wait for an admin) or use_all",
    },
    Setting {
        key: "sign_in_idle_hours",
        env: "TIELINE_SIGN_IN_IDLE_HOURS",
        default: "12",
        help: "hours without use after which a sign-in ends",
    },
    Setting {
        key: "sign_in_days",
        env: "TIELINE_SIGN_IN_DAYS",
        default: "7",
        help: "days after which a sign-in ends, used or not",
    },
    Setting {
        key: "keep_calls_days",
        env: "TIELINE_KEEP_CALLS_DAYS",
        default: "30",
        help: "days for which calls are kept",
    },
    Setting {
        key: "keep_content",
        env: "TIELINE_KEEP_CONTENT",
        default: "false",
        help: "keep arguments and results of calls, for admins to read",
    },
    Setting {
        key: "keep_content_days",
        env: "TIELINE_KEEP_CONTENT_DAYS",
        default: "7",
        help: "days for which arguments and results are kept",
    },
    Setting {
        key: "running_turns",
        env: "TIELINE_RUNNING_TURNS",
        default: "64",
        help: "how many turns of the agent run at once; others wait",
    },
    Setting {
        key: "tool_tokens",
        env: "TIELINE_TOOL_TOKENS",
        default: "20000",
        help: "most tokens of tool definitions that the agent's model is given; above, it searches them",
    },
];

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

fn parse_public_url(value: &str) -> Result<Url, Failure> {
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
fn parse_settings(text: impl Fn(&str) -> String) -> Result<Settings, Failure> {
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

fn parse_bool(key: &str, value: &str) -> Result<bool, Failure> {
    value.parse().map_err(|_| wrong(key, "true or false"))
}

fn parse_addresses(key: &str, value: &str) -> Result<Vec<IpAddr>, Failure> {
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

fn parse_seconds(key: &str, value: &str) -> Result<Duration, Failure> {
    let seconds: u64 = value
        .parse()
        .map_err(|_| wrong(key, "a whole number of seconds"))?;
    if (1..=3600).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(wrong(key, "between 1 and 3600 seconds"))
    }
}

fn wrong(key: &str, expected: &str) -> Failure {
    let env = SETTINGS
        .iter()
        .find(|setting| setting.key == key)
        .map_or("", |setting| setting.env);
    Failure::bad_input(format!("The setting {key} ({env}) must be {expected}."))
        .hint("`tieline config print` shows where each value came from.")
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
