//! One call and one change of the audit log as a row of a list, wherever the list stands.

use std::collections::HashMap;

use tieline_domain::{Timestamp, UserId};
use tieline_hub::{AuditRow as AuditEntry, CallRow as Call, ConnectorView};

use super::audit_words::{detail, what};
use super::view::{AuditRow, CallRow};
use crate::dashboard::integrations::status::failing_word;
use crate::dashboard::moment::clock;
use crate::dashboard::monogram::{Monogram, initials};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::words::{shown, took};

/// A call in words.
pub(super) fn call_row(
    call: &Call,
    connectors: &[ConnectorView],
    people: &HashMap<UserId, String>,
    now: Timestamp,
) -> CallRow {
    let connector = connectors
        .iter()
        .find(|connector| connector.id == call.connector_id);
    let name = connector.map_or(call.connector_slug.as_str(), |connector| &connector.name);
    let person = people
        .get(&call.user_id)
        .cloned()
        .unwrap_or_else(|| "Somebody who left".to_owned());
    CallRow {
        when: clock(call.at, now),
        initials: initials(&person),
        person,
        from: call
            .client
            .as_deref()
            .map(|client| shown(client, 40))
            .unwrap_or_default(),
        monogram: Monogram::of(name, &call.connector_slug).greyed(connector.is_none()),
        connector: name.to_owned(),
        tool: shown(&call.tool, 80),
        result: result(call, connector.is_some_and(|connector| connector.token_set)),
        took: took(u64::try_from(call.ms).unwrap_or(0)),
        href: format!("/activity/calls/{}", call.id),
    }
}

/// What came of a call: shape and word.
pub(super) fn result(call: &Call, token_set: bool) -> Status {
    let code = call.code.as_deref();
    let reason = code.unwrap_or_default();
    match call.outcome.as_str() {
        "ok" => Status::new(Tone::Good, "Done", ""),
        "tool_error" => Status::new(Tone::Warn, "Tool said no", reason),
        "refused" => Status::new(Tone::Off, refused_word(reason), reason),
        "upstream_failure" if reason == "timeout" => Status::new(
            Tone::Warn,
            format!("Timed out after {} s", (call.ms + 500) / 1000),
            reason,
        ),
        _ => {
            let word = failing_word(code, token_set);
            let word = match call.http_status.filter(|status| *status >= 300) {
                Some(status) => format!("{word} ({status})"),
                None => word.to_owned(),
            };
            Status::new(Tone::Bad, word, reason)
        }
    }
}

fn refused_word(code: &str) -> &'static str {
    match code {
        "connector_removed" => "Refused, connector was removed",
        "connector_disabled" => "Refused, connector is off",
        "tool_unavailable" => "Refused, tool is off",
        "tool_held" => "Refused, tool waits for a review",
        "rate_limited" => "Refused, server wants a pause",
        "connector_paused" => "Refused, connector is failing",
        "key_revoked" => "Refused, key was revoked",
        "registry_stale" => "Refused, database did not answer",
        _ => "Refused",
    }
}

/// A change in words.
pub(crate) fn audit_row(entry: &AuditEntry, now: Timestamp) -> AuditRow {
    AuditRow {
        when: clock(entry.at, now),
        who: entry.actor_name.clone(),
        initials: initials(&entry.actor_name),
        what: what(&entry.action),
        target: shown(&entry.target, 80),
        detail: detail(&entry.detail),
    }
}
