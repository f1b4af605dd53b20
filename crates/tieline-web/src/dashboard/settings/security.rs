//! Settings, Security: tools that change at their servers, and how long a sign-in lasts.

use tieline_domain::{SettingName, ToolChangePolicy};

use super::edit::Known;
use super::view::{Group, SecurityPage, Tab};
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::shell::Shell;
use crate::state::WebSettings;

/// The page.
pub(super) fn view(shell: Shell, known: &Known, web: &WebSettings) -> SecurityPage {
    SecurityPage {
        shell,
        tabs: Tab::all("/settings/security"),
        form: known.form(),
        tool_changes: known.choices(
            SettingName::ToolChanges,
            ToolChangePolicy::ALL.map(words),
            "What is held waits on its connector’s page. The version before stays in use while calls still fit it.",
        ),
        idle: known.number(
            SettingName::SignInIdleHours,
            "1 to 168 hours. A shorter time also ends sign-ins that exist.",
        ),
        longest: known.number(
            SettingName::SignInDays,
            "1 to 90 days. A longer time counts from the next sign-in on.",
        ),
        groups: vec![Group {
            title: "Always so",
            lead: "",
            facts: vec![
                Fact::new(
                    "Tokens",
                    "Sealed with this server’s master key, never shown again",
                    false,
                ),
                Fact::new(
                    "Connection",
                    if web.is_https() {
                        "https"
                    } else {
                        "http, without encryption"
                    },
                    false,
                ),
                Fact::new(
                    "Passwords",
                    "10 wrong ones for an account, or 40 from an address, make a pause of 15 minutes",
                    false,
                ),
            ],
        }],
    }
}

/// Value, label and what it means.
pub(super) fn words(policy: ToolChangePolicy) -> (&'static str, &'static str, String) {
    let (label, note) = match policy {
        ToolChangePolicy::HoldRisky => (
            "Hold risky changes",
            "A tool that only read and now writes, a destructive label that flips, hidden characters, another connector’s tool named: these wait for an admin. Others are used and noted.",
        ),
        ToolChangePolicy::HoldAll => (
            "Hold until reviewed",
            "Every change and every new tool waits for an admin.",
        ),
        ToolChangePolicy::UseAll => (
            "Use and notify",
            "Every change is used in people’s next sessions, and noted in Activity.",
        ),
    };
    (policy.as_str(), label, note.to_owned())
}
