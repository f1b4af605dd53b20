//! Decides about a call that waits for its person.

use axum::extract::State;
use http::StatusCode;
use tieline_agent::Decision;
use tieline_domain::CallId;
use utoipa::ToSchema;

use super::{caller, known};
use crate::api::body::Fields;
use crate::api::path::ApiPath;
use crate::auth::ApiMember;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;

/// A decision.
#[derive(ToSchema)]
#[schema(as = CallDecision)]
#[expect(
    dead_code,
    reason = "describes the body, which the handler takes apart"
)]
pub(super) struct DecisionBody {
    /// `approve` or `refuse`.
    decision: String,
}

/// Approves or refuses a call that waits
#[utoipa::path(post, path = "/api/v1/sessions/{id}/calls/{call_id}/decision", tag = "Sessions", request_body = DecisionBody,
    params(
        ("id" = String, Path, description = "The session's id."),
        ("call_id" = String, Path, description = "The call's id, from the event `tool.approval`."),
    ),
    responses(
        (status = 204, description = "Decided."),
        (status = 409, description = "The call does not wait any more (`call_not_waiting`).",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn decide_call(
    ApiMember(person): ApiMember,
    State(state): State<AppState>,
    ApiPath((id, call)): ApiPath<(String, String)>,
    mut fields: Fields,
) -> Result<StatusCode, Problem> {
    let id = known(&id)?;
    let call = CallId::parse(&call).map_err(|_| Problem::not_found())?;
    let decision = match fields.text("decision", "decision_type").as_str() {
        "approve" => Decision::Approve,
        "refuse" => Decision::Refuse,
        _ => {
            let detail = "This has to be approve or refuse.".to_owned();
            fields.refuse("decision", "decision_unknown", detail);
            Decision::Refuse
        }
    };
    fields.finish()?;
    state
        .agent
        .decide(&caller(&person), id, call, decision)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
