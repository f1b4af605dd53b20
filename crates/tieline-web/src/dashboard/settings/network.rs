//! `GET /settings/network`: which addresses connectors may have.

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
pub(crate) async fn network_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Response {
    let hub = state.hub.settings();
    let yes = |value: bool| if value { "Allowed" } else { "Refused" };
    let seconds = |duration: std::time::Duration| format!("{} s", duration.as_secs());
    let groups = vec![Group {
        title: "Connectors",
        lead: "These come from its command line, environment or configuration file. Changing them needs a restart.",
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
    }];
    page(&SettingsPage {
        shell: asked.shell(&state, &who, Section::Settings).await,
        title: "Network settings",
        lead: "How this server reaches connectors.",
        tabs: Tab::all("/settings/network"),
        groups,
    })
}
