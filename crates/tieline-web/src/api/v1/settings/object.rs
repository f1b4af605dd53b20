//! The settings as REST shows them.

use std::collections::BTreeMap;

use serde::Serialize;
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
    /// Settings that only the server's operator can change, each with what sets it, such as an environment variable.
    set_by_server: BTreeMap<&'static str, String>,
    /// Grows with each change. Sent back with a change, it makes sure that nobody else's is overwritten.
    version: i64,
}

impl From<SettingsView> for SettingsObject {
    fn from(view: SettingsView) -> Self {
        let fixed = view.fixed.into_iter();
        Self {
            tool_changes: view.values.tool_changes.as_str(),
            sign_in_idle_hours: view.values.sign_in_idle_hours,
            sign_in_days: view.values.sign_in_days,
            keep_calls_days: view.values.keep_calls_days,
            set_by_server: fixed.map(|(name, by)| (name.as_str(), by)).collect(),
            version: view.version,
        }
    }
}
