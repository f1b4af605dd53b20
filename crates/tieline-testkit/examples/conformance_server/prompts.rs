//! The prompts that the suite gets, and what it completes.

use rmcp::model::{CompleteResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::changes::Changes;
use crate::questions::{Brought, form};
use crate::tools::PICTURE;
use crate::{Fixture, model};

pub(crate) fn list(changes: &Changes) -> Value {
    let argument = |name, required| json!({ "name": name, "description": "An argument of the test", "required": required });
    let mut prompts = vec![
        json!({ "name": "test_simple_prompt", "description": "A prompt without arguments" }),
        json!({
            "name": "test_prompt_with_arguments",
            "description": "A prompt that repeats its arguments",
            "arguments": [argument("arg1", true), argument("arg2", true)],
        }),
        json!({
            "name": "test_prompt_with_embedded_resource",
            "description": "A prompt with a resource in it",
            "arguments": [argument("resourceUri", true)],
        }),
        json!({ "name": "test_prompt_with_image", "description": "A prompt with a picture in it" }),
        json!({ "name": "test_input_required_result_prompt", "description": "A prompt that asks the user" }),
    ];
    if changes.has_prompt() {
        prompts.push(json!({ "name": "prompt_that_comes_and_goes", "description": "Sometimes" }));
    }
    prompts.into()
}

pub(crate) async fn get(
    fixture: &Fixture,
    request: GetPromptRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let arguments = json!(request.arguments);
    let argument = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
    let user = |content: Value| json!({ "role": "user", "content": content });
    let text = |text: String| user(json!({ "type": "text", "text": text }));
    let messages = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.".to_owned())],
        "test_prompt_with_arguments" => vec![text(format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1"),
            argument("arg2")
        ))],
        "test_prompt_with_embedded_resource" => vec![
            user(json!({
                "type": "resource",
                "resource": {
                    "uri": argument("resourceUri"),
                    "mimeType": "text/plain",
                    "text": "Embedded resource content for testing.",
                },
            })),
            text("Please process the embedded resource above.".to_owned()),
        ],
        "test_prompt_with_image" => vec![
            user(json!({ "type": "image", "data": PICTURE, "mimeType": "image/png" })),
            text("Please analyze the image above.".to_owned()),
        ],
        "test_input_required_result_prompt" => {
            let brought = Brought {
                responses: request.input_responses.as_ref(),
                state: request.request_state.as_deref(),
            };
            let question = json!({
                "user_context": form("What context should the prompt use?", "context", "string"),
            });
            match fixture.ask(&context, &brought, question, None).await? {
                Err(wanted) => return Ok(wanted.into()),
                Ok(answers) => vec![text(format!(
                    "The context is {}.",
                    answers["user_context"]["content"]["context"]
                ))],
            }
        }
        _ => return Err(ErrorData::invalid_params("there is no such prompt", None)),
    };
    let result: GetPromptResult = model(json!({ "resultType": "complete", "messages": messages }));
    Ok(result.into())
}

pub(crate) fn complete(begun: &str) -> CompleteResult {
    let known = ["paris", "park", "party", "test one", "test two"];
    let values: Vec<_> = known
        .iter()
        .filter(|value| value.starts_with(begun))
        .collect();
    model(json!({
        "resultType": "complete",
        "completion": { "values": values, "total": values.len(), "hasMore": false },
    }))
}
