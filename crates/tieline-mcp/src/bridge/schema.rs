//! Taking `x-mcp-header` out of an input schema: legacy clients send no such headers.

use serde_json::value::RawValue;

use crate::raw::{self, MAX_DEPTH, RawObject};
use crate::wire::{PARAM_HEADER_KEYWORD, SchemaKeyword};

/// The schema without the keyword; nothing when it does not hold it.
pub(super) fn without_param_headers(schema: &RawValue) -> Option<Box<RawValue>> {
    memchr::memmem::find(schema.get().as_bytes(), PARAM_HEADER_KEYWORD.as_bytes())?;
    strip(schema, MAX_DEPTH)
}

fn strip(schema: &RawValue, depth: usize) -> Option<Box<RawValue>> {
    let depth = depth.checked_sub(1)?;
    if raw::is_array(schema) {
        return strip_items(schema, depth);
    }
    let object = RawObject::parse(schema).ok()?;
    let mut changed = object.clone().without(&[PARAM_HEADER_KEYWORD]);
    let mut is_changed = changed.len() < object.len();
    for (keyword, value) in object.entries() {
        let stripped = match SchemaKeyword::of(keyword) {
            SchemaKeyword::Properties | SchemaKeyword::Map => strip_named(value, depth),
            SchemaKeyword::Data => None,
            SchemaKeyword::Schemas => strip(value, depth),
        };
        if let Some(stripped) = stripped
            && keyword != PARAM_HEADER_KEYWORD
        {
            changed.set(keyword, stripped);
            is_changed = true;
        }
    }
    is_changed.then(|| changed.to_box())
}

/// The keys of such an object are names, so the keyword among them is a name too.
fn strip_named(schemas: &RawValue, depth: usize) -> Option<Box<RawValue>> {
    let object = RawObject::parse(schemas).ok()?;
    let mut changed = object.clone();
    let mut is_changed = false;
    for (name, schema) in object.entries() {
        if let Some(stripped) = strip(schema, depth) {
            changed.set(name, stripped);
            is_changed = true;
        }
    }
    is_changed.then(|| changed.to_box())
}

fn strip_items(array: &RawValue, depth: usize) -> Option<Box<RawValue>> {
    let items = raw::as_array(array)?;
    let stripped: Vec<Option<Box<RawValue>>> =
        items.iter().map(|item| strip(item, depth)).collect();
    if stripped.iter().all(Option::is_none) {
        return None;
    }
    Some(raw::raw_array(
        stripped
            .iter()
            .zip(items)
            .map(|(stripped, item)| stripped.as_deref().unwrap_or(item)),
    ))
}
