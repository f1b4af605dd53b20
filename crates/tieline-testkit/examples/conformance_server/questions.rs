//! What a tool asks the user or the client: as requests on the call's stream in the legacy era, as a result that wants
//! input in the modern one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures_util::future::try_join_all;
use rmcp::model::{InputRequiredResult, InputResponses};
use rmcp::service::{RequestContext, ServiceError};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Era, Fixture, model};

/// The answers by their key, or what must be returned to get them.
pub(crate) type Asked = Result<BTreeMap<String, Value>, InputRequiredResult>;

/// What a client brought along with a request of the modern era.
pub(crate) struct Brought<'a> {
    pub(crate) responses: Option<&'a InputResponses>,
    pub(crate) state: Option<&'a str>,
}

/// A question for a form of one field.
pub(crate) fn form(message: &str, field: &str, kind: &str) -> Value {
    form_of(
        message,
        &json!({
            "type": "object",
            "properties": { field: { "type": kind } },
            "required": [field],
        }),
    )
}

/// A question for a form.
pub(crate) fn form_of(message: &str, schema: &Value) -> Value {
    json!({
        "method": "elicitation/create",
        "params": { "mode": "form", "message": message, "requestedSchema": schema },
    })
}

/// A question for the client's model.
pub(crate) fn sampling(text: &str) -> Value {
    json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{ "role": "user", "content": { "type": "text", "text": text } }],
            "maxTokens": 100,
        },
    })
}

/// A question for the client's folders.
pub(crate) fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

impl Fixture {
    /// Asks everything in `questions`, an object of requests by key.
    pub(crate) async fn ask(
        &self,
        context: &RequestContext<RoleServer>,
        brought: &Brought<'_>,
        questions: Value,
        state: Option<&str>,
    ) -> Result<Asked, ErrorData> {
        match self.era {
            Era::Legacy => Ok(Ok(ask_now(context, questions).await?)),
            Era::Modern => Ok(answers(brought, &questions)
                .ok_or_else(|| InputRequiredResult::new(Some(model(questions)), state.map(seal)))),
        }
    }
}

/// The answers when all are there and each is at least an object.
fn answers(brought: &Brought<'_>, questions: &Value) -> Option<BTreeMap<String, Value>> {
    let responses = brought.responses?;
    let wanted = questions.as_object()?.keys();
    wanted
        .map(|key| {
            let answer = responses.get(key).filter(|answer| answer.is_object())?;
            Some((key.clone(), answer.clone()))
        })
        .collect()
}

/// Asks everything at once, as a server of the older revisions may: a gateway can put it together for its client.
async fn ask_now(
    context: &RequestContext<RoleServer>,
    questions: Value,
) -> Result<BTreeMap<String, Value>, ErrorData> {
    let questions = questions.as_object().cloned().unwrap_or_default();
    let asked = questions.into_iter().map(async |(key, question)| {
        let answer = ask_one(context, question).await.map_err(refused)?;
        Ok((key, answer))
    });
    let answers = try_join_all(asked).await?;
    Ok(answers.into_iter().collect())
}

async fn ask_one(
    context: &RequestContext<RoleServer>,
    mut question: Value,
) -> Result<Value, ServiceError> {
    let params = question["params"].take();
    let answer = match question["method"].as_str() {
        Some("elicitation/create") => {
            serde_json::to_value(context.peer.create_elicitation(model(params)).await?)
        }
        Some("sampling/createMessage") => {
            serde_json::to_value(context.peer.create_message(model(params)).await?)
        }
        _ => serde_json::to_value(context.peer.list_roots().await?),
    };
    Ok(answer.expect("an answer that serialises"))
}

fn refused(error: ServiceError) -> ErrorData {
    match error {
        ServiceError::McpError(error) => error,
        other => ErrorData::internal_error(other.to_string(), None),
    }
}

/// A state that nobody else can make or change.
fn seal(state: &str) -> String {
    format!("{state}.{}", tag(state))
}

/// What `seal` was given; an error when somebody changed it.
pub(crate) fn open(sealed: &str) -> Result<&str, ErrorData> {
    let broken = || ErrorData::invalid_params("requestState fails its integrity check", None);
    let (state, given) = sealed.rsplit_once('.').ok_or_else(broken)?;
    if given == tag(state) {
        Ok(state)
    } else {
        Err(broken())
    }
}

fn tag(state: &str) -> String {
    // Nothing depends on the secrecy of a fixture's state.
    let digest = Sha256::digest(format!("tieline-conformance-fixture/{state}/tag"));
    let mut text = String::new();
    for byte in digest {
        write!(text, "{byte:02x}").expect("writing to a text does not fail");
    }
    text
}
