//! `GET /integrations/new`

use axum::extract::State;
use axum::response::Response;

use super::add_view::AddConnectorPage;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::state::AppState;

/// The empty form.
pub(crate) async fn new_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Response {
    page(&AddConnectorPage::empty(
        asked.shell(&state, &who, Section::Integrations).await,
    ))
}
