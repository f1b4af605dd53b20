//! A tool call as the page shows it: who was asked for what, what came of it, and who mends it when it failed.

use serde_json::value::RawValue;
use tieline_agent::ToolBlock;
use tieline_domain::Timestamp;

use super::json_text::{entries, pretty};
use super::markup::{exact, exact_text};
use super::view::{Call, Payload, Sentence};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::words::{shown, size, took};

/// More than this of arguments or of a result is shown on demand.
const AT_FIRST: usize = 4 * 1024;
/// Larger JSON is shown as it came: laying it out would cost more than it helps.
const LAID_OUT: usize = 256 * 1024;

/// Who looks, and from where.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    /// The session's address, `/chat/{id}`.
    pub(super) href: String,
    /// Whether they may read what a failing server said.
    pub(super) admin: bool,
    /// The present moment.
    pub(super) now: Timestamp,
    /// Whether the turn of a call without an outcome still goes on.
    pub(super) alive: bool,
}

/// One call.
pub(super) fn call(block: &ToolBlock, viewer: &Viewer) -> Call {
    let trouble = trouble(block);
    let failed = trouble.is_some();
    let running = viewer.alive && block.outcome.is_none() && !block.awaiting_approval;
    let address = format!("{}/calls/{}", viewer.href, block.call_id);
    // What a failing server said may hold its address, which is for admins only.
    let readable = viewer.admin || !matches!(block.outcome.as_deref(), Some("upstream_failure"));
    let received = block
        .content
        .as_deref()
        .filter(|_| readable && block.outcome.as_deref() != Some("refused"));
    Call {
        key: format!("c-{}", block.call_id),
        monogram: Monogram::of(&block.connector_name, &block.connector_slug),
        tool: shown(&block.tool, 80),
        connector: shown(&block.connector_name, 60),
        took: block
            .ms
            .filter(|_| block.outcome.is_some())
            .map(took)
            .unwrap_or_default(),
        running_ms: running
            .then(|| u64::try_from(viewer.now.since(block.at).as_millis()).unwrap_or(0)),
        status: status(block, viewer),
        open: failed || (block.awaiting_approval && viewer.alive),
        trouble,
        cut: block.given.map_or_else(String::new, |part| {
            let [all, given] = [part.all, part.given]
                .map(|bytes| size(usize::try_from(bytes).unwrap_or(usize::MAX)));
            format!(
                "{} returned {all}; the agent got the first {given}.",
                shown(&block.tool, 80)
            )
        }),
        sent: payload(
            "Sent",
            &arguments(&block.arguments),
            &format!("{address}/sent"),
        ),
        received: received.map(|content| {
            let text = content_text(content);
            payload(
                &received_title(&text),
                &text,
                &format!("{address}/received"),
            )
        }),
        decide: (block.awaiting_approval && viewer.alive).then(|| format!("{address}/decision")),
    }
}

fn status(block: &ToolBlock, viewer: &Viewer) -> Status {
    let (tone, word) = match (block.outcome.as_deref(), block.code.as_deref()) {
        (Some("ok"), _) => (Tone::Good, "Done"),
        (Some(_), Some("cancelled" | "stopped" | "interrupted")) => (Tone::Off, "Stopped"),
        (Some("refused"), Some("refused_by_user" | "refused_by_person" | "approval_refused")) => {
            (Tone::Off, "Refused")
        }
        (Some("refused"), _) => (Tone::Bad, "Refused"),
        (Some(_), _) => (Tone::Bad, "Failed"),
        (None, _) if !viewer.alive => (Tone::Off, "Stopped"),
        (None, _) if block.awaiting_approval => (Tone::Warn, "Needs approval"),
        (None, _) => (Tone::Busy, "Running"),
    };
    let seconds = viewer.now.since(block.at).as_secs();
    let running = block.outcome.is_none() && viewer.alive && !block.awaiting_approval;
    let word = if running && seconds > 0 {
        format!("{word}, {seconds} s")
    } else {
        word.to_owned()
    };
    Status::new(tone, word, "")
}

/// One word after a call for screen readers.
pub(super) fn spoken(block: &ToolBlock) -> String {
    let word = match (block.outcome.as_deref(), block.awaiting_approval) {
        (Some("ok"), _) => "done",
        (Some("refused"), _) => "refused",
        (Some(_), _) => "failed",
        (None, true) => "needs your approval",
        (None, false) => "running",
    };
    format!(
        "{}, {}, {word}",
        shown(&block.connector_name, 60),
        shown(&block.tool, 80)
    )
}

/// What went wrong in plain words, without an address or a header; the agent was told in its own way.
fn trouble(block: &ToolBlock) -> Option<Sentence> {
    let outcome = block
        .outcome
        .as_deref()
        .filter(|outcome| *outcome != "ok")?;
    let code = block.code.as_deref().unwrap_or_default();
    let name = shown(&block.connector_name, 60);
    let tool = shown(&block.tool, 80);
    let (lead, rest) = match (outcome, code) {
        ("tool_error", _) => (format!("{tool} answered that it failed."), "The agent was told why and goes on.".to_owned()),
        ("refused", _) => return Some(refusal(block)),
        (_, "auth_failed" | "needs_oauth") => (
            format!("{name} did not accept Tieline’s token."),
            "An admin has to replace it. The agent goes on without this tool.".to_owned(),
        ),
        (_, "forbidden") => (
            format!("{name} did not allow this."),
            "An admin can give Tieline’s token more rights there. The agent goes on without this tool.".to_owned(),
        ),
        (_, "secret_unreadable") => (
            format!("The stored token of {name} cannot be read."),
            "An admin has to enter it again. The agent goes on without this tool.".to_owned(),
        ),
        (_, "dns_failed" | "connect_refused" | "connect_timeout" | "address_refused" | "proxy_unreachable"
            | "proxy_timeout" | "proxy_refused" | "proxy_bad_answer" | "proxy_login_unreadable") => (
            format!("{name} cannot be reached."),
            "An admin can see why under Integrations. The agent goes on without this tool.".to_owned(),
        ),
        (_, "tls_expired" | "tls_wrong_host" | "tls_unknown_authority" | "tls_failed") => (
            format!("{name} could not prove that it is itself."),
            "Its certificate needs a look by an admin. The agent goes on without this tool.".to_owned(),
        ),
        (_, "timeout") => (
            format!("{tool} did not answer in time, so the call was stopped."),
            "The agent was told and went on.".to_owned(),
        ),
        (_, "rate_limited") => (format!("{name} asks Tieline to slow down."), "The agent was told and went on.".to_owned()),
        (_, "too_large") => (format!("The answer of {tool} was too large."), "The agent was told and went on.".to_owned()),
        (_, "overloaded") => (format!("The answer of {tool} found no room in Tieline’s memory."), "Whether it took effect there is unknown. The agent was told and went on.".to_owned()),
        (_, "upstream_error") => (format!("{name} failed."), "This is on their side. The agent was told and went on.".to_owned()),
        (_, "cancelled" | "stopped") => ("The call was stopped.".to_owned(), "Whether it still took effect there is unknown.".to_owned()),
        (_, "interrupted" | "session_lost") => (
            format!("The connection to {name} broke during the call."),
            "Whether it took effect there is unknown, so it was not repeated.".to_owned(),
        ),
        (_, "rpc_error" | "invalid_params") => (format!("{name} refused the call."), "The agent was told why and goes on.".to_owned()),
        _ => (
            format!("{name} did not answer as it should."),
            "An admin can see more under Activity. The agent goes on without this tool.".to_owned(),
        ),
    };
    Some(Sentence { lead, rest })
}

/// Tieline's own refusals are written for people.
fn refusal(block: &ToolBlock) -> Sentence {
    if block.code.as_deref() == Some("connector_removed") {
        // Of a connector that is gone Tieline knows no more than its key; the session still knows its name.
        let name = shown(&block.connector_name, 60);
        return Sentence {
            lead: format!("{name} was removed by an admin."),
            rest: "Its tools no longer work here.".to_owned(),
        };
    }
    let text = block
        .content
        .as_deref()
        .map(content_text)
        .unwrap_or_default();
    let text = shown(&text, 400);
    if text.is_empty() {
        Sentence::of("The call was refused.")
    } else {
        Sentence::of(&text)
    }
}

fn payload(title: &str, text: &str, address: &str) -> Payload {
    let mut end = text.len().min(AT_FIRST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = end < text.len();
    Payload {
        title: title.to_owned(),
        text: exact(&text[..end]),
        whole: address.to_owned(),
        more: if cut {
            format!("Show all, {}", size(text.len()))
        } else {
            String::new()
        },
    }
}

fn received_title(text: &str) -> String {
    match entries(text).filter(|_| text.len() <= LAID_OUT) {
        Some(1) => "Received, 1 entry".to_owned(),
        Some(many) => format!("Received, {many} entries"),
        None => "Received".to_owned(),
    }
}

/// The arguments, laid out. What the model wrote is shown as it is when it is no JSON.
pub(super) fn arguments(raw: &RawValue) -> String {
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return text;
    }
    laid_out(raw.get())
}

fn laid_out(text: &str) -> String {
    (text.len() <= LAID_OUT)
        .then(|| pretty(text))
        .flatten()
        .unwrap_or_else(|| text.to_owned())
}

/// The result as text: texts as they are, JSON in them laid out, everything else named.
pub(in crate::dashboard) fn content_text(content: &RawValue) -> String {
    let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(content.get()) else {
        return laid_out(content.get());
    };
    blocks
        .into_iter()
        .map(block_text)
        .collect::<Vec<_>>()
        .join("\n")
}

#[derive(serde::Deserialize)]
struct ContentBlock {
    r#type: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default, rename = "mimeType")]
    mime_type: Option<String>,
}

fn block_text(block: &RawValue) -> String {
    let Ok(read) = serde_json::from_str::<ContentBlock>(block.get()) else {
        return laid_out(block.get());
    };
    match (read.r#type.as_str(), read.text, read.data) {
        ("text", Some(text), _) => {
            if text.trim_start().starts_with(['{', '[']) {
                laid_out(&text)
            } else {
                text
            }
        }
        (kind @ ("image" | "audio"), _, Some(data)) => {
            let mime = read.mime_type.unwrap_or_default();
            let kind = if kind == "image" { "Image" } else { "Sound" };
            format!("{kind}, {}, {}", shown(&mime, 40), size(data.len() / 4 * 3))
        }
        _ => laid_out(block.get()),
    }
}

/// The plain text behind Show all and Copy.
pub(super) fn whole(text: &str) -> String {
    exact_text(text)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{content_text, payload, size};

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn content_reads_as_text() {
        let content = raw(
            r#"[{"type":"text","text":"{\"a\":1}"},{"type":"text","text":"plain"},{"type":"image","data":"AAAA","mimeType":"image/png"},{"type":"resource_link","uri":"x"}]"#,
        );
        assert_eq!(
            content_text(&content),
            "{ \"a\": 1 }\nplain\nImage, image/png, 3 bytes\n{ \"type\": \"resource_link\", \"uri\": \"x\" }"
        );
        assert_eq!(content_text(&raw("\"odd\"")), "\"odd\"");
    }

    #[test]
    fn long_text_is_cut_at_a_character_and_says_how_much_there_is() {
        let long = "é".repeat(4_000);
        let shown = payload("Received", &long, "/x");
        assert_eq!(shown.more, "Show all, 7.8 KB");
        assert_eq!(shown.text.to_string().len(), 4_096);
        assert!(payload("Sent", "short", "/x").more.is_empty());
        assert_eq!(
            [size(12), size(31 * 1_024 + 512), size(9_856_614)],
            ["12 bytes", "31.5 KB", "9.3 MB"]
        );
    }
}
