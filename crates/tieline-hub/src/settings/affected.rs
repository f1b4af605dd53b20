//! Says whom a change of settings affects, before it is saved.

use std::time::Duration;

use tieline_domain::{Settings, ToolChangePolicy};
use tieline_mcp::{AddressKind, DialPolicy, Resolve as _, SystemResolver};
use tieline_store::StoreError;
use tokio::task::JoinSet;
use url::Url;

use super::update::updated;
use super::{SettingsView, UpdateSettings, UpdateSettingsError};
use crate::Hub;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// How long one name may take to be looked up.
const LOOK_UP: Duration = Duration::from_secs(2);

impl Hub {
    /// A sentence for each thing that people would notice. None when nobody would.
    pub async fn affected_by_settings(
        &self,
        update: &UpdateSettings,
    ) -> Result<Vec<String>, UpdateSettingsError> {
        let before = self.show_settings().await?;
        let after = updated(&before, update)?;
        let mut told = Vec::new();
        told.extend(self.signed_out_by(&before, &after).await?);
        told.extend(self.calls_deleted_by(&before, &after).await?);
        told.extend(self.contents_deleted_by(&before, &after).await?);
        told.extend(self.read_by_admins(&before, &after).await?);
        told.extend(self.tools_changed_by(&before, &after).await?);
        told.extend(self.refused_by(&before, &after).await);
        Ok(told)
    }

    async fn signed_out_by(
        &self,
        before: &SettingsView,
        after: &Settings,
    ) -> Result<Option<String>, StoreError> {
        let old = &before.values;
        let is_sooner = after.sign_in_idle_hours < old.sign_in_idle_hours
            || after.sign_in_days < old.sign_in_days;
        if !is_sooner {
            return Ok(None);
        }
        let now = self.clock().now();
        let people = self.inner.store.sign_ins_ended_by(
            (
                now,
                now.minus(HOUR * old.sign_in_idle_hours),
                now.minus(DAY * old.sign_in_days),
            ),
            (
                now.minus(HOUR * after.sign_in_idle_hours),
                now.minus(DAY * after.sign_in_days),
            ),
        );
        Ok(match people.await? {
            0 => None,
            1 => {
                Some("1 person is signed out somewhere, and has to sign in again there.".to_owned())
            }
            people => Some(format!(
                "{people} people are signed out somewhere, and have to sign in again there."
            )),
        })
    }

    async fn calls_deleted_by(
        &self,
        before: &SettingsView,
        after: &Settings,
    ) -> Result<Option<String>, StoreError> {
        if after.keep_calls_days >= before.values.keep_calls_days {
            return Ok(None);
        }
        let days = after.keep_calls_days;
        let limit = self.clock().now().minus(DAY * days);
        let (all, older) = self.inner.store.calls_older(limit).await?;
        Ok((older > 0).then(|| {
            format!("{older} of {all} recorded calls are older than that. They are deleted within a minute, for good.")
        }))
    }

    async fn contents_deleted_by(
        &self,
        before: &SettingsView,
        after: &Settings,
    ) -> Result<Option<String>, StoreError> {
        let days = |settings: &Settings| settings.keep_content_days.min(settings.keep_calls_days);
        let old = &before.values;
        let is_sooner = !after.keep_content || days(after) < days(old);
        if !old.keep_content || !is_sooner {
            return Ok(None);
        }
        let limit = self.clock().now().minus(DAY * days(after));
        let (all, older) = self.inner.store.call_contents_older(limit).await?;
        Ok(match (after.keep_content, all, older) {
            (false, 1, _) => Some(
                "The arguments and results of 1 call are deleted within a minute, for good."
                    .to_owned(),
            ),
            (false, 2.., _) => Some(format!(
                "The arguments and results of {all} calls are deleted within a minute, for good."
            )),
            (true, _, 1..) => Some(format!(
                "The arguments and results of {older} of {all} calls are older than that. They are deleted within a minute, for good."
            )),
            _ => None,
        })
    }

    /// Whose calls become readable.
    async fn read_by_admins(
        &self,
        before: &SettingsView,
        after: &Settings,
    ) -> Result<Option<String>, StoreError> {
        if before.values.keep_content || !after.keep_content {
            return Ok(None);
        }
        let people = self.people().await?;
        let whose = if people == 1 {
            "the one person"
        } else {
            &format!("the {people} people")
        };
        Ok(Some(format!(
            "From now on every admin can read what {whose} here send to tools through their clients, and what comes back. Tell them. Chats with the built-in agent stay with their owners."
        )))
    }

    /// The connectors that would be refused. One whose name cannot be looked up now is not reached anyway.
    async fn refused_by(&self, before: &SettingsView, after: &Settings) -> Option<String> {
        if before.values.deny_private || !after.deny_private {
            return None;
        }
        let snapshot = self.snapshot();
        let policy = DialPolicy {
            deny_private: true,
            ..snapshot.network().mcp.policy().clone()
        };
        let mut looking = JoinSet::new();
        for live in snapshot.connectors().filter(|live| live.enabled) {
            let (live, policy) = (live.clone(), policy.clone());
            looking.spawn(async move {
                let is_refused = is_private(&policy, &live.url.to_url()).await;
                is_refused.then(|| live.name.clone())
            });
        }
        let mut names: Vec<String> = looking.join_all().await.into_iter().flatten().collect();
        names.sort();
        match names.as_slice() {
            [] => None,
            [name] => Some(format!(
                "{name} is on a private address: its tools fail for everyone until that is allowed again."
            )),
            names => Some(format!(
                "{} connectors are on private addresses: their tools fail for everyone until that is allowed again. They are {}.",
                names.len(),
                names.join(", ")
            )),
        }
    }

    async fn tools_changed_by(
        &self,
        before: &SettingsView,
        after: &Settings,
    ) -> Result<Option<String>, StoreError> {
        let looser = |policy| match policy {
            ToolChangePolicy::HoldAll => 0,
            ToolChangePolicy::HoldRisky => 1,
            ToolChangePolicy::UseAll => 2,
        };
        if looser(after.tool_changes) <= looser(before.values.tool_changes) {
            return Ok(None);
        }
        let connectors = self.list_connectors().await?.connectors;
        let waiting: usize = connectors.iter().map(|found| found.tools_changed).sum();
        let which = match after.tool_changes {
            ToolChangePolicy::UseAll => "are used without a review",
            _ => "are used without a review unless their change is risky",
        };
        Ok((waiting > 0).then(|| {
            let tools = if waiting == 1 { "tool that waits" } else { "tools that wait" };
            format!("{waiting} changed {tools} for a review now {which}, from each person’s next session.")
        }))
    }
}

/// Whether the policy refuses this host for being private.
async fn is_private(policy: &DialPolicy, url: &Url) -> bool {
    if let Err(refused) = policy.check_url(url) {
        return refused.kind == AddressKind::Private;
    }
    let (Some(host), Some(port)) = (url.domain(), url.port_or_known_default()) else {
        return false;
    };
    let found = tokio::time::timeout(LOOK_UP, SystemResolver.resolve(host)).await;
    let Ok(Ok(addresses)) = found else {
        return false;
    };
    let refused = |ip| policy.check_address(host, (ip, port).into()).err();
    let mut refusals = addresses.into_iter().filter_map(refused);
    refusals.any(|refused| refused.kind == AddressKind::Private)
}
