//! The words for how a connector is doing: the cause, not "error".

use tieline_domain::Timestamp;
use tieline_hub::{ConnectorStatus, ConnectorView};

use crate::dashboard::moment::{date, in_sentence};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::words::{counted, shown};

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
        ConnectorStatus::Working if connector.tools_changed > 0 => Status::new(
            Tone::Notice,
            format!(
                "{} changed",
                counted(connector.tools_changed as u64, "tool", "tools")
            ),
            "Held until you review them",
        ),
        ConnectorStatus::Working if connector.certificate_ends_soon() => Status::new(
            Tone::Warn,
            "Certificate ends soon",
            connector
                .certificate_end
                .map_or_else(String::new, |end| certificate_ends(end.at, now)),
        ),
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
            let reason = if token_rejected(connector) {
                let began = connector
                    .status_since
                    .map(|at| format!(", began {}", in_sentence(at, now)));
                Some(format!("Server answers 401{}", began.unwrap_or_default()))
            } else if token_missing(connector) {
                Some("Server wants a token, and none is saved".to_owned())
            } else {
                message()
            };
            Status::new(Tone::Bad, word, reason.unwrap_or_default())
        }
        ConnectorStatus::Off => Status::new(
            Tone::Off,
            "Off",
            format!("Turned off, {}", date(connector.updated_at)),
        ),
    }
}

/// "Good for 9 more days, until 6 Dec 2026".
fn certificate_ends(end: Timestamp, now: Timestamp) -> String {
    let days = end.since(now).as_secs() / 86_400;
    format!(
        "Good for {}, until {}",
        counted(days, "more day", "more days"),
        date(end)
    )
}

/// Whether the saved token is what the server objects to. The words of a connection test speak of a token that was just typed.
pub(crate) fn token_rejected(connector: &ConnectorView) -> bool {
    connector.token_set && connector.status_code.as_deref() == Some("auth_failed")
}

/// Whether the server asks for a token where there is none.
pub(crate) fn token_missing(connector: &ConnectorView) -> bool {
    !connector.token_set && connector.status_code.as_deref() == Some("auth_failed")
}

/// What came of a call that got no answer, as the rest of a sentence that begins with the tool.
pub(crate) fn call_failed(code: Option<&str>, token_set: bool, millis: i64) -> String {
    let why = match code.unwrap_or_default() {
        "timeout" => {
            let seconds = (millis + 500) / 1000;
            return format!(
                "did not answer within {seconds} s, so the call was stopped. The agent was told and went on."
            );
        }
        "interrupted" => {
            return "had begun when the connection broke. The agent was told and went on."
                .to_owned();
        }
        "auth_failed" if token_set => "the server rejects the saved token",
        "auth_failed" => "the server wants a token",
        "dns_failed" => "the server’s name is not known",
        "connect_refused" => "the server refuses connections",
        "connect_timeout" => "the server could not be reached",
        "proxy_unreachable" => "the proxy could not be reached",
        "proxy_timeout" => "the proxy did not connect in time",
        "proxy_refused" => "the proxy refused the connection",
        "proxy_bad_answer" => "the proxy did not answer like one",
        "proxy_login_unreadable" => "the stored login of the proxy cannot be read",
        other => {
            let word = failing_word(Some(other), token_set).to_lowercase();
            return format!("failed: {word}.");
        }
    };
    format!("was not run: {why}. The agent was told and went on.")
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
        "proxy_unreachable" => "Proxy unreachable",
        "proxy_timeout" => "Proxy timed out",
        "proxy_refused" => "Proxy refused",
        "proxy_bad_answer" => "Not a proxy",
        "proxy_login_unreadable" => "Proxy login unreadable",
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
        "overloaded" => "No memory for the answer",
        "invalid_params" => "Arguments refused",
        "rpc_error" => "Call refused",
        "input_required" => "Asked a person",
        "secret_echoed" => "Answer held the token",
        "not_taken" => "Answer not read",
        "session_lost" => "Session forgotten",
        "cancelled" => "Stopped by the caller",
        "bad_content_type" | "bad_json" | "bad_http" | "bad_encoding" | "protocol_error"
        | "id_mismatch" | "method_not_allowed" => "Not an MCP server",
        _ => "Failing",
    }
}

/// The order of the list: what needs a look first, what is off last, by name in between.
pub(crate) fn rank(connector: &ConnectorView) -> u8 {
    match connector.status {
        ConnectorStatus::Failing | ConnectorStatus::NeedsSignIn => 0,
        ConnectorStatus::Slow => 1,
        ConnectorStatus::Working if connector.tools_changed > 0 => 2,
        ConnectorStatus::Checking => 3,
        ConnectorStatus::Working => 4,
        ConnectorStatus::Off => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::call_failed;

    #[test]
    fn a_call_that_failed_is_told_in_the_words_of_its_cause() {
        assert_eq!(
            call_failed(Some("timeout"), true, 30_012),
            "did not answer within 30 s, so the call was stopped. The agent was told and went on."
        );
        assert_eq!(
            call_failed(Some("auth_failed"), true, 88),
            "was not run: the server rejects the saved token. The agent was told and went on."
        );
        assert_eq!(
            call_failed(Some("tls_expired"), false, 5),
            "failed: certificate expired."
        );
    }
}
