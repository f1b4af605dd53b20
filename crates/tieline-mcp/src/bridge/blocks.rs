//! The parts of results that carry annotations, media and URIs: content blocks, prompt messages, resource contents.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::fixes;
use super::way::Way;
use crate::raw::{self, RawObject};

static URI: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"uri\""));

/// Whether a result can hold anything to change. A look at the text spares nearly all results the rest.
pub(super) fn may_change(way: &Way<'_>, text: &str) -> bool {
    way.normalise && fixes::may_apply(text)
        || way.uris.is_some() && URI.find(text.as_bytes()).is_some()
}

/// A part of a result with what had to change; nothing when it can stay.
type Change = fn(&Way<'_>, &RawValue) -> Option<Box<RawValue>>;

/// The key of a result under which its parts are, and their new list when one of them changes.
pub(super) fn changed(
    way: &Way<'_>,
    result: &RawObject<'_>,
) -> Option<(&'static str, Box<RawValue>)> {
    if way.method == "tasks/get" {
        return Some(("result", finished(way, result.get("result")?)?));
    }
    let (key, of_part): (_, Change) = match way.method {
        "prompts/get" => ("messages", message),
        "resources/read" => ("contents", contents),
        _ => ("content", block),
    };
    let parts = result.get(key)?;
    if !may_change(way, parts.get()) {
        return None;
    }
    Some((key, each(parts, |part| of_part(way, part))?))
}

/// A list with the items that change replaced; nothing when none does.
fn each(
    list: &RawValue,
    change: impl Fn(&RawValue) -> Option<Box<RawValue>>,
) -> Option<Box<RawValue>> {
    let items = raw::as_array(list)?;
    let changed: Vec<Option<Box<RawValue>>> = items.iter().map(|item| change(item)).collect();
    if changed.iter().all(Option::is_none) {
        return None;
    }
    let items: Vec<Cow<'_, RawValue>> = changed
        .into_iter()
        .zip(items)
        .map(|(changed, item)| changed.map_or(Cow::Borrowed(item), Cow::Owned))
        .collect();
    Some(raw::raw_array(items.iter().map(|item| &**item)))
}

/// The result of a tool that was run as a task.
fn finished(way: &Way<'_>, result: &RawValue) -> Option<Box<RawValue>> {
    let result = RawObject::parse(result).ok()?;
    let content = each(result.get("content")?, |part| block(way, part))?;
    Some(result.clone().with("content", content).to_box())
}

/// A prompt's message; its content is one block, with some servers several.
pub(super) fn message(way: &Way<'_>, message: &RawValue) -> Option<Box<RawValue>> {
    let message = RawObject::parse(message).ok()?;
    let content = message.get("content")?;
    let content = if raw::is_array(content) {
        each(content, |part| block(way, part))
    } else {
        block(way, content)
    }?;
    Some(message.clone().with("content", content).to_box())
}

/// A content block carries annotations of its own and, when it embeds a resource, that resource's. A link has a URI.
pub(super) fn block(way: &Way<'_>, block: &RawValue) -> Option<Box<RawValue>> {
    if !may_change(way, block.get()) {
        return None;
    }
    let whole = RawObject::parse(block).ok()?;
    let mut block = Changing::new(&whole);
    if way.normalise {
        block.mend_annotations();
        if let Some(media_type) = fixes::media_type(&whole) {
            block.set("mimeType", raw::raw_str(media_type));
        }
    }
    match whole.get_str("type").as_deref() {
        Some("resource_link") => block.expose(way, "uri"),
        Some("resource") => {
            if let Some(resource) = whole.get("resource").and_then(|held| contents(way, held)) {
                block.set("resource", resource);
            }
        }
        _ => {}
    }
    block.done()
}

/// The contents of a resource, read or embedded.
pub(super) fn contents(way: &Way<'_>, contents: &RawValue) -> Option<Box<RawValue>> {
    let whole = RawObject::parse(contents).ok()?;
    let mut contents = Changing::new(&whole);
    if way.normalise {
        contents.mend_annotations();
    }
    contents.expose(way, "uri");
    contents.done()
}

/// An object of which something may change.
pub(super) struct Changing<'o, 'a> {
    whole: &'o RawObject<'a>,
    changed: Option<RawObject<'a>>,
}

impl<'o, 'a> Changing<'o, 'a> {
    pub(super) fn new(whole: &'o RawObject<'a>) -> Self {
        Self {
            whole,
            changed: None,
        }
    }

    fn object(&mut self) -> &mut RawObject<'a> {
        self.changed.get_or_insert_with(|| self.whole.clone())
    }

    pub(super) fn set(&mut self, key: &str, value: Box<RawValue>) {
        self.object().set(key, value);
    }

    pub(super) fn remove(&mut self, key: &str) {
        if self.whole.contains(key) {
            let object = std::mem::take(self.object());
            self.changed = Some(object.without(&[key]));
        }
    }

    pub(super) fn mend_annotations(&mut self) {
        match fixes::annotations(self.whole) {
            None => {}
            Some(Some(annotations)) => self.set("annotations", annotations),
            Some(None) => self.remove("annotations"),
        }
    }

    /// Puts the exposed URI in the place of the server's own.
    pub(super) fn expose(&mut self, way: &Way<'_>, key: &str) {
        if let (Some(expose), Some(uri)) = (way.uris, self.whole.get_str(key)) {
            let exposed = expose(&uri);
            self.set(key, raw::raw_str(&exposed));
        }
    }

    /// The object if anything changed.
    pub(super) fn done(self) -> Option<Box<RawValue>> {
        self.changed.map(|object| object.to_box())
    }
}
