//! The tools that the suite calls.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities,
    ProgressNotificationParam,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::changes::{Changed, Changes};
use crate::questions::{Brought, form, form_of, open, roots, sampling};
use crate::{Era, Fixture, model};

/// A red pixel.
pub(crate) const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// A WAV file without a sample.
const SOUND: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
/// The suite sees that messages arrive one by one.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(50);

/// Tools without arguments; those with arguments are in `list`.
const PLAIN: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_tool_with_logging",
    "test_logging_tool",
    "test_error_handling",
    "test_tool_with_progress",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_missing_capability",
    "test_streaming_elicitation",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
    "wait_to_be_cancelled",
    "count_cancelled_calls",
    "touch_watched_resource",
];

pub(crate) fn list(changes: &Changes) -> Value {
    let tool = |name: &str, schema: Value| json!({ "name": name, "description": format!("{name} of the conformance suite"), "inputSchema": schema });
    let text = |field: &str| json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
    let mut tools: Vec<_> = PLAIN
        .iter()
        .map(|name| tool(name, json!({ "type": "object", "properties": {} })))
        .collect();
    tools.push(tool("test_sampling", text("prompt")));
    tools.push(tool("test_elicitation", text("message")));
    tools.push(tool("json_schema_2020_12_tool", schema_of_2020_12()));
    tools.push(tool(
        "test_header_tool",
        json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } }),
    ));
    if changes.has_tool() {
        tools.push(tool(
            "tool_that_comes_and_goes",
            json!({ "type": "object" }),
        ));
    }
    tools.into()
}

/// Every keyword that the suite wants to see again.
fn schema_of_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

pub(crate) async fn call(
    fixture: &Fixture,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let blocks = match request.name.as_ref() {
        "test_simple_text" => vec![text("This is a simple text response for testing.")],
        "test_image_content" => vec![picture()],
        "test_audio_content" => {
            vec![json!({ "type": "audio", "data": SOUND, "mimeType": "audio/wav" })]
        }
        "test_embedded_resource" => vec![resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )],
        "test_multiple_content_types" => vec![
            text("Multiple content types test:"),
            picture(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ],
        "test_tool_with_logging" | "test_logging_tool" => {
            log(fixture, &context).await;
            vec![text("Three messages were logged.")]
        }
        "test_tool_with_progress" => {
            report_progress(&context).await;
            vec![text("Three steps were reported.")]
        }
        "test_error_handling" => {
            let result: CallToolResult = model(json!({
                "resultType": "complete",
                "content": [text("This tool intentionally returns an error for testing")],
                "isError": true,
            }));
            return Ok(result.into());
        }
        "test_missing_capability" => {
            if capabilities(&context).sampling.is_none() {
                return Err(ErrorData::missing_required_client_capability(model(
                    json!({ "sampling": {} }),
                )));
            }
            vec![text("The client can sample.")]
        }
        "test_trigger_tool_change" => {
            fixture.changes.change(Changed::Tools);
            vec![text("A tool came or went.")]
        }
        "test_trigger_prompt_change" => {
            fixture.changes.change(Changed::Prompts);
            vec![text("A prompt came or went.")]
        }
        "wait_to_be_cancelled" => {
            report_progress(&context).await;
            context.ct.cancelled().await;
            fixture.changes.note_cancelled();
            vec![text("Nobody reads this.")]
        }
        "count_cancelled_calls" => vec![text(&fixture.changes.cancelled().to_string())],
        "touch_watched_resource" => {
            fixture.changes.change(Changed::Watched);
            vec![text("The watched resource was touched.")]
        }
        "json_schema_2020_12_tool" | "test_header_tool" | "tool_that_comes_and_goes" => {
            vec![text(&json!(request.arguments).to_string())]
        }
        _ => return asking(fixture, &request, &context).await,
    };
    let result: CallToolResult = model(json!({ "resultType": "complete", "content": blocks }));
    Ok(result.into())
}

/// The tools that want to know something before they answer.
async fn asking(
    fixture: &Fixture,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let arguments = json!(request.arguments);
    let brought = Brought {
        responses: request.input_responses.as_ref(),
        state: request.request_state.as_deref(),
    };
    let state = brought.state.map(open).transpose()?;
    let mut next_state = None;
    let questions = match request.name.as_ref() {
        "test_sampling" => {
            json!({ "sample": sampling(arguments["prompt"].as_str().unwrap_or_default()) })
        }
        "test_elicitation" => {
            json!({ "user": form_of(arguments["message"].as_str().unwrap_or_default(), &contact()) })
        }
        "test_elicitation_sep1034_defaults" => {
            json!({ "form": form_of("Please look over the defaults", &defaults()) })
        }
        "test_elicitation_sep1330_enums" => {
            json!({ "form": form_of("Please choose", &choices()) })
        }
        "test_streaming_elicitation" | "test_input_required_result_elicitation" => {
            json!({ "user_name": form("What is your name?", "name", "string") })
        }
        "test_input_required_result_sampling" => {
            json!({ "capital_question": sampling("What is the capital of France?") })
        }
        "test_input_required_result_list_roots" => json!({ "client_roots": roots() }),
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => {
            next_state = Some("state-1");
            json!({ "confirm": form("Please confirm", "ok", "boolean") })
        }
        "test_input_required_result_multiple_inputs" => {
            next_state = Some("state-1");
            json!({
                "user_name": form("What is your name?", "name", "string"),
                "greeting": sampling("Generate a greeting"),
                "client_roots": roots(),
            })
        }
        "test_input_required_result_capabilities" => {
            let can = capabilities(context);
            let mut questions = json!({});
            if can.sampling.is_some() {
                questions["sample"] = sampling("Anything");
            }
            if can.elicitation.is_some() {
                questions["user_name"] = form("What is your name?", "name", "string");
            }
            questions
        }
        "test_input_required_result_multi_round" => {
            if state.is_none() {
                let first =
                    json!({ "step1": form("Step 1: What is your name?", "name", "string") });
                match fixture
                    .ask(context, &brought, first, Some("round-1"))
                    .await?
                {
                    Err(wanted) => return Ok(wanted.into()),
                    Ok(_) if fixture.era == Era::Modern => {
                        return Err(ErrorData::invalid_params("requestState is missing", None));
                    }
                    Ok(_) => {}
                }
            }
            next_state = Some("round-2");
            json!({ "step2": form("Step 2: What is your favorite color?", "color", "string") })
        }
        _ => return Err(ErrorData::invalid_params("there is no such tool", None)),
    };
    let answers = match fixture
        .ask(context, &brought, questions, next_state)
        .await?
    {
        Ok(answers) => answers,
        Err(wanted) => return Ok(wanted.into()),
    };
    let said = if next_state.is_some() {
        "state-ok "
    } else {
        ""
    };
    let result: CallToolResult = model(json!({
        "resultType": "complete",
        "content": [{ "type": "text", "text": format!("{said}answers: {}", json!(answers)) }],
    }));
    Ok(result.into())
}

fn capabilities(context: &RequestContext<RoleServer>) -> ClientCapabilities {
    context.client_capabilities().unwrap_or_default()
}

fn picture() -> Value {
    json!({ "type": "image", "data": PICTURE, "mimeType": "image/png" })
}

fn resource(uri: &str, kind: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": kind, "text": text } })
}

async fn log(fixture: &Fixture, context: &RequestContext<RoleServer>) {
    // A modern client says with each request whether it wants to hear anything.
    let wanted = fixture.era == Era::Legacy || context.meta.log_level().is_some();
    for message in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        if wanted {
            let param = model(json!({ "level": "info", "logger": "fixture", "data": message }));
            let _ = context.peer.notify_logging_message(param).await;
        }
        tokio::time::sleep(BETWEEN_MESSAGES).await;
    }
}

async fn report_progress(context: &RequestContext<RoleServer>) {
    let token = context.meta.get_progress_token();
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = token.clone() {
            let param = ProgressNotificationParam::new(token, progress).with_total(100.0);
            let _ = context.peer.notify_progress(param).await;
        }
        tokio::time::sleep(BETWEEN_MESSAGES).await;
    }
}

fn contact() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "User name", "default": "John Doe" },
            "age": { "type": "integer", "description": "User age", "default": 30 },
            "score": { "type": "number", "description": "User score", "default": 95.5 },
            "status": { "type": "string", "description": "User status", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "description": "Verification status", "default": true },
        },
        "required": [],
    })
}

fn choices() -> Value {
    let options = |words: [&str; 3]| json!(words);
    let titled = |key: &str| {
        json!([
            { "const": format!("{key}1"), "title": "First Option" },
            { "const": format!("{key}2"), "title": "Second Option" },
            { "const": format!("{key}3"), "title": "Third Option" },
        ])
    };
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": options(["option1", "option2", "option3"]) },
            "titledSingle": { "type": "string", "oneOf": titled("value") },
            "legacyEnum": {
                "type": "string",
                "enum": options(["opt1", "opt2", "opt3"]),
                "enumNames": options(["Option One", "Option Two", "Option Three"]),
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options(["option1", "option2", "option3"]) } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled("value") } },
        },
        "required": [],
    })
}
