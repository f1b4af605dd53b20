//! Whether a tool's definition can be offered to clients and models at all. Nothing a schema points to is ever fetched.

use std::collections::HashSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::limits::Limits;
use crate::raw::{RawError, parse_strict};
use crate::wire::ParamHeaders;

/// Why a definition can't be offered: a stable code and a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl Unfit {
    pub(crate) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

/// Checks everything but the name.
pub(crate) fn check(definition: &RawValue, limits: &Limits) -> Result<(), Unfit> {
    let text = definition.get();
    if text.len() > limits.tool_bytes {
        let limit = limits.tool_bytes >> 10;
        return Err(Unfit::new(
            "tool_too_large",
            format!("its definition is larger than {limit} KB"),
        ));
    }
    match parse_strict(text.as_bytes(), limits.tool_depth) {
        Err(RawError::TooDeep { limit }) => {
            let reason = format!("its schema is nested deeper than {limit} levels");
            return Err(Unfit::new("tool_schema_too_deep", reason));
        }
        Err(_) => {
            return Err(Unfit::new(
                "tool_malformed",
                "its definition is not readable JSON",
            ));
        }
        Ok(_) => {}
    }
    let Ok(Value::Object(tool)) = serde_json::from_str::<Value>(text) else {
        return Err(Unfit::new(
            "tool_malformed",
            "its definition is not an object",
        ));
    };
    let input = tool.get("inputSchema").unwrap_or(&Value::Null);
    if input.get("type").and_then(Value::as_str) != Some("object") {
        let reason = "its input schema is missing or does not describe an object";
        return Err(Unfit::new("tool_schema_invalid", reason));
    }
    let mut budget = limits.subschemas;
    for schema in [Some(input), tool.get("outputSchema")]
        .into_iter()
        .flatten()
    {
        let mut ids = HashSet::new();
        collect_ids(schema, &mut ids);
        walk(schema, &ids, &mut budget)?;
    }
    ParamHeaders::from_schema(&crate::raw::to_raw(input))
        .map(drop)
        .map_err(|error| Unfit::new("tool_header_invalid", error.to_string()))
}

/// The names by which schemas inside this document can be referred to.
fn collect_ids<'a>(value: &'a Value, ids: &mut HashSet<&'a str>) {
    match value {
        Value::Object(object) => {
            ids.extend(object.get("$id").and_then(Value::as_str));
            object.values().for_each(|value| collect_ids(value, ids));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        _ => {}
    }
}

fn walk(schema: &Value, ids: &HashSet<&str>, budget: &mut usize) -> Result<(), Unfit> {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter().try_for_each(|item| walk(item, ids, budget)),
        _ => return Ok(()),
    };
    let Some(left) = budget.checked_sub(1) else {
        return Err(Unfit::new(
            "tool_schema_too_big",
            "its schema has too many parts",
        ));
    };
    *budget = left;
    for (keyword, value) in object {
        match keyword.as_str() {
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                let leaves = |target: &str| !target.starts_with('#') && !ids.contains(target);
                if value.as_str().is_some_and(leaves) {
                    let reason =
                        "its schema refers to another document, which Tieline never fetches";
                    return Err(Unfit::new("tool_schema_remote_ref", reason));
                }
            }
            // Data: a key in it is not a keyword.
            "const" | "default" | "enum" | "examples" => {}
            // Schemas by name: a property may be called "$ref".
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                for named in value
                    .as_object()
                    .into_iter()
                    .flat_map(|named| named.values())
                {
                    walk(named, ids, budget)?;
                }
            }
            _ => walk(value, ids, budget)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(schema: &str) -> Option<&'static str> {
        let tool = format!(r#"{{"name":"t","inputSchema":{schema}}}"#);
        let tool = RawValue::from_string(tool).unwrap();
        check(&tool, &Limits::default())
            .err()
            .map(|unfit| unfit.code)
    }

    #[test]
    fn sound_schemas_pass() {
        for schema in [
            r#"{"type":"object"}"#,
            r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"string","pattern":"(a+)+$"}}}"##,
            r#"{"type":"object","properties":{"$ref":{"type":"string"}},"examples":[{"$ref":"http://x/"}]}"#,
            r#"{"type":"object","$defs":{"x":{"$id":"urn:x"}},"properties":{"a":{"$ref":"urn:x"}}}"#,
        ] {
            assert_eq!(code(schema), None, "{schema}");
        }
    }

    #[test]
    fn unsound_schemas_have_their_code() {
        let wide = format!(
            r#"{{"type":"object","anyOf":[{}]}}"#,
            vec!["{}"; 2_001].join(",")
        );
        let deep = format!(
            r#"{{"type":"object","x":{}{}}}"#,
            "[".repeat(63),
            "]".repeat(63)
        );
        let large = format!(r#"{{"type":"object","x":"{}"}}"#, "x".repeat(64 << 10));
        for (schema, expected) in [
            ("null", "tool_schema_invalid"),
            ("[]", "tool_schema_invalid"),
            ("{}", "tool_schema_invalid"),
            (r#"{"type":["object"]}"#, "tool_schema_invalid"),
            (
                r#"{"type":"object","properties":{"a":{"$ref":"http://169.254.169.254/"}}}"#,
                "tool_schema_remote_ref",
            ),
            (
                r#"{"type":"object","allOf":[{"$ref":"other.json"}]}"#,
                "tool_schema_remote_ref",
            ),
            (
                r#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"a\r\nb"}}}"#,
                "tool_header_invalid",
            ),
            (wide.as_str(), "tool_schema_too_big"),
            (deep.as_str(), "tool_schema_too_deep"),
            (large.as_str(), "tool_too_large"),
        ] {
            assert_eq!(
                code(schema),
                Some(expected),
                "{}",
                &schema[..schema.len().min(80)]
            );
        }
    }
}
