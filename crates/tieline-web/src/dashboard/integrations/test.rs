//! `POST /integrations/test`: tests what is in the form; nothing is saved.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use tieline_hub::TestConnectorError;

use super::add::test;
use super::draft::{ConnectorForm, apply, cautions, token_field};
use super::stream::stream_test;
use super::tested::Tested;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{page, wants_stream};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// A stream for an open dialog, otherwise the page with the finished test.
pub(crate) async fn test_connector(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    headers: HeaderMap,
    Form(mut form): Form<ConnectorForm>,
) -> Result<Response, Problem> {
    if wants_stream(&headers) {
        return Ok(stream(state, form));
    }
    let offered = form.take_offer();
    let mut view = form.view(asked.shell(&state, &who, Section::Integrations).await);
    if !offered {
        apply(&mut view, test(&state, &form).await?);
    }
    Ok(page(&view))
}

fn stream(state: AppState, form: ConnectorForm) -> Response {
    stream_test(move |steps| async move {
        let people = state.hub.people().await.unwrap_or_default();
        let cautions = cautions(&form.url);
        let tested = match state
            .hub
            .test_draft(&form.draft(), &mut |step| steps.tell(step))
            .await
        {
            Ok(report) => Tested::ran(&report, people, token_field()),
            Err(TestConnectorError::Invalid { fields }) => Tested::refused(&fields, token_field()),
            Err(_) => Tested::refused(&[], token_field()),
        };
        tested.message(cautions)
    })
}
