//! Step 3 of Connect your client: whether the person's client has been seen.

use std::time::Duration;

use tieline_domain::Timestamp;
use tieline_hub::{ClientSeen, KeyView};

use super::view::Contact;
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
        text: "It sees new tools in its next session.".to_owned(),
        checks: Vec::new(),
    }
}

/// Nobody was seen yet; after a while with what to look at.
pub(crate) fn waiting(long: bool) -> Contact {
    let checks = [
        "Was the client restarted after the change?",
        "Does the header read “Authorization: Bearer ” and then the whole key, 41 characters?",
        "Does the address end in /mcp, and can the client’s machine open it?",
        "In Claude Code, /mcp shows the state of each server.",
    ];
    Contact {
        seen: None,
        text: "Start your client and ask it for its tools. This line turns green at the first contact.".to_owned(),
        checks: if long { checks.map(str::to_owned).into() } else { Vec::new() },
    }
}
