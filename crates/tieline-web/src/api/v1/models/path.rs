//! The `{id}` of a path. One that cannot be an id names nothing, so the answer is 404.

use axum::extract::FromRequestParts;
use http::request::Parts;
use tieline_domain::ModelId;

use crate::api::path::ApiPath;
use crate::problem::Problem;
use crate::state::AppState;

/// The id.
#[derive(Debug)]
pub(super) struct ModelPath(pub(super) ModelId);

impl FromRequestParts<AppState> for ModelPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let ApiPath(text) = ApiPath::<String>::from_request_parts(parts, state).await?;
        ModelId::parse(&text)
            .map(Self)
            .map_err(|_| Problem::not_found())
    }
}
