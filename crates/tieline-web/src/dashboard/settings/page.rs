//! `GET /settings`: the facts of this server.

use axum::extract::State;
use axum::response::Response;

use super::view::{Group, SettingsPage, Tab};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::state::AppState;

/// The page.
pub(crate) async fn settings_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Response {
    let (web, hub) = (&state.settings, state.hub.settings());
    let yes = |value: bool| if value { "Allowed" } else { "Refused" };
    let seconds = |duration: std::time::Duration| format!("{} s", duration.as_secs());
    let days = |duration: std::time::Duration| format!("{} days", duration.as_secs() / 86_400);
    let org = if web.organization.is_empty() {
        "Not set"
    } else {
        &web.organization
    };
    let groups = vec![
        Group {
            title: "General",
            facts: vec![
                Fact::new("Version", env!("CARGO_PKG_VERSION"), false),
                Fact::new("Organisation", org, false),
                Fact::new("Address", web.base_url(), true),
                Fact::new("Listens on", web.listen.to_string(), true),
                Fact::new("Calls kept", days(hub.keep_calls), false),
            ],
        },
        Group {
            title: "Network",
            facts: vec![
                Fact::new("Loopback", yes(hub.dial.allow_loopback), false),
                Fact::new("Private", yes(!hub.dial.deny_private), false),
                Fact::new(
                    "Metadata",
                    "Always refused, also link-local and reserved addresses",
                    false,
                ),
                Fact::new(
                    "Checks",
                    format!("Every {}", seconds(hub.check_interval)),
                    false,
                ),
                Fact::new(
                    "Tool calls",
                    format!("At most {}", seconds(hub.call_timeout)),
                    false,
                ),
            ],
        },
        Group {
            title: "Security",
            facts: vec![
                Fact::new(
                    "Tokens",
                    "Sealed with this server’s master key, never shown again",
                    false,
                ),
                Fact::new(
                    "Sign-in",
                    "Ends after 12 hours without use, and after 7 days",
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
            ],
        },
    ];
    page(&SettingsPage {
        shell: asked.shell(&state, &who, Section::Settings).await,
        tabs: Tab::all("/settings"),
        groups,
    })
}
