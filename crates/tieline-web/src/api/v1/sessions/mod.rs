//! `/api/v1/sessions`: a person's own conversations with the built-in agent. Somebody else's are not found.

mod create;
mod decide;
mod delete;
mod events;
mod get;
mod list;
mod messages;
mod object;
mod stop;
mod stream;
mod tools;
mod update;

use tieline_domain::SessionId;
use tieline_hub::Caller;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Person;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_sessions, create::create_session))
        .routes(routes!(
            get::get_session,
            update::update_session,
            delete::delete_session
        ))
        .routes(routes!(tools::list_session_tools))
        .routes(routes!(messages::send_message))
        .routes(routes!(events::follow_session))
        .routes(routes!(stop::stop_turn))
        .routes(routes!(decide::decide_call))
}

/// Who asks, as the agent knows them.
fn caller(person: &Person) -> Caller {
    Caller {
        user: person.user,
        user_name: person.name.clone(),
        role: person.role,
        key: person.key,
    }
}

/// The `{id}` of a path. What is no id names no session.
fn known(id: &str) -> Result<SessionId, Problem> {
    SessionId::parse(id).map_err(|_| Problem::not_found())
}
