//! Changes settings. What changed, from what to what, is recorded in the same transaction.

use std::fmt;

use serde_json::json;
use thiserror::Error;
use tieline_domain::{Actor, FieldError, ProxyLogin, ProxyUrl, SettingName, Settings, TypedLogin};
use tieline_mcp::read_authorities;
use tieline_store::{NewSetting, StoreError};

use super::{SettingsView, proxy_login};
use crate::Hub;

/// How often a change is tried again when somebody else's came first and the caller did not ask to hear of that.
const TRIES: usize = 5;

/// What to change; a setting that is not named stays as it is. Its `Debug` leaves the values out: one may hold a login.
#[derive(Clone, Default)]
pub struct UpdateSettings {
    /// Each setting with its new value as text.
    pub values: Vec<(SettingName, String)>,
    /// The version that the editor saw, to notice that somebody else saved in between.
    pub version: Option<i64>,
}

impl fmt::Debug for UpdateSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.values.iter().map(|(name, _)| name).collect();
        f.debug_struct("UpdateSettings")
            .field("names", &names)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum UpdateSettingsError {
    /// Values that cannot be used.
    #[error("Some fields need another look.")]
    Invalid {
        /// Each with its own sentence.
        fields: Vec<FieldError>,
    },
    /// Somebody saved in between.
    #[error("Somebody changed the settings in the meantime. Look at their version first.")]
    Stale,
    /// The database could not save it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Saves the change and its audit row. It is in force here when this returns, and everywhere else a moment later.
    /// Setting what is set already changes nothing and writes no audit row.
    pub async fn update_settings(
        &self,
        actor: &Actor,
        update: &UpdateSettings,
    ) -> Result<SettingsView, UpdateSettingsError> {
        for _ in 0..TRIES {
            let before = self.show_settings().await?;
            if update.version.is_some_and(|seen| seen != before.version) {
                return Err(UpdateSettingsError::Stale);
            }
            let after = updated(&before, update)?;
            let login = LoginChange::of(&before, &after, update);
            match self.save_settings(actor, &before, (&after, &login)).await {
                Ok(()) => return Ok(self.show_settings().await?),
                Err(StoreError::Conflict { .. }) if update.version.is_none() => {}
                Err(StoreError::Conflict { .. }) => return Err(UpdateSettingsError::Stale),
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }

    async fn save_settings(
        &self,
        actor: &Actor,
        before: &SettingsView,
        (after, login): (&Settings, &LoginChange),
    ) -> Result<(), StoreError> {
        let (mut values, mut names, mut detail) = (Vec::new(), Vec::new(), json!({}));
        for name in SettingName::ALL {
            let (old, new) = (before.values.text(name), after.text(name));
            let is_proxy = name == SettingName::EgressProxy;
            if old == new && !(is_proxy && login.changes()) {
                continue;
            }
            detail[name.as_str()] = if is_proxy {
                let had = if before.proxy_login {
                    ", with a login"
                } else {
                    ""
                };
                json!({ "before": format!("{old}{had}"), "after": format!("{new}{}", login.words()) })
            } else {
                json!({ "before": recorded(name, &old), "after": recorded(name, &new) })
            };
            names.push(name.as_str());
            let secret = after.egress_proxy.as_ref().filter(|_| is_proxy);
            let secret = secret.zip(login.given());
            values.push(NewSetting {
                name: name.as_str(),
                value: new,
                sealed: secret.map(|(proxy, login)| {
                    proxy_login::seal(&self.inner.keyring, self.entropy(), proxy, login)
                }),
            });
        }
        if values.is_empty() {
            return Ok(());
        }
        let change = self.change(
            actor,
            "settings.changed",
            "settings",
            names.join(", "),
            &detail,
        );
        self.inner
            .store
            .settings_set(before.version, &values, &change)
            .await?;
        self.after_change().await;
        let asks_again = before.values.tool_changes != after.tool_changes
            || before.values.deny_private != after.deny_private
            || before.values.extra_ca != after.extra_ca
            || before.values.egress_proxy != after.egress_proxy
            || login.changes();
        if asks_again {
            // What waits for an admin is judged anew with the next list, and who can be reached shows.
            for live in self.snapshot().connectors().filter(|live| live.enabled) {
                self.inner.refresh.request(live.id);
            }
        }
        Ok(())
    }
}

/// What becomes of the login of the proxy.
#[derive(Debug)]
enum LoginChange {
    /// It stays as it is, there or not.
    Keep,
    /// It was for another proxy, or is not wanted any more.
    Drop,
    /// This is the new one.
    Set(ProxyLogin),
}

impl LoginChange {
    fn of(before: &SettingsView, after: &Settings, update: &UpdateSettings) -> Self {
        let mut typed = update.values.iter().rev();
        let typed = typed.find(|(name, _)| *name == SettingName::EgressProxy);
        let login = typed.and_then(|(_, text)| Some(ProxyUrl::parse(text).ok()?.1));
        match login {
            Some(TypedLogin::Given(login)) => Self::Set(login),
            // A login is for one proxy: it does not go along to the next.
            None | Some(TypedLogin::Absent) if before.values.egress_proxy == after.egress_proxy => {
                Self::Keep
            }
            _ if before.proxy_login => Self::Drop,
            _ => Self::Keep,
        }
    }

    const fn changes(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    const fn given(&self) -> Option<&ProxyLogin> {
        match self {
            Self::Set(login) => Some(login),
            Self::Keep | Self::Drop => None,
        }
    }

    /// For the audit log, which tells that there is a login and nothing of it.
    const fn words(&self) -> &'static str {
        match self {
            Self::Set(_) => ", with a new login",
            Self::Drop => ", without a login",
            Self::Keep => "",
        }
    }
}

/// What the settings would be after this change.
pub(super) fn updated(
    before: &SettingsView,
    update: &UpdateSettings,
) -> Result<Settings, UpdateSettingsError> {
    let mut after = Settings::clone(&before.values);
    let mut fields = Vec::new();
    for (name, text) in &update.values {
        if let Some(by) = before.fixed.get(name) {
            let detail = format!("Set by {by} on the server. Change it there.");
            fields.push(FieldError::new(name.as_str(), "set_by_server", &detail));
        } else if let Err(error) = after.set(*name, text) {
            fields.push(FieldError::new(name.as_str(), error.code(), &error));
        }
    }
    if let Err(error) = read_authorities(&after.extra_ca) {
        let name = SettingName::ExtraCa.as_str();
        fields.push(FieldError::new(name, error.code(), &error));
    }
    if fields.is_empty() {
        Ok(after)
    } else {
        Err(UpdateSettingsError::Invalid { fields })
    }
}

/// A value in the audit log. Of certificates the names, which are what a person reads.
fn recorded(name: SettingName, text: &str) -> String {
    if name != SettingName::ExtraCa {
        return text.to_owned();
    }
    let found = read_authorities(text).unwrap_or_default();
    let names: Vec<String> = found.into_iter().map(|found| found.subject).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join("; "),
    }
}
