//! The settings as REST shows them.

use std::collections::BTreeMap;

use serde::Serialize;
use tieline_domain::{SettingName, Timestamp};
use tieline_hub::SettingsView;
use utoipa::ToSchema;

/// What an admin sets while Tieline runs.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub(super) struct SettingsObject {
    /// What is done with tools that change at their servers: `hold_risky`, `hold_all` or `use_all`.
    #[schema(value_type = String)]
    tool_changes: &'static str,
    /// After how many hours without use a sign-in ends: 1 to 168.
    sign_in_idle_hours: u32,
    /// After how many days a sign-in ends, used or not: 1 to 90.
    sign_in_days: u32,
    /// For how many days calls are kept: 1 to 730.
    keep_calls_days: u32,
    /// Whether arguments and results of calls are kept, for admins to read.
    keep_content: bool,
    /// For how many days they are: 1 to 730, and never longer than their calls.
    keep_content_days: u32,
    /// Whether connectors on private addresses are refused.
    deny_private: bool,
    /// Certificate authorities that connectors' servers may have beside those of the machine, as PEM; empty for none.
    extra_ca: String,
    /// The same as people recognise them.
    extra_ca_authorities: Vec<AuthorityObject>,
    /// The HTTP proxy to hosts outside of the own network, without its login; empty when there is none.
    egress_proxy: String,
    /// Whether Tieline signs in to the proxy.
    egress_proxy_login: bool,
    /// The theme of pages for those who chose none: `system`, `light` or `dark`.
    #[schema(value_type = String)]
    theme: &'static str,
    /// Settings that only the server's operator can change, each with what sets it, such as an environment variable.
    set_by_server: BTreeMap<&'static str, String>,
    /// Grows with each change. Sent back with a change, it makes sure that nobody else's is overwritten.
    version: i64,
}

/// A certificate authority.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateAuthority)]
pub(super) struct AuthorityObject {
    /// Its name.
    subject: String,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<SettingsView> for SettingsObject {
    fn from(view: SettingsView) -> Self {
        let fixed = view.fixed.into_iter();
        Self {
            tool_changes: view.values.tool_changes.as_str(),
            sign_in_idle_hours: view.values.sign_in_idle_hours,
            sign_in_days: view.values.sign_in_days,
            keep_calls_days: view.values.keep_calls_days,
            keep_content: view.values.keep_content,
            keep_content_days: view.values.keep_content_days,
            deny_private: view.values.deny_private,
            extra_ca: view.values.extra_ca.clone(),
            extra_ca_authorities: view.authorities.into_iter().map(authority).collect(),
            egress_proxy: view.values.text(SettingName::EgressProxy),
            egress_proxy_login: view.proxy_login,
            theme: view.values.theme.as_str(),
            set_by_server: fixed.map(|(name, by)| (name.as_str(), by)).collect(),
            version: view.version,
        }
    }
}

fn authority(found: tieline_hub::Authority) -> AuthorityObject {
    let millis = found
        .not_after
        .and_then(|seconds| i64::try_from(seconds * 1_000).ok());
    AuthorityObject {
        subject: found.subject,
        expires_at: millis.map(Timestamp::from_millis),
    }
}
