//! The forms of the settings: shown, and saved once the admin has seen whom the change affects.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use tieline_domain::{FieldError, ProxyUrl, SettingName};
use tieline_hub::{AuditFilter, SettingsView, SignedIn, UpdateSettings, UpdateSettingsError};

use super::view::{Choice, Choices, Number, SettingsForm};
use super::{data, general, network, security};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::first::who_was_first;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// A page with a form.
#[derive(Clone, Copy, Debug)]
enum Area {
    General,
    Network,
    Security,
    Data,
}

impl Area {
    const fn names(self) -> &'static [SettingName] {
        match self {
            Self::General => &[SettingName::Theme],
            Self::Network => &[
                SettingName::DenyPrivate,
                SettingName::EgressProxy,
                SettingName::ExtraCa,
            ],
            Self::Security => &[
                SettingName::ToolChanges,
                SettingName::SignInIdleHours,
                SettingName::SignInDays,
            ],
            Self::Data => &[
                SettingName::KeepCallsDays,
                SettingName::KeepContent,
                SettingName::KeepContentDays,
            ],
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::General => "/settings/general",
            Self::Network => "/settings/network",
            Self::Security => "/settings/security",
            Self::Data => "/settings/data",
        }
    }

    const fn saved(self) -> &'static str {
        match self {
            Self::General => "/settings/general?done=settings_saved",
            Self::Network => "/settings/network?done=settings_saved",
            Self::Security => "/settings/security?done=settings_saved",
            Self::Data => "/settings/data?done=settings_saved",
        }
    }
}

/// How much of a wrong value is shown again: the longest that a right one may be.
const LONGEST: usize = 64 * 1024;

/// The fields as they were typed, by name.
type Typed = HashMap<String, String>;

/// `GET /settings` and `GET /settings/general`
pub(crate) async fn general_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    show(&state, asked, &who, Area::General).await
}

/// `POST /settings/general`
pub(crate) async fn save_general(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    save(&state, asked, &admin, Area::General, typed).await
}

/// `GET /settings/network`
pub(crate) async fn network_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    show(&state, asked, &who, Area::Network).await
}

/// `POST /settings/network`
pub(crate) async fn save_network(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    save(&state, asked, &admin, Area::Network, typed).await
}

/// `GET /settings/security`
pub(crate) async fn security_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    show(&state, asked, &who, Area::Security).await
}

/// `POST /settings/security`
pub(crate) async fn save_security(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    save(&state, asked, &admin, Area::Security, typed).await
}

/// `GET /settings/data`
pub(crate) async fn data_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    show(&state, asked, &who, Area::Data).await
}

/// `POST /settings/data`
pub(crate) async fn save_data(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    save(&state, asked, &admin, Area::Data, typed).await
}

async fn show(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    area: Area,
) -> Result<Response, Problem> {
    let known = Known::new(area, state.hub.show_settings().await?);
    Ok(answer(state, asked, who, &known, None).await)
}

async fn save(
    state: &AppState,
    asked: Asked,
    admin: &Admin,
    area: Area,
    typed: Typed,
) -> Result<Response, Problem> {
    let mut known = Known::new(area, state.hub.show_settings().await?);
    let update = known.update(&typed);
    let told = typed.get("told").cloned().unwrap_or_default();
    known.typed = typed;
    let refused = match state.hub.affected_by_settings(&update).await {
        Ok(affected) if affected.join(" ") != told => {
            known.affected = affected;
            if !known.affected.is_empty() {
                return Ok(answer(state, asked, &admin.0, &known, None).await);
            }
            state.hub.update_settings(&admin.actor(), &update).await
        }
        Ok(_) => state.hub.update_settings(&admin.actor(), &update).await,
        Err(error) => Err(error),
    };
    let Err(error) = refused else {
        return Ok(go(area.saved()));
    };
    match &error {
        UpdateSettingsError::Invalid { fields } => known.wrong.clone_from(fields),
        UpdateSettingsError::Stale => {
            known = Known::new(area, state.hub.show_settings().await?);
            let filter = AuditFilter {
                action: Some("settings.changed".to_owned()),
                ..AuditFilter::default()
            };
            let first = who_was_first(state, "the settings", &filter, |_| true).await?;
            known.failed = format!("{first} This is what is stored now.");
        }
        UpdateSettingsError::Store(_) => return Err(error.into()),
    }
    Ok(answer(state, asked, &admin.0, &known, Some(error.into())).await)
}

async fn answer(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    known: &Known,
    problem: Option<Problem>,
) -> Response {
    let shell = asked.shell(state, who, Section::Settings).await;
    macro_rules! answer {
        ($view:expr) => {
            match problem {
                None => page(&$view),
                Some(problem) => page_about(problem, &$view),
            }
        };
    }
    match known.area {
        Area::General => {
            let models = state.hub.list_models().await.unwrap_or_default();
            let model = models.iter().find(|model| model.is_default);
            answer!(general::view(shell, known, &state.settings, model))
        }
        Area::Network => {
            let now = state.hub.clock().now();
            answer!(network::view(shell, known, state.hub.settings(), now))
        }
        Area::Security => answer!(security::view(shell, known, &state.settings)),
        Area::Data => answer!(data::view(shell, known, &state.hub.database())),
    }
}

/// What a form is made of: what is stored, what was typed, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Known {
    area: Area,
    stored: SettingsView,
    typed: Typed,
    wrong: Vec<FieldError>,
    failed: String,
    affected: Vec<String>,
}

impl Known {
    fn new(area: Area, stored: SettingsView) -> Self {
        Self {
            area,
            stored,
            typed: Typed::new(),
            wrong: Vec::new(),
            failed: String::new(),
            affected: Vec::new(),
        }
    }

    /// What the form asks for. A fixed field is shown, so it comes back, and is left out here.
    fn update(&self, typed: &Typed) -> UpdateSettings {
        let names = self.area.names().iter().copied();
        let values = names
            .filter(|name| !self.stored.fixed.contains_key(name))
            .filter_map(|name| Some((name, typed.get(name.as_str())?.clone())))
            .map(|(name, text)| match name {
                SettingName::EgressProxy if typed.contains_key("egress_proxy_no_login") => {
                    (name, ProxyUrl::with_no_login(&text))
                }
                _ => (name, text),
            });
        UpdateSettings {
            values: values.collect(),
            version: typed.get("version").and_then(|text| text.parse().ok()),
        }
    }

    fn fixed(&self, name: SettingName) -> String {
        self.stored.fixed.get(&name).cloned().unwrap_or_default()
    }

    fn problem(&self, name: SettingName) -> String {
        let found = self.wrong.iter().find(|error| error.field == name.as_str());
        found.map(|error| error.detail.clone()).unwrap_or_default()
    }

    /// What was typed, or what is in force.
    fn value(&self, name: SettingName) -> String {
        let typed = self
            .typed
            .get(name.as_str())
            .filter(|_| !self.stored.fixed.contains_key(&name));
        typed.map_or_else(
            || self.stored.values.text(name),
            |typed| {
                if name == SettingName::EgressProxy {
                    return ProxyUrl::without_login(typed)
                        .chars()
                        .take(LONGEST)
                        .collect();
                }
                // A key that was pasted by mistake does not go back to where others may see it.
                let is_secret = typed.contains("PRIVATE KEY");
                let kept = if is_secret { 0 } else { LONGEST };
                typed.chars().take(kept).collect()
            },
        )
    }

    pub(super) fn form(&self) -> SettingsForm {
        let mut names = self.area.names().iter();
        SettingsForm {
            action: self.area.path(),
            version: self.stored.version.to_string(),
            failed: self.failed.clone(),
            affected: self.affected.clone(),
            editable: names.any(|name| !self.stored.fixed.contains_key(name)),
        }
    }

    /// Whether Tieline signs in to the proxy.
    pub(super) fn proxy_login(&self) -> bool {
        self.stored.proxy_login
    }

    /// Whether the form asks to remove it.
    pub(super) fn login_is_removed(&self) -> bool {
        self.typed.contains_key("egress_proxy_no_login")
    }

    /// Whether a login was typed, which is not sent back.
    pub(super) fn login_was_typed(&self) -> bool {
        let typed = self.typed.get(SettingName::EgressProxy.as_str());
        typed.is_some_and(|text| ProxyUrl::without_login(text) != *text)
    }

    pub(super) fn authorities(&self) -> &[tieline_hub::Authority] {
        &self.stored.authorities
    }

    pub(super) fn number(&self, name: SettingName, help: &str) -> Number {
        Number {
            field: Field {
                value: self.value(name),
                help: help.to_owned(),
                problem: self.problem(name),
                ..Field::default()
            },
            fixed: self.fixed(name),
        }
    }

    pub(super) fn choices<const N: usize>(
        &self,
        name: SettingName,
        options: [(&'static str, &'static str, String); N],
        help: &'static str,
    ) -> Choices {
        let value = self.value(name);
        let choice = |(word, label, note): (&'static str, &'static str, String)| Choice {
            value: word,
            label,
            note,
            chosen: word == value,
        };
        Choices {
            choices: options.into_iter().map(choice).collect(),
            help,
            problem: self.problem(name),
            fixed: self.fixed(name),
        }
    }
}
