//! `/api/v1/models`: one file for each operation.

mod add;
mod get;
mod list;
mod object;
mod path;
mod remove;
mod test;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_models, add::add_model))
        .routes(routes!(
            get::get_model,
            update::update_model,
            remove::remove_model
        ))
        .routes(routes!(test::test_model))
}
