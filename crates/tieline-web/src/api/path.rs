//! The parts of a path, parsed. A part that cannot be a name or an id names nothing, so the answer is 404.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;
use tieline_domain::Slug;

use crate::problem::Problem;
use crate::state::AppState;

/// The parts of the path as they were written.
#[derive(Debug)]
pub(super) struct ApiPath<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let parsed = Path::<T>::from_request_parts(parts, state).await;
        parsed
            .map(|Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// The `{slug}` of a path.
#[derive(Debug)]
pub(super) struct SlugPath(pub(super) Slug);

impl FromRequestParts<AppState> for SlugPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let ApiPath(text) = ApiPath::<String>::from_request_parts(parts, state).await?;
        Slug::parse(&text)
            .map(Self)
            .map_err(|_| Problem::not_found())
    }
}
