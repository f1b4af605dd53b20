//! A form made from a tool's schema, and the arguments that come back from it. What a form cannot say is typed as JSON.

use serde_json::{Map, Number, Value};

use crate::dashboard::words::shown;

/// The most inputs that get a field each; a tool with more takes its arguments as one JSON text.
const MOST_FIELDS: usize = 40;
/// The most choices that are offered; more are typed.
const MOST_CHOICES: usize = 200;

/// What a field takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Flag,
    Choice(Vec<Value>),
    Object,
    Array,
    Json,
}

/// One field of the form.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) meaning: String,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

/// What a tool takes.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A field for each input; none for a tool that takes nothing.
    Fields(Vec<Input>),
    /// One JSON object.
    Whole,
}

/// Reads a schema. Whatever is not plainly an object with inputs is filled in as a whole.
pub(super) fn shape(schema: &Value) -> Shape {
    let needs_more = ["$ref", "allOf", "anyOf", "oneOf", "patternProperties"];
    if needs_more.iter().any(|key| schema.get(key).is_some()) {
        return Shape::Whole;
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let empty = Map::new();
    let inputs = schema["properties"].as_object().unwrap_or(&empty);
    let all_known = required.iter().all(|name| inputs.contains_key(*name));
    if inputs.len() > MOST_FIELDS || !all_known {
        return Shape::Whole;
    }
    Shape::Fields(
        inputs
            .iter()
            .map(|(name, input)| read(name, input, required.contains(&name.as_str())))
            .collect(),
    )
}

fn read(name: &str, input: &Value, required: bool) -> Input {
    Input {
        name: name.to_owned(),
        kind: kind(input),
        required,
        meaning: shown(input["description"].as_str().unwrap_or_default(), 300),
        at_least: input["minimum"].as_f64(),
        at_most: input["maximum"].as_f64(),
    }
}

fn kind(input: &Value) -> Kind {
    if let Some(choices) = input["enum"].as_array()
        && (1..=MOST_CHOICES).contains(&choices.len())
    {
        return Kind::Choice(choices.clone());
    }
    // "string or nothing" is a string that may be left out.
    let words: Vec<&str> = match &input["type"] {
        Value::String(word) => vec![word.as_str()],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let words: Vec<&str> = words.into_iter().filter(|word| *word != "null").collect();
    match words.as_slice() {
        ["string"] => Kind::Text,
        ["integer"] => Kind::Integer,
        ["number"] => Kind::Number,
        ["boolean"] => Kind::Flag,
        ["object"] => Kind::Object,
        ["array"] => Kind::Array,
        _ => Kind::Json,
    }
}

impl Kind {
    /// The word beside the label.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Flag => "boolean",
            Self::Choice(_) => "one of",
            Self::Object => "object, as JSON",
            Self::Array => "array, as JSON",
            Self::Json => "any JSON",
        }
    }
}

/// A choice as it is read.
pub(super) fn label(choice: &Value) -> String {
    match choice {
        Value::String(text) => shown(text, 80),
        other => shown(&other.to_string(), 80),
    }
}

/// The arguments, or what is wrong with each field.
pub(super) fn arguments(
    inputs: &[Input],
    typed: impl Fn(&str) -> String,
) -> Result<Map<String, Value>, Vec<(String, String)>> {
    let (mut arguments, mut problems) = (Map::new(), Vec::new());
    for input in inputs {
        match value(input, &typed(&input.name)) {
            Ok(Some(value)) => {
                arguments.insert(input.name.clone(), value);
            }
            Ok(None) => {}
            Err(problem) => problems.push((input.name.clone(), problem)),
        }
    }
    if problems.is_empty() {
        Ok(arguments)
    } else {
        Err(problems)
    }
}

/// All arguments as one JSON text.
pub(super) fn whole(typed: &str) -> Result<Map<String, Value>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Map::new());
    }
    match json(typed)? {
        Value::Object(arguments) => Ok(arguments),
        _ => Err("Write a JSON object, such as {\"id\": 7}.".to_owned()),
    }
}

fn value(input: &Input, typed: &str) -> Result<Option<Value>, String> {
    let bare = typed.trim();
    if bare.is_empty() {
        return if input.required {
            Err("This input is required.".to_owned())
        } else {
            Ok(None)
        };
    }
    let value = match &input.kind {
        // Spaces may be meant.
        Kind::Text => Value::from(typed),
        Kind::Integer => {
            let whole = bare.parse::<i64>().map(Value::from);
            within(
                input,
                whole.map_err(|_| "Write a whole number, such as 20.".to_owned())?,
            )?
        }
        Kind::Number => {
            let number = serde_json::from_str::<Number>(bare).map(Value::from);
            within(
                input,
                number.map_err(|_| "Write a number, such as 0.5.".to_owned())?,
            )?
        }
        Kind::Flag => match bare {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err("Choose yes or no.".to_owned()),
        },
        Kind::Choice(choices) => {
            let chosen = bare.parse::<usize>().ok().and_then(|at| choices.get(at));
            chosen
                .cloned()
                .ok_or_else(|| "Choose one of the values.".to_owned())?
        }
        Kind::Object => match json(bare)? {
            object @ Value::Object(_) => object,
            _ => return Err("Write a JSON object, such as {\"id\": 7}.".to_owned()),
        },
        Kind::Array => match json(bare)? {
            array @ Value::Array(_) => array,
            _ => return Err("Write a JSON array, such as [\"a\", \"b\"].".to_owned()),
        },
        Kind::Json => json(bare)?,
    };
    Ok(Some(value))
}

fn within(input: &Input, number: Value) -> Result<Value, String> {
    let read = number.as_f64().unwrap_or_default();
    match (input.at_least, input.at_most) {
        (Some(least), _) if read < least => Err(format!("At least {least}.")),
        (_, Some(most)) if read > most => Err(format!("At most {most}.")),
        _ => Ok(number),
    }
}

fn json(typed: &str) -> Result<Value, String> {
    serde_json::from_str(typed).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("This is not JSON: look at line {line}, character {column}. Text stands in double quotes.")
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape, arguments, shape, whole};
    use serde_json::{Value, json};

    fn fields(schema: &Value) -> Vec<super::Input> {
        match shape(schema) {
            Shape::Fields(inputs) => inputs,
            Shape::Whole => panic!("no fields: {schema}"),
        }
    }

    fn schema() -> Value {
        json!({
            "properties": {
                "id": {"type": "string"},
                "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
                "share": {"type": "number"},
                "paid": {"type": "boolean"},
                "status": {"enum": ["open", 7]},
                "tags": {"type": "array"},
                "more": {"type": "object"},
                "odd": {"oneOf": []},
            },
            "required": ["id"],
        })
    }

    #[test]
    fn each_input_gets_the_field_of_its_type() {
        let kinds: Vec<_> = fields(&schema())
            .into_iter()
            .map(|input| (input.name, input.kind.word(), input.required))
            .collect();
        let expected = [
            ("id", "string", true),
            ("limit", "integer", false),
            ("more", "object, as JSON", false),
            ("odd", "any JSON", false),
            ("paid", "boolean", false),
            ("share", "number", false),
            ("status", "one of", false),
            ("tags", "array, as JSON", false),
        ];
        for wanted in expected {
            let wanted = (wanted.0.to_owned(), wanted.1, wanted.2);
            assert!(kinds.contains(&wanted), "{wanted:?} in {kinds:?}");
        }
        assert!(fields(&json!({"type": "object"})).is_empty());
        for odd in [
            json!({"anyOf": []}),
            json!({"required": ["unknown"]}),
            json!({"$ref": "#"}),
        ] {
            assert!(matches!(shape(&odd), Shape::Whole), "{odd}");
        }
    }

    #[test]
    fn what_was_typed_becomes_the_arguments_or_a_message_at_its_field() {
        let inputs = fields(&schema());
        let typed = |name: &str| {
            match name {
                "id" => " a ",
                "limit" => "20",
                "share" => "1e2",
                "paid" => "false",
                "status" => "1",
                "tags" => "[1]",
                "odd" => "null",
                _ => "",
            }
            .to_owned()
        };
        let expected = json!({
            "id": " a ", "limit": 20, "share": 1e2, "paid": false, "status": 7, "tags": [1], "odd": null,
        });
        assert_eq!(Value::from(arguments(&inputs, typed).unwrap()), expected);

        let wrong = |name: &str| match name {
            "id" => "  ".to_owned(),
            "limit" => "101".to_owned(),
            "paid" => "maybe".to_owned(),
            "status" => "2".to_owned(),
            "tags" => "{}".to_owned(),
            "more" => "{a:1}".to_owned(),
            "share" => "a lot".to_owned(),
            _ => String::new(),
        };
        let problems = arguments(&inputs, wrong).unwrap_err();
        let of = |name: &str| {
            let found = problems.iter().find(|(field, _)| field == name);
            found.map(|(_, problem)| problem.as_str()).unwrap()
        };
        assert_eq!(of("id"), "This input is required.");
        assert_eq!(of("limit"), "At most 100.");
        assert_eq!(of("status"), "Choose one of the values.");
        assert!(of("more").starts_with("This is not JSON: look at line 1"));
        assert_eq!(problems.len(), 7);
        assert!(whole("[]").is_err() && whole(" ").unwrap().is_empty());
        assert_eq!(super::kind(&json!({"enum": []})), Kind::Json);
    }
}
