//! `/api/v1/users`: the people who use Tieline.

mod add;
mod keys;
mod list;
mod object;
mod sign_ins;
mod update;
mod usage;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list::list_users, add::add_user))
        .routes(routes!(update::update_user))
        .routes(routes!(usage::get_user_usage))
        .routes(routes!(keys::list_user_keys))
        .routes(routes!(keys::revoke_user_key))
        .routes(routes!(
            sign_ins::list_sign_ins,
            sign_ins::sign_out_everywhere
        ))
        .routes(routes!(sign_ins::end_sign_in))
}
