//! Reads a form. What cannot be read is a problem like any other, and is shown as a page.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::state::AppState;

/// A submitted form. Fields that nobody asked for are ignored, as browsers' extensions add some.
#[derive(Debug, Clone)]
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        // The rejection's own text may quote the body, which may hold a secret; so it is not repeated.
        let form = axum::Form::<T>::from_request(request, state).await;
        form.map(|axum::Form(form)| Self(form))
            .map_err(|_| Problem::broken_body())
    }
}
