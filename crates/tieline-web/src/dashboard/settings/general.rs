//! Settings, General: the theme, the default model, and the facts of this server.

use tieline_domain::{SettingName, ThemeDefault};
use tieline_hub::ModelView;

use super::edit::Known;
use super::view::{GeneralPage, Group, Tab};
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::shell::Shell;
use crate::dashboard::words::shown;
use crate::state::WebSettings;

/// The page.
pub(super) fn view(
    shell: Shell,
    known: &Known,
    web: &WebSettings,
    model: Option<&ModelView>,
) -> GeneralPage {
    let model = model.map_or_else(
        || "None yet".to_owned(),
        |model| format!("{}, {}", model.name, shown(&model.model, 200)),
    );
    GeneralPage {
        shell,
        tabs: Tab::all("/settings/general"),
        form: known.form(),
        theme: known.choices(
            SettingName::Theme,
            ThemeDefault::ALL.map(words),
            "Who chooses a theme in the account menu keeps it on that browser.",
        ),
        groups: vec![
            Group {
                title: "The built-in agent",
                lead: "",
                facts: vec![Fact {
                    href: "/settings/models".to_owned(),
                    link: "Models",
                    ..Fact::new("Default model", model, false)
                }],
            },
            server(web),
        ],
    }
}

fn server(web: &WebSettings) -> Group {
    let org = if web.organization.is_empty() {
        "Not set"
    } else {
        &web.organization
    };
    Group {
        title: "This server",
        lead: "Set on the server by organization (TIELINE_ORGANIZATION), public_url (TIELINE_PUBLIC_URL) and listen (TIELINE_LISTEN). Changing them needs a restart.",
        facts: vec![
            Fact::new("Version", env!("CARGO_PKG_VERSION"), false),
            Fact::new("Organisation", org, false),
            Fact::new("Public URL", web.base_url(), true),
            Fact::new("Listens on", web.listen.to_string(), true),
        ],
    }
}

/// Value, label and what it means.
pub(super) fn words(theme: ThemeDefault) -> (&'static str, &'static str, String) {
    let (label, note) = match theme {
        ThemeDefault::System => ("System", "Light or dark, as each person’s system is."),
        ThemeDefault::Light => ("Light", "Light on every system."),
        ThemeDefault::Dark => ("Dark", "Dark on every system."),
    };
    (theme.as_str(), label, note.to_owned())
}
