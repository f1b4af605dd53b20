//! `annotations.audience`: clients that decode it into two roles refuse the whole message over a third one.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::raw::{self, RawObject};

const ROLES: [&str; 2] = ["user", "assistant"];

/// New `annotations` for an object whose audience names unknown roles; nothing when they can stay.
pub(super) fn of_object(object: &RawObject<'_>) -> Option<Box<RawValue>> {
    let annotations = RawObject::parse(object.get("annotations")?).ok()?;
    let audience = annotations.get("audience")?;
    let roles = raw::as_array(audience).unwrap_or_default();
    let known: Vec<&RawValue> = roles
        .iter()
        .copied()
        .filter(|role| is_known(role))
        .collect();
    if raw::is_array(audience) && known.len() == roles.len() {
        return None;
    }
    // An empty audience would read as "for nobody", an absent one as "not said".
    let kept = raw::raw_array(known.iter().copied());
    let changed = if known.is_empty() {
        annotations.without(&["audience"])
    } else {
        annotations.with("audience", kept)
    };
    Some(changed.to_box())
}

fn is_known(role: &RawValue) -> bool {
    raw::as_str(role).is_some_and(|role| ROLES.contains(&&*role))
}

/// New `content` for a result some of whose blocks name unknown roles; nothing when it can stay.
pub(super) fn of_content(result: &RawObject<'_>) -> Option<Box<RawValue>> {
    let content = result.get("content")?;
    // One search through the text spares nearly all results the rest.
    memchr::memmem::find(content.get().as_bytes(), b"audience")?;
    let blocks = raw::as_array(content)?;
    let changed: Vec<Option<Box<RawValue>>> = blocks.iter().map(|block| of_block(block)).collect();
    if changed.iter().all(Option::is_none) {
        return None;
    }
    let blocks: Vec<Cow<'_, RawValue>> = changed
        .into_iter()
        .zip(blocks)
        .map(|(changed, block)| changed.map_or(Cow::Borrowed(block), Cow::Owned))
        .collect();
    Some(raw::raw_array(blocks.iter().map(|block| &**block)))
}

/// A block carries annotations of its own and, when it embeds a resource, that resource's.
fn of_block(block: &RawValue) -> Option<Box<RawValue>> {
    let mut changed = RawObject::parse(block).ok()?;
    let own = of_object(&changed);
    let embedded = changed.get("resource").and_then(|resource| {
        let resource = RawObject::parse(resource).ok()?;
        of_object(&resource).map(|annotations| resource.with("annotations", annotations).to_box())
    });
    if own.is_none() && embedded.is_none() {
        return None;
    }
    if let Some(annotations) = own {
        changed.set("annotations", annotations);
    }
    if let Some(resource) = embedded {
        changed.set("resource", resource);
    }
    Some(changed.to_box())
}
