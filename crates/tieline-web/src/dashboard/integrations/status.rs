//! The words for how a connector is doing: the cause, not "error".

use tieline_domain::Timestamp;
use tieline_hub::{ConnectorStatus, ConnectorView};

use crate::dashboard::moment::{date, in_sentence};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::words::shown;

/// Shape, word and reason of a connector.
pub(crate) fn status_of(connector: &ConnectorView, now: Timestamp) -> Status {
    let message = || {
        connector
            .status_message
            .as_deref()
            .map(|message| shown(message, 240))
    };
    let age = connector.checked_at.map(|at| in_sentence(at, now));
    match connector.status {
        ConnectorStatus::Checking => {
            Status::new(Tone::Busy, "Checking…", "Its tools appear when it answers")
        }
        ConnectorStatus::Working => Status::new(
            Tone::Good,
            "Working",
            age.map_or_else(String::new, |age| format!("Checked {age}")),
        ),
        ConnectorStatus::Slow => Status::new(
            Tone::Warn,
            "Slow",
            message().unwrap_or_else(|| "Calls take long".to_owned()),
        ),
        ConnectorStatus::NeedsSignIn => Status::new(
            Tone::Bad,
            "Needs sign-in",
            "The server wants a person to log in (OAuth)",
        ),
        ConnectorStatus::Failing => {
            let word = failing_word(connector.status_code.as_deref(), connector.token_set);
            Status::new(Tone::Bad, word, message().unwrap_or_default())
        }
        ConnectorStatus::Off => Status::new(
            Tone::Off,
            "Off",
            format!("Turned off, {}", date(connector.updated_at)),
        ),
    }
}

/// The status as members see it: the word, without what a server said.
pub(crate) fn word_for_members(connector: &ConnectorView) -> Status {
    let (tone, word) = match connector.status {
        ConnectorStatus::Checking => (Tone::Busy, "Checking…"),
        ConnectorStatus::Working => (Tone::Good, "Working"),
        ConnectorStatus::Slow => (Tone::Warn, "Slow"),
        ConnectorStatus::Failing | ConnectorStatus::NeedsSignIn => (Tone::Bad, "Failing"),
        ConnectorStatus::Off => (Tone::Off, "Off"),
    };
    Status::new(tone, word, "")
}

/// The cause in one or two words.
pub(crate) fn failing_word(code: Option<&str>, token_set: bool) -> &'static str {
    match code.unwrap_or_default() {
        "auth_failed" if token_set => "Token rejected",
        "auth_failed" => "Token needed",
        "forbidden" => "Not allowed",
        "needs_oauth" => "Needs sign-in",
        "secret_unreadable" => "Token unreadable",
        "dns_failed" | "connect_refused" | "connect_timeout" => "Unreachable",
        "timeout" | "interrupted" => "No answer",
        "tls_expired" => "Certificate expired",
        "tls_wrong_host" | "tls_unknown_authority" | "tls_failed" => "Certificate refused",
        "address_refused" => "Address refused",
        "redirect_refused" => "Moved",
        "not_found" => "Not found",
        "rate_limited" => "Slowed down",
        "upstream_error" => "Server failed",
        "no_common_revision" => "No common revision",
        "too_large" => "Answer too large",
        "bad_content_type" | "bad_json" | "bad_http" | "bad_encoding" | "protocol_error"
        | "id_mismatch" | "method_not_allowed" => "Not an MCP server",
        _ => "Failing",
    }
}

/// The order of the list: what needs a look first, what is off last, by name in between.
pub(crate) fn rank(status: ConnectorStatus) -> u8 {
    match status {
        ConnectorStatus::Failing | ConnectorStatus::NeedsSignIn => 0,
        ConnectorStatus::Slow => 1,
        ConnectorStatus::Checking => 2,
        ConnectorStatus::Working => 3,
        ConnectorStatus::Off => 4,
    }
}
