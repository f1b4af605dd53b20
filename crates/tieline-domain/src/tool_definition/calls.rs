//! Whether a call that fits one input schema fits another.
//!
//! A call is taken to pass only what the older schema describes. The answer is "yes" only where that follows from the
//! keywords understood here; for anything else the two must be equal.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keywords that tell people something and forbid nothing. `x-` keywords belong here too: they say how an argument
/// travels, which is always done the offered way.
const NOTES: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "example",
    "$comment",
    "$schema",
    "$id",
    "deprecated",
    "readOnly",
    "writeOnly",
    "markdownDescription",
];

/// Keywords that only forbid: where the new schema does without one, it takes at least as much.
const ONLY_FORBID: &[&str] = &[
    "pattern",
    "multipleOf",
    "format",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "const",
    "contentEncoding",
    "contentMediaType",
];

/// Upper limits, which may only grow, then lower ones, which may only fall.
const AT_MOST: &[&str] = &[
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];
const AT_LEAST: &[&str] = &[
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];

/// Whether arguments that fit `old` fit `new` as well.
pub(super) fn still_fit(old: Option<&Value>, new: Option<&Value>) -> bool {
    let anything = Value::Bool(true);
    fits(old.unwrap_or(&anything), new.unwrap_or(&anything))
}

fn fits(old: &Value, new: &Value) -> bool {
    if takes_anything(new) || same(old, new) {
        return true;
    }
    match (old, new) {
        (Value::Bool(false), _) => true,
        (Value::Bool(true), Value::Object(new)) => object_fits(&Map::new(), new),
        (Value::Object(old), Value::Object(new)) => object_fits(old, new),
        _ => false,
    }
}

fn object_fits(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    // A reference leads to definitions, so those must be the same to the letter.
    let has_references = mentions_reference(new) || mentions_reference(old);
    let keywords: BTreeSet<&str> = old
        .keys()
        .chain(new.keys())
        .map(String::as_str)
        .filter(|key| !is_note(key))
        .collect();
    keywords.into_iter().all(|keyword| match keyword {
        "type" => types_fit(old.get("type"), new.get("type")),
        "enum" => enum_fits(old, new.get("enum")),
        "required" => required_fits(old.get("required"), new.get("required")),
        "properties" | "additionalProperties" => properties_fit(old, new),
        "items" => child_fits(old.get("items"), new.get("items")),
        "uniqueItems" => {
            new.get(keyword) != Some(&Value::Bool(true)) || old.get(keyword) == new.get(keyword)
        }
        "$defs" | "definitions" if !has_references => true,
        _ if AT_MOST.contains(&keyword) => {
            limit_fits(old.get(keyword), new.get(keyword), |old, new| old <= new)
        }
        _ if AT_LEAST.contains(&keyword) => {
            limit_fits(old.get(keyword), new.get(keyword), |old, new| old >= new)
        }
        _ if ONLY_FORBID.contains(&keyword) && !new.contains_key(keyword) => true,
        _ => both_same(old.get(keyword), new.get(keyword)),
    })
}

fn child_fits(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (_, None) => true,
        (None, Some(new)) => takes_anything(new),
        (Some(old), Some(new)) => fits(old, new),
    }
}

fn types_fit(old: Option<&Value>, new: Option<&Value>) -> bool {
    let Some(new) = new.and_then(type_names) else {
        return new.is_none();
    };
    let Some(old) = old.and_then(type_names) else {
        return false;
    };
    old.iter()
        .all(|kind| new.contains(kind) || (*kind == "integer" && new.contains("number")))
}

fn type_names(value: &Value) -> Option<BTreeSet<&str>> {
    match value {
        Value::String(name) => Some(BTreeSet::from([name.as_str()])),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn enum_fits(old: &Map<String, Value>, new: Option<&Value>) -> bool {
    let Some(new) = new else { return true };
    let Some(new) = new.as_array() else {
        return false;
    };
    match (old.get("const"), old.get("enum").and_then(Value::as_array)) {
        (Some(only), _) => new.contains(only),
        (None, Some(old)) => old.iter().all(|value| new.contains(value)),
        (None, None) => false,
    }
}

fn required_fits(old: Option<&Value>, new: Option<&Value>) -> bool {
    let Some(new) = new else { return true };
    let Some(new) = new.as_array() else {
        return false;
    };
    let old = old.and_then(Value::as_array);
    new.iter()
        .all(|name| old.is_some_and(|old| old.contains(name)))
}

/// Every property that was described is still there and takes what it took; others may have come.
fn properties_fit(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let none = Map::new();
    let described = |schema: &'_ Map<String, Value>| {
        let properties = schema.get("properties");
        properties.map_or(Some(none.clone()), |found| found.as_object().cloned())
    };
    let (Some(before), Some(after)) = (described(old), described(new)) else {
        return false;
    };
    let others = (
        old.get("additionalProperties"),
        new.get("additionalProperties"),
    );
    let others_fit = match others {
        (None | Some(Value::Bool(false)), _) | (_, None) => true,
        // Others were invited, so a property that is described only now may have been passed with any value.
        (Some(old), Some(new)) => fits(old, new),
    };
    let invited = old
        .get("additionalProperties")
        .filter(|others| **others != Value::Bool(false));
    let has_patterns = old.contains_key("patternProperties");
    others_fit
        && before
            .iter()
            .all(|(name, old)| after.get(name).is_some_and(|new| fits(old, new)))
        && after
            .iter()
            .filter(|(name, _)| !before.contains_key(*name))
            .all(|(_, new)| !has_patterns && invited.is_none_or(|others| fits(others, new)))
}

fn limit_fits(
    old: Option<&Value>,
    new: Option<&Value>,
    is_looser: impl Fn(f64, f64) -> bool,
) -> bool {
    let Some(new) = new else { return true };
    let numbers = old.and_then(Value::as_f64).zip(new.as_f64());
    old == Some(new) || numbers.is_some_and(|(old, new)| is_looser(old, new))
}

fn both_same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => same(old, new),
        (None, None) => true,
        _ => false,
    }
}

/// Equal but for notes.
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            // Below `properties` a key is a name and no keyword, so a property called `title` must not be skipped:
            // one that came or went makes the names differ.
            let names = |schema: &'_ Map<String, Value>| -> BTreeSet<String> {
                schema.keys().filter(|key| !is_note(key)).cloned().collect()
            };
            names(old) == names(new)
                && old
                    .iter()
                    .filter(|(key, _)| !is_note(key))
                    .all(|(key, value)| {
                        new.get(key).is_some_and(|other| match key.as_str() {
                            "properties" | "patternProperties" | "$defs" | "definitions" => {
                                same_named(value, other)
                            }
                            "enum" | "const" | "required" => value == other,
                            _ => same(value, other),
                        })
                    })
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new))
        }
        _ => old == new,
    }
}

/// Equal where the keys are names and not keywords.
fn same_named(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.len() == new.len()
                && old
                    .iter()
                    .all(|(name, value)| new.get(name).is_some_and(|other| same(value, other)))
        }
        _ => old == new,
    }
}

fn takes_anything(schema: &Value) -> bool {
    match schema {
        Value::Bool(takes) => *takes,
        Value::Object(keywords) => keywords.keys().all(|key| is_note(key)),
        _ => false,
    }
}

fn is_note(keyword: &str) -> bool {
    NOTES.contains(&keyword) || keyword.starts_with("x-")
}

fn mentions_reference(schema: &Map<String, Value>) -> bool {
    schema
        .iter()
        .any(|(key, value)| key == "$ref" || key == "$dynamicRef" || reference_below(value))
}

fn reference_below(value: &Value) -> bool {
    match value {
        Value::Object(map) => mentions_reference(map),
        Value::Array(items) => items.iter().any(reference_below),
        _ => false,
    }
}
