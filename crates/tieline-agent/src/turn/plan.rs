//! What a model wants called becomes a plan: a tool of the frozen catalogue with arguments that are an object, one of
//! the agent's own tools, or a sentence that says what is wrong. Nothing is guessed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_domain::CallId;
use tieline_hub::CatalogTool;

use super::result::CallResult;
use crate::frozen::{Frozen, schema_of};
use crate::prompt::{CALL_TOOL, SEARCH_TOOLS};
use crate::search::head;
use crate::view::ToolMode;

const NAME_CHARS: usize = 100;
const FOUND: usize = 5;
const FOUND_AT_MOST: usize = 20;
const DESCRIPTION_BYTES: usize = 1_000;
const SCHEMA_BYTES: usize = 8 * 1024;

/// A tool that the model wants called.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The model's id of the call.
    pub(super) id: String,
    /// As the model wrote them.
    pub(super) name: String,
    pub(super) arguments: String,
}

/// What is done about it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) id: CallId,
    pub(super) model_id: String,
    /// What people see.
    pub(super) connector: String,
    pub(super) connector_name: String,
    pub(super) tool: String,
    pub(super) arguments: Box<RawValue>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A tool of a connector.
    Call(Arc<CatalogTool>),
    /// Answered at once, without asking anybody.
    Answered(CallResult),
}

/// Plans one call.
pub(super) fn plan(id: CallId, wanted: Wanted, frozen: &Frozen, mode: ToolMode) -> Planned {
    let arguments = object(&wanted.arguments);
    let mut planned = Planned {
        id,
        model_id: wanted.id,
        connector: String::new(),
        connector_name: String::new(),
        tool: clean(&wanted.name),
        arguments: arguments
            .clone()
            .unwrap_or_else(|| text_value(&wanted.arguments)),
        what: What::Answered(CallResult::refused(
            "arguments_invalid",
            "The arguments are not a JSON object, so nothing was called. Send them again as one complete JSON object.",
        )),
    };
    let searches = mode == ToolMode::Search;
    if searches && [SEARCH_TOOLS, CALL_TOOL].contains(&wanted.name.as_str()) {
        "tieline".clone_into(&mut planned.connector);
        "Tieline".clone_into(&mut planned.connector_name);
        match arguments {
            Some(arguments) if wanted.name == SEARCH_TOOLS => {
                planned.what = What::Answered(search(&arguments, frozen));
            }
            Some(arguments) => call_by_name(&mut planned, &arguments, frozen),
            None => {}
        }
        return planned;
    }
    route(&mut planned, &wanted.name, arguments, frozen);
    planned
}

/// Looks the name up in the frozen table; it is never taken apart.
fn route(planned: &mut Planned, name: &str, arguments: Option<Box<RawValue>>, frozen: &Frozen) {
    let Some(tool) = frozen.catalog.by_agent_name(name) else {
        planned.tool = clean(name);
        planned.what = What::Answered(no_such_tool(name, frozen));
        return;
    };
    tool.slug.as_str().clone_into(&mut planned.connector);
    planned.connector_name = frozen
        .catalog
        .connector(tool.slug.as_str())
        .map_or_else(|| tool.slug.to_string(), |connector| connector.name.clone());
    planned.tool = tool.name.to_string();
    if let Some(arguments) = arguments {
        planned.arguments = arguments;
        planned.what = What::Call(tool.clone());
    }
}

fn no_such_tool(name: &str, frozen: &Frozen) -> CallResult {
    let like = frozen.index().search(name, 3);
    let names: Vec<&str> = like
        .iter()
        .filter_map(|at| frozen.definitions.get(*at))
        .map(|definition| definition.name.as_str())
        .collect();
    let hint = if names.is_empty() {
        "Use one of the tools that you were given.".to_owned()
    } else {
        format!("Similar tools: {}.", names.join(", "))
    };
    CallResult::refused(
        "tool_unknown",
        format!(
            "This session has no tool named “{}”, so nothing was called. {hint}",
            clean(name)
        ),
    )
}

#[derive(Deserialize)]
struct CallArguments {
    name: String,
    arguments: Option<Box<RawValue>>,
}

fn call_by_name(planned: &mut Planned, arguments: &RawValue, frozen: &Frozen) {
    let Ok(inner) = serde_json::from_str::<CallArguments>(arguments.get()) else {
        planned.what = What::Answered(CallResult::refused(
            "arguments_invalid",
            "call_tool needs {\"name\": the tool's name, \"arguments\": an object}. Nothing was called.",
        ));
        return;
    };
    let given = inner.arguments.as_deref().map_or("{}", RawValue::get);
    if object(given).is_none() {
        planned.arguments = text_value(given);
    }
    route(planned, &inner.name, object(given), frozen);
}

#[derive(Deserialize)]
struct SearchArguments {
    query: String,
    limit: Option<usize>,
}

/// The best matches with everything that a call needs.
fn search(arguments: &RawValue, frozen: &Frozen) -> CallResult {
    let Ok(wanted) = serde_json::from_str::<SearchArguments>(arguments.get()) else {
        return CallResult::refused(
            "arguments_invalid",
            "search_tools needs {\"query\": a few words about what the tool should do}.",
        );
    };
    let limit = wanted.limit.unwrap_or(FOUND).clamp(1, FOUND_AT_MOST);
    let tools: Vec<&Arc<CatalogTool>> = frozen.catalog.tools().collect();
    let found = frozen.index().search(head(&wanted.query, 1_000), limit);
    let matches: Vec<serde_json::Value> = found
        .into_iter()
        .filter_map(|at| tools.get(at))
        .map(|tool| shown(tool))
        .collect();
    if matches.is_empty() {
        return CallResult::sentence(
            "ok",
            None,
            "No tool matches these words. Try other words, or fewer.",
        );
    }
    let answer = serde_json::json!({ "matches": matches });
    CallResult::sentence("ok", None, answer.to_string())
}

fn shown(tool: &CatalogTool) -> serde_json::Value {
    let description = tool.description.as_deref().unwrap_or_default();
    let schema = schema_of(tool);
    let schema = if schema.get().len() <= SCHEMA_BYTES {
        serde_json::from_str(schema.get()).unwrap_or_default()
    } else {
        serde_json::json!(head(schema.get(), SCHEMA_BYTES))
    };
    serde_json::json!({
        "name": tool.agent_name,
        "description": head(description, DESCRIPTION_BYTES),
        "input_schema": schema,
    })
}

/// The text as a JSON object, whole and nothing after it. No arguments at all are an empty one.
fn object(text: &str) -> Option<Box<RawValue>> {
    let text = text.trim();
    let text = if text.is_empty() { "{}" } else { text };
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str::<Box<RawValue>>(text).ok()
}

fn text_value(text: &str) -> Box<RawValue> {
    let json = serde_json::Value::String(head(text, 64 * 1024).to_owned()).to_string();
    RawValue::from_string(json).expect("a JSON string is JSON")
}

/// A name that a model wrote, for a sentence and for the page.
fn clean(name: &str) -> String {
    let visible = |c: &char| !c.is_control() && !is_bidi(*c);
    name.chars().filter(visible).take(NAME_CHARS).collect()
}

fn is_bidi(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_object_is_one() {
        for (text, expected) in [
            ("", Some("{}")),
            (" {\"a\": 1.0} ", Some("{\"a\": 1.0}")),
            ("{\"a\":", None),
            ("{} {}", None),
            ("[1]", None),
            ("\"{}\"", None),
            ("null", None),
        ] {
            assert_eq!(
                object(text).as_deref().map(RawValue::get),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_from_a_model_is_harmless() {
        assert_eq!(clean("a\u{202e}b\u{7}\nc"), "abc");
        assert_eq!(clean(&"x".repeat(500)).len(), NAME_CHARS);
    }
}
