//! `GET /chat/{id}/calls/{call}/{sent|received}`: all of what a block shows the beginning of, as plain text.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use tieline_domain::CallId;

use super::calls::{arguments, content_text, whole};
use super::story::Story;
use super::{caller, known};
use crate::auth::Member;
use crate::problem::Problem;
use crate::state::AppState;

/// The text, with what nobody could see written out.
pub(crate) async fn whole_text(
    State(state): State<AppState>,
    Member(who): Member,
    Path((id, call, part)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let call = CallId::parse(&call).map_err(|_| Problem::not_found())?;
    let transcript = state.agent.transcript(&caller(&who), known(&id)?).await?;
    let block = Story::find(transcript, call).ok_or_else(Problem::not_found)?;
    let text = match part.as_str() {
        "sent" => arguments(&block.arguments),
        // What a failing server said may hold its address, which is for admins only.
        "received" if who.is_admin() || block.outcome.as_deref() != Some("upstream_failure") => {
            content_text(block.content.as_deref().ok_or_else(Problem::not_found)?)
        }
        _ => return Err(Problem::not_found()),
    };
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        whole(&text),
    )
        .into_response())
}
