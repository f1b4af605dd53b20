//! Definitions of tools, prompts, resources and templates as a client is to see them in a list.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::blocks::Changing;
use super::way::Way;
use super::{fixes, schema};
use crate::raw::{self, RawObject};
use crate::wire::{Era, OfferKind};

/// A definition for a client, under its new name or URI.
///
/// One that is no object is answered as it is: such are left out when the list is read.
pub fn definition_for<'d>(
    way: &Way<'_>,
    kind: OfferKind,
    definition: &'d RawValue,
    new_name: &str,
) -> Cow<'d, RawValue> {
    let Ok(whole) = RawObject::parse(definition) else {
        return Cow::Borrowed(definition);
    };
    let mut offer = Changing::new(&whole);
    if whole.get_str(kind.named_by()).as_deref() != Some(new_name) {
        offer.set(kind.named_by(), raw::raw_str(new_name));
    }
    if kind == OfferKind::Tool {
        of_tool(way, &whole, &mut offer);
    }
    if way.normalise {
        offer.mend_annotations();
    }
    offer.done().map_or(Cow::Borrowed(definition), Cow::Owned)
}

fn of_tool(way: &Way<'_>, whole: &RawObject<'_>, tool: &mut Changing<'_, '_>) {
    match way.north {
        // Tasks of 2025-11-25 have no counterpart there.
        Era::Modern => {
            tool.remove("execution");
            if way.normalise
                && let Some(schema) = fixes::output_schema(whole)
            {
                tool.set("outputSchema", schema);
            }
        }
        Era::Legacy => {
            // One output schema that the revision does not allow makes strict clients drop the whole list, other
            // servers' tools included.
            if whole
                .get("outputSchema")
                .is_some_and(|schema| !is_object_schema(schema))
            {
                tool.remove("outputSchema");
            }
            if way.south == Era::Modern
                && let Some(stripped) = whole
                    .get("inputSchema")
                    .and_then(schema::without_param_headers)
            {
                tool.set("inputSchema", stripped);
            }
        }
    }
    if let Some(meta) = with_exposed_page(way, whole) {
        tool.set("_meta", meta);
    }
}

/// Legacy revisions take only schemas that say `"type": "object"`.
fn is_object_schema(schema: &RawValue) -> bool {
    RawObject::parse(schema).is_ok_and(|schema| schema.get_str("type").as_deref() == Some("object"))
}

/// The page of MCP Apps that shows a tool's results: `_meta.ui.resourceUri`, before 2026 `_meta["ui/resourceUri"]`.
fn with_exposed_page(way: &Way<'_>, tool: &RawObject<'_>) -> Option<Box<RawValue>> {
    way.uris?;
    let meta = tool.get("_meta")?;
    memchr::memmem::find(meta.get().as_bytes(), b"resourceUri")?;
    let whole = RawObject::parse(meta).ok()?;
    let mut meta = Changing::new(&whole);
    meta.expose(way, "ui/resourceUri");
    if let Some(ui) = whole.get("ui").and_then(|ui| RawObject::parse(ui).ok()) {
        let mut page = Changing::new(&ui);
        page.expose(way, "resourceUri");
        if let Some(page) = page.done() {
            meta.set("ui", page);
        }
    }
    meta.done()
}
