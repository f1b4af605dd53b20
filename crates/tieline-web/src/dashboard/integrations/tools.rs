//! The tools of one connector in words, and `POST /integrations/c/{slug}/tools`: what agents may do with each.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tieline_domain::{NameSpace, Slug, ToolPolicy, expose};
use tieline_hub::{ConnectorToolView, ToolUsage, WaitingTool};

use super::connector::known_slug;
use super::detail_view::{Input, PolicyChoice, Tag, Tool};
use super::rail::writes;
use super::switch_tools::after;
use crate::auth::Admin;
use crate::dashboard::activity::explain_words::try_address;
use crate::dashboard::form::Form;
use crate::dashboard::words::{counted, shown};
use crate::problem::Problem;
use crate::state::AppState;

/// The most inputs that a page lists for one tool.
const MOST_INPUTS: usize = 40;

/// Which tool, and what agents may do with it from now on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PolicyForm {
    tool: String,
    policy: String,
}

/// Sets what agents may do with one tool.
pub(crate) async fn set_policy(
    State(state): State<AppState>,
    admin: Admin,
    Path(slug): Path<String>,
    Form(form): Form<PolicyForm>,
) -> Result<Response, Problem> {
    let slug = known_slug(&slug)?;
    let policy: ToolPolicy = form.policy.parse().map_err(|_| Problem::not_found())?;
    let change = state
        .hub
        .set_tool_policy(&admin.actor(), &slug, &form.tool, policy)
        .await?;
    let done = match policy {
        ToolPolicy::Allow => "tool_on",
        ToolPolicy::Ask => "tool_ask",
        ToolPolicy::Off => "tool_off",
    };
    Ok(after(&slug, done, change))
}

/// One line for each tool that is left out.
pub(crate) fn left_out(tools: &[ConnectorToolView]) -> Vec<String> {
    tools
        .iter()
        .filter_map(|tool| tool.left_out.as_ref().map(|(_, reason)| (tool, reason)))
        .take(20)
        .map(|(tool, reason)| {
            format!(
                "{} is left out: {}",
                shown(&tool.name, 60),
                shown(reason, 200)
            )
        })
        .collect()
}

/// One tool as the page shows it.
pub(crate) fn tool(
    state: &AppState,
    slug: &Slug,
    listed: &ConnectorToolView,
    used: ToolUsage,
) -> Tool {
    let definition: Value = listed
        .definition
        .as_ref()
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let tag = |class, text: &str| Tag {
        class,
        text: text.to_owned(),
    };
    let writes = writes(&definition).then(|| tag("", "Writes data"));
    let waiting = listed.waiting.map(|waiting| match waiting {
        WaitingTool::ApprovedStays => tag("acc", "Changed"),
        WaitingTool::OffUntilReviewed => tag("warn", "Changed, off until reviewed"),
    });
    let late =
        (used.timeouts > 0).then(|| tag("warn", &counted(used.timeouts, "timeout", "timeouts")));
    let tags = writes.into_iter().chain(waiting).chain(late).collect();
    Tool {
        name: shown(&listed.name, 128),
        description: shown(
            listed
                .description
                .as_deref()
                .or(listed.title.as_deref())
                .unwrap_or_default(),
            600,
        ),
        tags,
        on: listed.enabled,
        policies: policies(listed.policy),
        suggestion: suggestion(listed),
        calls: counted(used.calls, "call", "calls"),
        people: match used.people {
            0 => "Nobody used it in 7 days".to_owned(),
            people => format!("{} in 7 days", counted(people, "person", "people")),
        },
        exposed: exposed(state, slug, &listed.name),
        try_href: try_address(slug.as_str(), &listed.name),
        tokens: counted(listed.tokens as u64, "token", "tokens"),
        inputs: inputs(&definition["inputSchema"]),
    }
}

/// The three buttons, of which one is pressed.
fn policies(now: ToolPolicy) -> Vec<PolicyChoice> {
    ToolPolicy::ALL
        .into_iter()
        .map(|policy| PolicyChoice {
            word: policy.as_str(),
            label: policy.title(),
            chosen: policy == now,
        })
        .collect()
}

/// What the server's own words suggest, where that is stricter than what is set.
fn suggestion(listed: &ConnectorToolView) -> &'static str {
    match (listed.policy, listed.suggested_policy) {
        (ToolPolicy::Allow, ToolPolicy::Ask) => "Suggested: Ask",
        _ => "",
    }
}

/// The name that agents see.
pub(super) fn exposed(state: &AppState, slug: &Slug, name: &str) -> String {
    let known = state.hub.catalog();
    known
        .connector(slug.as_str())
        .and_then(|connector| connector.tool(name))
        .map_or_else(|| alone(slug, name), |tool| tool.agent_name.clone())
}

/// The name that a tool which is off would have.
fn alone(slug: &Slug, name: &str) -> String {
    expose(NameSpace::Agent, slug, [name])
        .into_iter()
        .next()
        .map(|exposed| exposed.exposed)
        .unwrap_or_default()
}

fn inputs(schema: &Value) -> Vec<Input> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .take(MOST_INPUTS)
        .map(|(name, input)| Input {
            name: shown(name, 80),
            kind: kind(input, required.contains(&name.as_str())),
            meaning: shown(input["description"].as_str().unwrap_or_default(), 300),
        })
        .collect()
}

fn kind(input: &Value, required: bool) -> String {
    let words: Vec<&str> = match &input["enum"] {
        Value::Array(choices) => choices.iter().filter_map(Value::as_str).take(8).collect(),
        _ => Vec::new(),
    };
    let kind = match &input["type"] {
        _ if !words.is_empty() => words.join(" | "),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" | "),
        _ => "any".to_owned(),
    };
    let kind = shown(&kind, 80);
    if required {
        format!("{kind}, required")
    } else {
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::inputs;
    use serde_json::json;

    #[test]
    fn inputs_are_named_with_type_and_meaning() {
        let schema = json!({
            "properties": {
                "id": {"type": "string", "description": "Which order"},
                "status": {"enum": ["open", "paid"]},
                "odd": 7,
            },
            "required": ["id"],
        });
        let read: Vec<_> = inputs(&schema)
            .into_iter()
            .map(|input| format!("{}: {} {}", input.name, input.kind, input.meaning))
            .collect();
        assert_eq!(
            read,
            [
                "id: string, required Which order",
                "odd: any ",
                "status: open | paid "
            ]
        );
        assert!(inputs(&json!("nonsense")).is_empty());
    }
}
