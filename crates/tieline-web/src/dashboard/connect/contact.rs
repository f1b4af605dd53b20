//! Step 3 of Connect your client: whether the person's client has been seen.

use std::time::Duration;

use tieline_domain::Timestamp;
use tieline_hub::{ClientSeen, KeyView};

use super::snippets::IDS;
use super::view::{ClientChecks, Contact, Piece};
use crate::dashboard::moment::in_sentence;
use crate::dashboard::words::{counted, shown};

/// A client that was here this recently counts as connected.
const RECENT: Duration = Duration::from_mins(10);

/// What the page shows at first: a recent use of a key, or waiting.
pub(crate) fn first_contact(keys: &[KeyView], tools: usize, now: Timestamp) -> Contact {
    let last = keys
        .iter()
        .filter_map(|key| Some((key.last_used_at?, key.last_client.as_deref())))
        .max_by_key(|(at, _)| *at);
    match last.filter(|(at, _)| now.since(*at) < RECENT) {
        Some((at, client)) => seen(client.unwrap_or("A client"), tools, at, now),
        None => waiting(false),
    }
}

/// A client has just been seen.
pub(crate) fn contact(event: &ClientSeen, now: Timestamp) -> Contact {
    seen(&event.client, event.tools, event.at, now)
}

fn seen(client: &str, tools: usize, at: Timestamp, now: Timestamp) -> Contact {
    let (client, tools) = (shown(client, 60), counted(tools as u64, "tool", "tools"));
    Contact {
        seen: Some(format!(
            "Connected: {client}, {tools}, {}",
            in_sentence(at, now)
        )),
        text: "It sees new tools in its next session.",
        ..Contact::default()
    }
}

/// Nobody was seen yet; after a while with what to look at.
pub(crate) fn waiting(long: bool) -> Contact {
    Contact {
        seen: None,
        text: "This line turns green at the first contact.",
        clients: IDS.map(checks).into(),
        long,
    }
}

/// First what is the client's own, then what goes wrong with any of them.
fn checks(id: &'static str) -> ClientChecks {
    let (start, own): (_, &[&str]) = match id {
        "claude-code" => (
            "Start Claude Code and type `/mcp`.",
            &[
                "In a terminal, `claude mcp get tieline` shows the address and the state.",
                "A server of the same name in a project’s `.mcp.json` wins over the one of your own.",
            ],
        ),
        "cursor" => (
            "Start Cursor and ask its agent for the tools of tieline.",
            &[
                "Is `TIELINE_KEY` set for Cursor itself? An app that was not started from a terminal does not read your shell profile.",
                "In Cursor Settings, under MCP, tieline has to be switched on.",
            ],
        ),
        "vscode" => (
            "Open `.vscode/mcp.json` and press Start above the server.",
            &[
                "The command MCP: List Servers, then tieline, then Show Output says what happened.",
                "Chat uses tools in agent mode only.",
            ],
        ),
        "codex" => (
            "Start Codex and type `/mcp`.",
            &["In the terminal that starts Codex, `echo $TIELINE_KEY` has to print the key."],
        ),
        "goose" => (
            "Start a new session of Goose.",
            &[
                "The file may hold `extensions:` once only, at the left edge, and is indented with spaces.",
            ],
        ),
        "gemini" => (
            "Start Gemini CLI and type `/mcp`.",
            &[
                "The address belongs under `httpUrl`. Under `url`, Gemini CLI speaks the older HTTP+SSE transport.",
            ],
        ),
        "opencode" => (
            "Start OpenCode and ask it for the tools of tieline.",
            &["Version 1 wants the other form of the file, shown above under its own link."],
        ),
        _ => ("Start your client and ask it for its tools.", &[]),
    };
    let everywhere: &[&str] = match id {
        "cursor" | "vscode" | "codex" => &[
            "Was the client restarted after the change?",
            "Is it the whole key, 41 characters, without quotes around it?",
            "Does the address end in `/mcp`, and can the client’s machine open it?",
        ],
        _ => &[
            "Was the client restarted after the change?",
            "Does the header read `Authorization: Bearer`, a space and the whole key, 41 characters?",
            "Does the address end in `/mcp`, and can the client’s machine open it?",
        ],
    };
    ClientChecks {
        id,
        start: pieces(start),
        checks: [own, everywhere].concat().into_iter().map(pieces).collect(),
    }
}

/// What stands between backticks is typed or read letter by letter.
fn pieces(text: &'static str) -> Vec<Piece> {
    let code = [false, true].into_iter().cycle();
    let pieces = text.split('`').zip(code);
    pieces.map(|(text, code)| Piece { text, code }).collect()
}
