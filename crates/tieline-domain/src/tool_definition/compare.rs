//! Compares two definitions of one tool.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::inputs::{InputLine, input_lines};
use super::wording::{Around, Hint, foreign_names, hints};
use super::{Difference, Risk, calls, hidden};

/// What is different between two definitions, and what that means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The parts that are different. Empty when both say the same in other bytes.
    pub differences: Vec<Difference>,
    /// Why a person should look first. Only what is new counts: what was approved once is not asked for again.
    pub risks: Vec<Risk>,
    /// What the new wording hints at.
    pub hints: Vec<Hint>,
    /// Whether every call that fits the approved definition fits the offered one. False for a new tool.
    pub calls_stay_valid: bool,
    /// The inputs before and after, line by line.
    pub inputs: Vec<InputLine>,
}

/// Compares what was approved, if anything was, with what is offered.
pub fn compare_definitions(approved: Option<&str>, offered: &str, around: &Around) -> Comparison {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let old = approved.and_then(parse).filter(Value::is_object);
    let new = parse(offered).unwrap_or_default();
    let (old_texts, new_texts) = (texts_of(old.as_ref()), texts_of(Some(&new)));
    let fresh: Vec<&str> = new_texts.difference(&old_texts).copied().collect();

    let mut risks = risky_labels(old.as_ref(), &new);
    let count = fresh
        .iter()
        .map(|text| hidden::hidden_characters(text))
        .sum();
    if count > 0 {
        risks.push(Risk::HiddenCharacters { count });
    }
    let named_before = foreign_names(old_texts.iter().copied(), around);
    let named_now = foreign_names(fresh.iter().copied(), around);
    risks.extend(
        named_now
            .difference(&named_before)
            .take(8)
            .map(|word| Risk::NamesOtherConnector { word: word.clone() }),
    );
    if says_twice(offered) && !approved.is_some_and(says_twice) {
        risks.push(Risk::ReadTwoWays);
    }
    let name = new["name"].as_str().unwrap_or_default();
    let hinted: BTreeSet<Hint> = fresh
        .iter()
        .flat_map(|text| hints(text, name, around))
        .collect();
    Comparison {
        differences: match &old {
            Some(old) => differences(old, &new),
            None => vec![Difference::New],
        },
        risks,
        hints: hinted.into_iter().collect(),
        calls_stay_valid: old
            .as_ref()
            .is_some_and(|old| calls::still_fit(old.get("inputSchema"), new.get("inputSchema"))),
        inputs: input_lines(
            old.as_ref().and_then(|old| old.get("inputSchema")),
            new.get("inputSchema"),
        ),
    }
}

fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let keys: BTreeSet<&String> = [old, new]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(|fields| fields.keys())
        .collect();
    let changed = keys.into_iter().filter(|key| old.get(key) != new.get(key));
    let found: BTreeSet<Difference> = changed
        .flat_map(|key| match key.as_str() {
            "title" => vec![Difference::Title],
            "description" => vec![Difference::Description],
            "inputSchema" => vec![Difference::Inputs],
            "outputSchema" => vec![Difference::Output],
            "annotations" => annotation_differences(&old[key], &new[key]),
            _ => vec![Difference::Other],
        })
        .collect();
    found.into_iter().collect()
}

/// The title of a tool may stand among its annotations as well.
fn annotation_differences(old: &Value, new: &Value) -> Vec<Difference> {
    let labels = |value: &Value| {
        let mut labels = value.as_object().cloned().unwrap_or_default();
        labels.remove("title");
        labels
    };
    let mut found = Vec::new();
    if old.get("title") != new.get("title") {
        found.push(Difference::Title);
    }
    if labels(old) != labels(new) || found.is_empty() {
        found.push(Difference::Annotations);
    }
    found
}

/// Labels are claims and prove nothing, but one that turns for the worse is worth a look. What is absent is read as the
/// protocol says: writing, and destructive.
fn risky_labels(old: Option<&Value>, new: &Value) -> Vec<Risk> {
    let Some(old) = old else { return Vec::new() };
    let label = |definition: &Value, name: &str| definition["annotations"][name].as_bool();
    let reads = |definition: &Value| label(definition, "readOnlyHint") == Some(true);
    let destroys = |definition: &Value| label(definition, "destructiveHint");
    let is_destructive = |definition: &Value| destroys(definition).unwrap_or(true);
    let mut risks = Vec::new();
    if reads(old) && !reads(new) {
        risks.push(Risk::BecameWriting);
    } else if !reads(new) && !is_destructive(old) && is_destructive(new) {
        risks.push(Risk::BecameDestructive);
    }
    if destroys(old) == Some(true) && !reads(old) && (destroys(new) == Some(false) || reads(new)) {
        risks.push(Risk::NoLongerDestructive);
    }
    risks
}

/// Every text of a definition: values and the names of fields. The tool's own name is the same on both sides.
fn texts_of(definition: Option<&Value>) -> HashSet<&str> {
    let mut texts = HashSet::new();
    let mut waiting: Vec<&Value> = definition.into_iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => {
                texts.insert(text.as_str());
            }
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                texts.extend(fields.keys().map(String::as_str));
                waiting.extend(fields.values());
            }
            _ => {}
        }
    }
    texts
}

/// Whether an object in this text has two fields of one name. Which of them counts depends on who reads it.
fn says_twice(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return false;
    };
    fields_in(text) != fields_of(&value)
}

fn fields_of(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.len() + fields.values().map(fields_of).sum::<usize>(),
        Value::Array(items) => items.iter().map(fields_of).sum(),
        _ => 0,
    }
}

/// How many fields the objects of a JSON text have: outside of strings, each has one colon.
fn fields_in(text: &str) -> usize {
    let (mut colons, mut in_string, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b':' if !in_string => colons += 1,
            _ => {}
        }
    }
    colons
}
