//! Changes settings.

use axum::Json;
use axum::extract::State;
use tieline_domain::SettingName;
use tieline_hub::UpdateSettings;
use utoipa::ToSchema;

use super::object::SettingsObject;
use crate::api::body::Fields;
use crate::auth::ApiAdmin;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// What to change; a field that is absent stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct SettingsChange {
    /// `hold_risky`, `hold_all` or `use_all`.
    tool_changes: Option<String>,
    /// 1 to 168.
    sign_in_idle_hours: Option<u32>,
    /// 1 to 90. A longer time counts from the next sign-in on.
    sign_in_days: Option<u32>,
    /// 1 to 730. Older calls are deleted within a minute.
    keep_calls_days: Option<u32>,
    /// Whether arguments and results of calls are kept from now on, for admins to read; `false` also deletes what was
    /// kept. Chats with the built-in agent are never kept there.
    keep_content: Option<bool>,
    /// 1 to 730, and never longer than the calls. Older arguments and results are deleted within a minute.
    keep_content_days: Option<u32>,
    /// Whether connectors on private addresses are refused.
    deny_private: Option<bool>,
    /// Certificate authorities as PEM; empty for none. Open connections are closed when this, `deny_private` or
    /// `egress_proxy` changes.
    extra_ca: Option<String>,
    /// The HTTP proxy to hosts outside of the own network, such as `http://name:password@proxy.example:3128`; empty for
    /// none. Without a login the stored one of the same proxy stays; `http://@proxy.example:3128` removes it.
    egress_proxy: Option<String>,
    /// `system`, `light` or `dark`.
    theme: Option<String>,
    /// The version that the change is based on. If somebody changed a setting since, nothing is saved.
    version: Option<u32>,
}

/// Changes settings. They are in force at once, on every process
#[utoipa::path(patch, path = "/api/v1/settings", tag = "Settings", request_body = SettingsChange,
    responses(
        (status = 200, description = "The settings as they now are.", body = SettingsObject),
        (status = 409, description = "Somebody changed them in the meantime (`edit_conflict`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn update_settings(
    admin: ApiAdmin,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<Json<SettingsObject>, Problem> {
    let mut update = UpdateSettings::default();
    for name in SettingName::ALL {
        let text = match name {
            SettingName::ToolChanges => fields.changed_text(name.as_str(), "tool_changes_type"),
            SettingName::Theme => fields.changed_text(name.as_str(), "theme_type"),
            SettingName::ExtraCa => fields.changed_text(name.as_str(), "extra_ca_type"),
            SettingName::EgressProxy => fields.changed_text(name.as_str(), "egress_proxy_type"),
            SettingName::DenyPrivate => {
                let switch = fields.optional_bool(name.as_str(), "deny_private_type");
                switch.map(|switch| switch.to_string())
            }
            SettingName::KeepContent => {
                let switch = fields.optional_bool(name.as_str(), "keep_content_type");
                switch.map(|switch| switch.to_string())
            }
            SettingName::SignInIdleHours
            | SettingName::SignInDays
            | SettingName::KeepCallsDays
            | SettingName::KeepContentDays => {
                let number = fields.optional_number(name.as_str(), "number_type");
                number.map(|number| number.to_string())
            }
        };
        update.values.extend(text.map(|text| (name, text)));
    }
    let version = fields.optional_number("version", "version_type");
    update.version = version.map(i64::from);
    fields.finish()?;
    let view = state.hub.update_settings(&admin.actor(), &update).await?;
    Ok(Json(view.into()))
}
