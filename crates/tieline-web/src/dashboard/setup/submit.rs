//! `POST /setup`: makes the first admin and signs them in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;
use tieline_hub::{SetupError, SetupRequest};

use super::page::step;
use super::view::{AccountForm, At};
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::page_about;
use crate::dashboard::parts::Field;
use crate::dashboard::secret::Secret;
use crate::dashboard::sign_in::submit::{signed_in, user_agent};
use crate::problem::Problem;
use crate::state::AppState;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct SetupForm {
    #[serde(default)]
    code: Secret,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: Secret,
}

/// Makes the account, or shows the form again with what was typed, except the password.
pub(crate) async fn set_up(
    State(state): State<AppState>,
    asked: Asked,
    headers: HeaderMap,
    Form(typed): Form<SetupForm>,
) -> Result<Response, Problem> {
    let request = SetupRequest {
        code: typed.code.0.clone(),
        name: typed.name.clone(),
        email: typed.email.clone(),
        password: typed.password.0.clone(),
    };
    match state.hub.set_up(request).await {
        Ok(user) => {
            let started = state.hub.start_sign_in(user, user_agent(&headers)).await?;
            Ok(signed_in(&state, &started, "/setup/model"))
        }
        Err(error @ (SetupError::Done | SetupError::Store(_))) => {
            Ok(Problem::from(error).into_response())
        }
        Err(error) => {
            let form = with_problems(&typed, &error);
            Ok(page_about(error, &step(asked, At::Account, "", Some(form))))
        }
    }
}

fn with_problems(typed: &SetupForm, error: &SetupError) -> AccountForm {
    let mut form = AccountForm {
        code: Field::required(typed.code.0.as_str()),
        name: Field::required(typed.name.as_str()),
        email: Field::required(typed.email.as_str()),
        password: Field::required("").help("At least 12 characters. Type it again."),
    };
    match error {
        SetupError::Invalid { fields } => {
            for field in fields {
                let place = match field.field {
                    "name" => &mut form.name,
                    "email" => &mut form.email,
                    _ => &mut form.password,
                };
                place.problem.clone_from(&field.detail);
            }
        }
        SetupError::Password => form.password.problem = error.to_string(),
        _ => form.code.problem = error.to_string(),
    }
    form
}
