//! `GET /settings/general`: the facts of this server.

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
pub(crate) async fn general_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Response {
    let web = &state.settings;
    let org = if web.organization.is_empty() {
        "Not set"
    } else {
        &web.organization
    };
    let groups = vec![Group {
        title: "This server",
        lead: "These come from its command line, environment or configuration file. Changing them needs a restart.",
        facts: vec![
            Fact::new("Version", env!("CARGO_PKG_VERSION"), false),
            Fact::new("Organisation", org, false),
            Fact::new("Address", web.base_url(), true),
            Fact::new("Listens on", web.listen.to_string(), true),
        ],
    }];
    page(&SettingsPage {
        shell: asked.shell(&state, &who, Section::Settings).await,
        title: "General settings",
        lead: "How this server runs.",
        tabs: Tab::all("/settings/general"),
        groups,
    })
}
