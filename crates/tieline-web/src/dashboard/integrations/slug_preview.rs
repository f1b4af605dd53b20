//! `GET /integrations/slug?name=…`: the line under the name while somebody types.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::ConnectorName;

use super::add_view::{NameNote, NameProblem};
use super::draft::name_problem;
use crate::auth::Admin;
use crate::dashboard::page::page;
use crate::state::AppState;

/// What is typed so far.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SlugQuery {
    #[serde(default)]
    name: String,
}

/// The key that the name gives, or why it cannot be used.
pub(crate) async fn slug_preview(
    State(state): State<AppState>,
    _admin: Admin,
    Query(query): Query<SlugQuery>,
) -> Response {
    let mut note = NameNote {
        slug_preview: String::new(),
        name_problem: None,
    };
    if query.name.trim().is_empty() {
        return page(&note);
    }
    match ConnectorName::parse(&query.name) {
        Err(error) => {
            note.name_problem = Some(NameProblem {
                text: error.to_string(),
                ..NameProblem::default()
            });
        }
        Ok(name) => match state.hub.preview_slug(&name).await {
            Ok(slug) => note.slug_preview = slug.to_string(),
            Err(error) => note.name_problem = Some(name_problem(&state, &query.name, &error).await),
        },
    }
    page(&note)
}
