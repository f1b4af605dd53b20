//! What servers get wrong so often, or so fatally for clients, that it is mended on the way. An admin can switch that
//! off for a connector; then every byte passes as the server sent it.
//!
//! | Fix | What it mends | Whom it breaks |
//! |---|---|---|
//! | [`annotations`], `audience` | roles other than `user` and `assistant` are dropped | Codex and all clients on rmcp refuse the whole message (openai/codex 29002) |
//! | [`annotations`], others | annotations of the wrong type are dropped | rmcp and the TypeScript SDK refuse the whole list or result over one |
//! | [`media_type`] | an image or sound without `mimeType` gets one | rmcp and both official SDKs refuse the whole result |
//! | [`output_schema`] | `outputSchema` of `true` or `false` becomes the object that means the same | rmcp refuses the whole list |
//! | [`caching`] | `ttlMs` that is no whole number from 0 up, `cacheScope` that is none of the two | rmcp and the TypeScript SDK refuse the whole result |

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use crate::raw::{self, RawObject};

/// What stands in every text that [`annotations`] or [`media_type`] would mend.
static TRACES: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["\"annotations\"", "\"image\"", "\"audio\""].map(Finder::new));
const ROLES: [&str; 2] = ["user", "assistant"];
/// The longest time to live that every client reads exactly.
const LONGEST_TTL: f64 = 9e15;

/// Whether a text can hold anything that [`annotations`] or [`media_type`] would mend. One search each spares nearly all
/// messages the rest.
pub(super) fn may_apply(text: &str) -> bool {
    let in_text = |trace: &Finder<'_>| trace.find(text.as_bytes()).is_some();
    TRACES.iter().any(in_text)
}

/// New `annotations` for an object whose own would be refused; nothing when they can stay. The inner nothing takes them
/// out altogether.
#[expect(
    clippy::option_option,
    reason = "leaving them, replacing them and taking them out are three things"
)]
pub(super) fn annotations(object: &RawObject<'_>) -> Option<Option<Box<RawValue>>> {
    let held = object.get("annotations")?;
    let Ok(annotations) = RawObject::parse(held) else {
        return Some(None);
    };
    let mut kept = annotations.clone().keeping(is_well_typed);
    let mut is_changed = kept.len() < annotations.len();
    if let Some(audience) = kept.get("audience") {
        let roles = raw::as_array(audience).unwrap_or_default();
        let known: Vec<&RawValue> = roles.iter().copied().filter(|role| is_role(role)).collect();
        if known.is_empty() && !roles.is_empty() {
            // An empty audience would read as "for nobody", an absent one as "not said".
            kept = kept.without(&["audience"]);
            is_changed = true;
        } else if known.len() < roles.len() {
            let known = raw::raw_array(known);
            kept.set("audience", known);
            is_changed = true;
        }
    }
    is_changed.then(|| Some(kept.to_box()))
}

fn is_role(role: &RawValue) -> bool {
    raw::as_str(role).is_some_and(|role| ROLES.contains(&&*role))
}

/// The annotations that the revisions define; of others nobody expects anything.
fn is_well_typed(key: &str, value: &RawValue) -> bool {
    let text = value.get();
    match key {
        "audience" => raw::is_array(value),
        "priority" => text.starts_with(|first: char| first == '-' || first.is_ascii_digit()),
        "lastModified" | "title" => text.starts_with('"'),
        "readOnlyHint" | "destructiveHint" | "idempotentHint" | "openWorldHint" => {
            matches!(text, "true" | "false")
        }
        _ => true,
    }
}

/// The type of an image or a sound that says none, told by how its data begins.
pub(super) fn media_type(block: &RawObject<'_>) -> Option<&'static str> {
    let kind = block.get_str("type")?;
    if !matches!(&*kind, "image" | "audio") || block.get_str("mimeType").is_some() {
        return None;
    }
    let data = block.get_str("data").unwrap_or_default();
    // The first bytes of these formats, in base64.
    let known = [
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        (
            "UklGR",
            if kind == "image" {
                "image/webp"
            } else {
                "audio/wav"
            },
        ),
        ("T2dnUw", "audio/ogg"),
        ("SUQz", "audio/mpeg"),
    ];
    let found = known.into_iter().find(|(begin, _)| data.starts_with(begin));
    Some(found.map_or("application/octet-stream", |(_, name)| name))
}

/// The object that means the same as a boolean schema.
pub(super) fn output_schema(tool: &RawObject<'_>) -> Option<Box<RawValue>> {
    let same = match tool.get("outputSchema")?.get() {
        "true" => "{}",
        "false" => "{\"not\":{}}",
        _ => return None,
    };
    RawValue::from_string(same.to_owned()).ok()
}

/// `ttlMs` and `cacheScope` as strict clients want them: each new value, when the old one is not.
pub(super) fn caching(result: &RawObject<'_>) -> (Option<Box<RawValue>>, Option<Box<RawValue>>) {
    let ttl = result.get("ttlMs").map_or("", RawValue::get);
    let ttl = match ttl.parse::<u64>() {
        Ok(_) => None,
        Err(_) => Some(raw::to_raw(&whole(ttl.parse().unwrap_or(0.0)))),
    };
    let scope = result.get_str("cacheScope");
    let scope = match scope.as_deref() {
        Some("public" | "private") => None,
        _ => Some(raw::raw_str("private")),
    };
    (ttl, scope)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
fn whole(ttl: f64) -> u64 {
    ttl.clamp(0.0, LONGEST_TTL) as u64
}
