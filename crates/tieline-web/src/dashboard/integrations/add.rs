//! `POST /integrations/new`: an admin clicks Add.
//!
//! With scripts the test has run already and `action` is `save` or `save_anyway`. Without them `add` tests first:
//! what passes is saved at once, what fails is shown with Save anyway.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use tieline_hub::AddConnectorError;

use super::draft::{ConnectorForm, apply, explain, token_field};
use super::tested::Tested;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::{Section, Shell};
use crate::problem::Problem;
use crate::state::AppState;

/// Adds the connector, or shows the form again with what was typed, except the token.
pub(crate) async fn add_connector(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(mut form): Form<ConnectorForm>,
) -> Result<Response, Problem> {
    let shell = asked.shell(&state, &admin.0, Section::Integrations).await;
    if form.take_offer() {
        return Ok(page(&form.view(shell)));
    }
    if !matches!(form.action.as_str(), "save" | "save_anyway") {
        if let Err(error) = check(&state, &form).await {
            return Ok(show_again(&state, shell, &form, error).await);
        }
        let tested = test(&state, &form).await?;
        if !tested.ok {
            let mut view = form.view(shell);
            apply(&mut view, tested);
            return Ok(page(&view));
        }
    }
    match state.hub.add_connector(&admin.actor(), &form.draft()).await {
        Ok(added) => Ok(go(&format!(
            "/integrations?done=added&what={}",
            added.connector.slug
        ))),
        Err(error) => Ok(show_again(&state, shell, &form, error).await),
    }
}

/// What can be said without asking the server: fields and key.
async fn check(state: &AppState, form: &ConnectorForm) -> Result<(), AddConnectorError> {
    let new = form
        .draft()
        .parse()
        .map_err(|fields| AddConnectorError::Invalid { fields })?;
    state.hub.preview_slug(&new.name).await.map(|_| ())
}

/// Runs the test to its end.
pub(super) async fn test(state: &AppState, form: &ConnectorForm) -> Result<Tested, Problem> {
    use tieline_hub::TestConnectorError;
    let people = state.hub.people().await?;
    match state.hub.test_draft(&form.draft(), &mut |_| {}).await {
        Ok(report) => Ok(Tested::ran(&report, people, token_field())),
        Err(TestConnectorError::Invalid { fields }) => Ok(Tested::refused(&fields, token_field())),
        Err(error) => Err(error.into()),
    }
}

async fn show_again(
    state: &AppState,
    shell: Shell,
    form: &ConnectorForm,
    error: AddConnectorError,
) -> Response {
    if matches!(error, AddConnectorError::Store(_)) {
        return Problem::from(error).into_response();
    }
    let mut view = form.view(shell);
    explain(state, &mut view, &error).await;
    page_about(error, &view)
}
