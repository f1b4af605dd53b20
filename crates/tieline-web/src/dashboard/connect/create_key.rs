//! `POST /connect/keys`: makes a key and shows it, this once.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tieline_hub::CreateKeyError;

use super::page::view;
use super::view::FreshKey;
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{page, page_about};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KeyForm {
    name: String,
    days: String,
}

/// The answer is the page itself: after a redirect the key could not be shown any more.
pub(crate) async fn create_key(
    State(state): State<AppState>,
    asked: Asked,
    member: Member,
    Form(form): Form<KeyForm>,
) -> Result<Response, Problem> {
    let days = Some(form.days.parse().unwrap_or(90));
    match state
        .hub
        .create_key(&member.actor(), member.0.user, &form.name, days)
        .await
    {
        Ok(created) => {
            let fresh = FreshKey {
                text: created.key.expose().to_owned(),
            };
            Ok(page(&view(&state, asked, &member, "", Some(fresh)).await?))
        }
        Err(error @ CreateKeyError::Store(_)) => Ok(Problem::from(error).into_response()),
        Err(CreateKeyError::Invalid { fields }) => {
            let mut view = view(&state, asked, &member, "", None).await?;
            view.key_name.value.clone_from(&form.name);
            view.key_name.problem = if form.name.trim().is_empty() {
                "Give the key a name, such as the device it is for.".to_owned()
            } else {
                fields
                    .iter()
                    .map(|field| field.detail.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            Ok(page_about(CreateKeyError::Invalid { fields }, &view))
        }
    }
}
