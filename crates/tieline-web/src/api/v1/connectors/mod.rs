//! `/api/v1/connectors`: one file for each operation.

mod add;
mod changes;
mod draft;
mod get;
mod list;
mod object;
mod refresh;
mod remove;
mod test;
mod test_saved;
mod tools;
mod update;
mod usage;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use object::{AddedConnectorObject, ConnectorObject};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_connectors, add::add_connector))
        .routes(routes!(test::test_connector))
        .routes(routes!(
            get::get_connector,
            update::update_connector,
            remove::remove_connector
        ))
        .routes(routes!(test_saved::test_saved_connector))
        .routes(routes!(refresh::refresh_connector))
        .routes(routes!(
            tools::list_connector_tools,
            tools::switch_connector_tools
        ))
        .routes(routes!(usage::get_connector_usage))
        .routes(routes!(tools::update_connector_tool))
        .routes(routes!(changes::list_connector_changes))
        .routes(routes!(changes::approve_tool))
        .routes(routes!(changes::keep_tool_off))
}
