//! The inputs of a tool as a person compares them: one line for each, in the words of its schema.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Longer words of a schema are cut on a page; the whole schema is one click away.
const LONGEST: usize = 160;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// It is in both.
    Same,
    /// Only the approved definition has it.
    Removed,
    /// Only the offered one has it.
    Added,
}

/// One input, or one state of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputLine {
    /// Whether it stayed, went or came.
    pub kind: LineKind,
    /// Name, type, whether it is required, default.
    pub text: String,
}

/// The inputs of both schemas by name, those of the approved one first.
pub(super) fn input_lines(old: Option<&Value>, new: Option<&Value>) -> Vec<InputLine> {
    let (before, after) = (described(old), described(new));
    let now = |name: &str| after.iter().find(|(other, _)| other == name);
    let mut lines = Vec::new();
    let mut push = |kind, text: &str| {
        lines.push(InputLine {
            kind,
            text: text.to_owned(),
        });
    };
    for (name, text) in &before {
        match now(name) {
            Some((_, same)) if same == text => push(LineKind::Same, text),
            Some((_, other)) => {
                push(LineKind::Removed, text);
                push(LineKind::Added, other);
            }
            None => push(LineKind::Removed, text),
        }
    }
    for (name, text) in &after {
        if !before.iter().any(|(other, _)| other == name) {
            push(LineKind::Added, text);
        }
    }
    lines
}

fn described(schema: Option<&Value>) -> Vec<(String, String)> {
    let Some(schema) = schema else {
        return Vec::new();
    };
    let required = schema["required"].as_array();
    let is_required = |name: &str| {
        required.is_some_and(|names| names.iter().any(|other| other.as_str() == Some(name)))
    };
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.clone(), line(name, property, is_required(name))))
        .collect()
}

fn line(name: &str, property: &Value, required: bool) -> String {
    let mut text = format!("{name}: {}", kind(property));
    let none = Map::new();
    for (key, value) in property.as_object().unwrap_or(&none) {
        let word = match key.as_str() {
            "minimum" => "at least",
            "maximum" => "at most",
            "minLength" => "min length",
            "maxLength" => "max length",
            "minItems" => "min items",
            "maxItems" => "max items",
            "format" | "pattern" | "default" | "const" => key,
            _ => continue,
        };
        let _ = match value {
            Value::String(value) => write!(text, ", {word} {value}"),
            value => write!(text, ", {word} {value}"),
        };
    }
    if required {
        text.push_str(", required");
    }
    if let Some(description) = property["description"].as_str() {
        let _ = write!(text, ". {description}");
    }
    if text.chars().count() > LONGEST * 4 {
        text = text.chars().take(LONGEST * 4).chain(['…']).collect();
    }
    text
}

fn kind(property: &Value) -> String {
    if let Some(values) = property["enum"].as_array() {
        let words: Vec<String> = values.iter().take(20).map(plain).collect();
        return words.join(" | ");
    }
    match &property["type"] {
        Value::String(kind) if kind == "array" => match property["items"]["type"].as_str() {
            Some(item) => format!("array of {item}"),
            None => "array".to_owned(),
        },
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(plain).collect::<Vec<_>>().join(" | "),
        _ => "any".to_owned(),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
