//! Whether a prompt, a resource or a template can be offered to clients at all. Of tools, their schemas decide.

use serde_json::Value;
use serde_json::value::RawValue;

use super::limits::Limits;
use super::schema::Unfit;
use crate::raw::parse_strict;
use crate::wire::OfferKind;

/// Checks everything but what it is asked for by.
pub(crate) fn check(kind: OfferKind, definition: &RawValue, limits: &Limits) -> Result<(), Unfit> {
    let text = definition.get();
    if text.len() > limits.tool_bytes {
        let limit = limits.tool_bytes >> 10;
        let reason = format!("its definition is larger than {limit} KB");
        return Err(Unfit::new("offer_too_large", reason));
    }
    if parse_strict(text.as_bytes(), limits.tool_depth).is_err() {
        let reason = "its definition is not readable JSON, or nested too deep";
        return Err(Unfit::new("offer_malformed", reason));
    }
    let fields: Value = serde_json::from_str(text).unwrap_or_default();
    // One item without it makes typed clients refuse the whole list.
    if !fields["name"].is_string() {
        return Err(nameless(kind));
    }
    let is_argument = |argument: &Value| argument["name"].is_string();
    let arguments_are_fine = match &fields["arguments"] {
        Value::Null => true,
        Value::Array(arguments) => arguments.iter().all(is_argument),
        _ => false,
    };
    if kind == OfferKind::Prompt && !arguments_are_fine {
        let reason = "its arguments are no list of named arguments";
        return Err(Unfit::new("offer_malformed", reason));
    }
    Ok(())
}

/// There is nothing by which it could be asked for, or shown.
pub(crate) fn nameless(kind: OfferKind) -> Unfit {
    let code = match kind {
        OfferKind::Tool => "tool_name_missing",
        _ => "offer_name_missing",
    };
    let reason = match kind {
        OfferKind::Tool | OfferKind::Prompt => "it has no name",
        OfferKind::Resource => "it has no URI or no name",
        OfferKind::ResourceTemplate => "it has no URI template or no name",
    };
    Unfit::new(code, reason)
}

/// Asking for it would always reach the one before it.
pub(crate) fn duplicate(kind: OfferKind) -> Unfit {
    match kind {
        OfferKind::Tool => Unfit::new(
            "tool_duplicate",
            "an earlier tool of this server has the same name",
        ),
        OfferKind::Prompt => Unfit::new(
            "offer_duplicate",
            "an earlier prompt of this server has the same name",
        ),
        OfferKind::Resource | OfferKind::ResourceTemplate => {
            Unfit::new("offer_duplicate", "this server lists the same URI before")
        }
    }
}
