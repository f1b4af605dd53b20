//! Sends a message. The turn that answers it goes on whether anybody listens or not.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use tieline_agent::Sent;
use tieline_domain::TurnId;
use utoipa::ToSchema;

use super::stream::{Standing, answer};
use super::{caller, known};
use crate::api::body::Fields;
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A message.
#[derive(ToSchema)]
#[schema(as = NewMessage)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct NewMessage {
    text: String,
}

/// A message that is stored and will be answered.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedMessage)]
struct AcceptedObject {
    /// The turn that answers it.
    #[schema(value_type = String, format = "uuid")]
    turn: TurnId,
    /// Its events come after this one.
    after: u64,
    /// Whether it waits for the turn before it.
    queued: bool,
}

impl From<Sent> for AcceptedObject {
    fn from(sent: Sent) -> Self {
        Self {
            turn: sent.turn,
            after: sent.after,
            queued: sent.queued,
        }
    }
}

/// Sends a message
///
/// Answers with the events of the turn as they happen: `turn.started`, `text.delta`, `tool.started`, `tool.finished`,
/// `turn.finished`, `turn.failed` and others, each with an increasing id. With `Accept: application/json` it answers at
/// once, and `GET …/events` follows the turn.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/messages", tag = "Sessions", request_body = NewMessage,
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "The events of the turn, until it is over.", body = String, content_type = "text/event-stream"),
        (status = 202, description = "Stored; the turn runs or waits.", body = AcceptedObject),
        (status = 409, description = "There is no model API (`model_not_configured`), or its key cannot be read (`model_unreadable`).",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many messages wait in this session (`queue_full`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn send_message(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let (id, caller) = (known(&id)?, caller(&person));
    let text = fields.text("text", "text_type");
    fields.finish()?;
    let sent = state.agent.send(&caller, id, text).await?;
    if wants_json(&headers) {
        return Ok((StatusCode::ACCEPTED, Json(AcceptedObject::from(sent))).into_response());
    }
    let events = state.agent.events_of(&sent);
    Ok(answer(Standing::of(state, &headers), events))
}

/// Whether a program wants to go on at once. A stream is the answer that was promised otherwise.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/event-stream")
}
