//! Settings, Network: which addresses connectors may have, and whose certificates are trusted.

use tieline_domain::{SettingName, Timestamp};
use tieline_hub::HubSettings;

use super::edit::Known;
use super::view::{AuthorityLine, Group, NetworkPage, Tab};
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::moment::date;
use crate::dashboard::shell::Shell;

pub(super) const CERTIFICATES_HELP: &str = "For servers whose certificate your own authority signed. Trusted for connectors and model APIs, beside those of this machine.";

pub(super) const PROXY_HELP: &str = "Hosts outside of your own network are reached through it (HTTP CONNECT). If it wants a login: http://name:password@proxy.example:3128. The login is stored encrypted and not shown again.";

/// The page.
pub(super) fn view(
    shell: Shell,
    known: &Known,
    server: &HubSettings,
    now: Timestamp,
) -> NetworkPage {
    let seconds = |duration: std::time::Duration| format!("{} s", duration.as_secs());
    let loopback = if server.dial.allow_loopback {
        "Allowed"
    } else {
        "Refused"
    };
    NetworkPage {
        shell,
        tabs: Tab::all("/settings/network"),
        form: known.form(),
        deny_private: known.choices(SettingName::DenyPrivate, words(), ""),
        egress_proxy: known.number(SettingName::EgressProxy, proxy_help(known)),
        proxy_login: known.proxy_login(),
        proxy_login_removed: known.login_is_removed(),
        extra_ca: known.number(SettingName::ExtraCa, CERTIFICATES_HELP),
        authorities: known
            .authorities()
            .iter()
            .map(|authority| line(&authority.subject, authority.not_after, now))
            .collect(),
        groups: vec![Group {
            title: "Always so",
            lead: "",
            facts: vec![
                Fact::new("Loopback", loopback, false),
                Fact::new(
                    "Metadata",
                    "Always refused, also link-local and reserved addresses",
                    false,
                ),
                Fact::new("Redirects", "Never followed", false),
                Fact::new(
                    "Checks",
                    format!("Every {}", seconds(server.check_interval)),
                    false,
                ),
                Fact::new(
                    "Tool calls",
                    format!("At most {}", seconds(server.call_timeout)),
                    false,
                ),
                Fact::new(
                    "Model APIs",
                    "Reached by the same rules; this machine itself is always allowed",
                    false,
                ),
            ],
        }],
    }
}

fn proxy_help(known: &Known) -> &'static str {
    if known.login_was_typed() {
        "The login is not sent back to this page. Enter it once more: http://name:password@proxy.example:3128."
    } else if known.proxy_login() {
        "Hosts outside of your own network are reached through it, with the stored login. Leave the login out to keep it."
    } else {
        PROXY_HELP
    }
}

/// Value, label and what it means.
pub(super) fn words() -> [(&'static str, &'static str, String); 2] {
    let allow = "Servers of your own network can be connectors: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 and fc00::/7.";
    let refuse = "Only servers on the internet can be. A name counts by every address that it has.";
    [
        ("false", "Allow", allow.to_owned()),
        ("true", "Refuse", refuse.to_owned()),
    ]
}

fn line(name: &str, not_after: Option<u64>, now: Timestamp) -> AuthorityLine {
    let end = not_after.and_then(|seconds| i64::try_from(seconds * 1_000).ok());
    let end = end.map(Timestamp::from_millis);
    let expired = end.is_some_and(|end| end <= now);
    AuthorityLine {
        name: name.to_owned(),
        until: match end {
            Some(end) if expired => format!("expired on {}", date(end)),
            Some(end) => format!("valid until {}", date(end)),
            None => "without an end".to_owned(),
        },
        expired,
    }
}
