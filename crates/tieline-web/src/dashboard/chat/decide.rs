//! `POST /chat/{id}/calls/{call}/decision`: approves or refuses a call that waits.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use tieline_agent::Decision;
use tieline_domain::CallId;

use super::{caller, done, known};
use crate::auth::Member;
use crate::dashboard::form::Form;
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct DecisionForm {
    decision: Decision,
}

/// Decides.
pub(crate) async fn decide_call(
    State(state): State<AppState>,
    Member(who): Member,
    Path((id, call)): Path<(String, String)>,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let call = CallId::parse(&call).map_err(|_| Problem::not_found())?;
    state
        .agent
        .decide(&caller(&who), id, call, form.decision)
        .await?;
    Ok(done(&headers, id))
}
