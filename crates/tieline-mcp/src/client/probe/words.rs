//! The sentences of the connection test.

use std::time::Duration;

use http::{HeaderName, StatusCode};

use super::{StepName, StepOutcome, StepReport};
use crate::client::error::{Failure, McpError, plain};
use crate::client::list::Listed;
use crate::client::target::Target;
use crate::client::transport::Wire;
use crate::client::upstream::ServerInfo;
use crate::wire::Era;

/// Certificates are warned about this long before they end.
const EXPIRES_SOON_DAYS: u64 = 14;

pub(super) fn step(
    step: StepName,
    outcome: StepOutcome,
    took: Duration,
    code: &'static str,
    message: impl Into<String>,
) -> StepReport {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    StepReport {
        step,
        outcome,
        ms,
        code,
        message: message.into(),
        excerpt: None,
    }
}

pub(super) fn ok(name: StepName, took: Duration, message: impl Into<String>) -> StepReport {
    step(name, StepOutcome::Ok, took, "ok", message)
}

pub(super) fn skipped(name: StepName, message: &str) -> StepReport {
    step(
        name,
        StepOutcome::Skipped,
        Duration::ZERO,
        "skipped",
        message,
    )
}

pub(super) fn not_reached(name: StepName) -> StepReport {
    step(
        name,
        StepOutcome::NotReached,
        Duration::ZERO,
        "not_reached",
        "Not reached",
    )
}

pub(super) fn failed(name: StepName, took: Duration, error: &McpError) -> StepReport {
    let mut report = step(
        name,
        StepOutcome::Fail,
        took,
        error.code(),
        error.to_string(),
    );
    if let Failure::BadJson { excerpt, .. } = &error.failure {
        report.excerpt = Some(excerpt.clone()).filter(|excerpt| !excerpt.is_empty());
    }
    report
}

/// The step at which a failure breaks the wire. `greeted` when the handshake was already over.
pub(super) fn step_of(failure: &Failure, greeted: bool) -> StepName {
    match failure {
        Failure::DnsFailed { .. } | Failure::AddressRefused(_) => StepName::Dns,
        Failure::ConnectRefused { .. }
        | Failure::Unreachable { .. }
        | Failure::ConnectTimeout { .. }
        | Failure::ProxyUnreachable { .. }
        | Failure::ProxyTimeout { .. }
        | Failure::ProxyRefused { .. }
        | Failure::ProxyBadAnswer { .. }
        | Failure::ProxyLoginUnreadable { .. } => StepName::Tcp,
        Failure::TlsExpired { .. }
        | Failure::TlsWrongHost { .. }
        | Failure::TlsUnknownAuthority
        | Failure::TlsFailed { .. } => StepName::Tls,
        _ if greeted => StepName::Tools,
        Failure::BadJson { .. }
        | Failure::IdMismatch
        | Failure::Protocol { .. }
        | Failure::NoCommonRevision { .. }
        | Failure::SessionLost => StepName::Handshake,
        _ => StepName::Http,
    }
}

pub(super) fn secured(days_left: Option<u64>, took: Duration) -> StepReport {
    let days = |days: u64| {
        if days == 1 {
            "1 more day".to_owned()
        } else {
            format!("{days} more days")
        }
    };
    match days_left {
        None => ok(StepName::Tls, took, "Certificate valid"),
        Some(left) if left < EXPIRES_SOON_DAYS => {
            let message = format!("Certificate valid for only {}", days(left));
            step(
                StepName::Tls,
                StepOutcome::Warn,
                took,
                "tls_expires_soon",
                message,
            )
        }
        Some(left) => ok(
            StepName::Tls,
            took,
            format!("Certificate valid for {}", days(left)),
        ),
    }
}

pub(super) fn answered(status: StatusCode, target: &Target) -> String {
    match &target.auth {
        Some((name, _)) => format!("{}, header {} accepted", status.as_u16(), spelled(name)),
        None => format!("{}, no token needed", status.as_u16()),
    }
}

/// A header name as people write it.
fn spelled(name: &HeaderName) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.as_str()
        .split('-')
        .map(word)
        .collect::<Vec<_>>()
        .join("-")
}

pub(super) fn greeted(server: &ServerInfo, wire: Wire) -> String {
    let name = match (server.name.as_str(), server.version.as_str()) {
        ("", _) => "A server without a name".to_owned(),
        (name, "") => name.to_owned(),
        (name, version) => format!("{name} {version}"),
    };
    let name = plain(&name, 120);
    let revision = wire.revision();
    match wire {
        Wire::HttpSse { .. } => {
            format!("{name}, revision {revision}, over the older HTTP+SSE transport")
        }
        _ if wire.era() == Era::Legacy => {
            format!("{name}, revision {revision}, older but supported")
        }
        _ => format!("{name}, revision {revision}"),
    }
}

pub(super) fn listed(list: &Listed, took: Duration) -> StepReport {
    let report =
        |outcome, code, message: String| step(StepName::Tools, outcome, took, code, message);
    let (kept, left_out) = (list.items.len(), list.left_out.len());
    if left_out > 0 {
        let names: Vec<&str> = list
            .left_out
            .iter()
            .map(|tool| match tool.name.as_str() {
                "" => "(no name)",
                name => name,
            })
            .collect();
        let names = plain(&names.join(", "), 120);
        let verb = if left_out == 1 {
            "has a broken definition and is"
        } else {
            "have broken definitions and are"
        };
        let message = format!(
            "{left_out} of {} {verb} left out: {names}",
            counted(kept + left_out)
        );
        return report(StepOutcome::Warn, "tools_left_out", message);
    }
    if kept == 0 {
        return report(
            StepOutcome::Warn,
            "no_tools",
            "Connected, but it offers no tools yet.".to_owned(),
        );
    }
    if let Some(warning) = list.warnings.first() {
        return report(StepOutcome::Warn, "list_warning", warning.clone());
    }
    let bytes: usize = list
        .items
        .iter()
        .map(|tool| tool.definition.get().len())
        .sum();
    // English text and JSON come to about four bytes a token.
    let tokens = grouped((bytes / 4).next_multiple_of(if bytes < 400 { 1 } else { 100 }));
    report(
        StepOutcome::Ok,
        "ok",
        format!("{} found, about {tokens} tokens per session", counted(kept)),
    )
}

fn counted(tools: usize) -> String {
    if tools == 1 {
        "1 tool".to_owned()
    } else {
        format!("{} tools", grouped(tools))
    }
}

/// A number with a comma every three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
