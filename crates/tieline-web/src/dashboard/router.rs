//! The addresses of the dashboard.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderMap;

use super::{
    account, activity, chat, connect, events, integrations, invitation, settings, setup, sign_in,
    start, theme, users,
};
use crate::state::AppState;

/// All pages. A page joins with one more line here.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/assets/{hash}/{*path}", get(asset))
        .route("/", get(start::start))
        .route(
            "/signin",
            get(sign_in::page::sign_in_page).post(sign_in::submit::sign_in),
        )
        .route("/signout", post(sign_in::out::sign_out))
        .route(
            "/setup",
            get(setup::page::setup_page).post(setup::submit::set_up),
        )
        .route(
            "/setup/model",
            get(setup::model::model_page).post(setup::model::set_up_model),
        )
        .route("/setup/connector", get(setup::page::connector_page))
        .route(
            "/invitation",
            get(invitation::page::invitation_page).post(invitation::accept::accept_invitation),
        )
        .route("/theme", post(theme::choose_theme))
        .route(
            "/account/password",
            get(account::password::password_page).post(account::password::change_password),
        )
        .route("/account/sign_ins", get(account::sign_ins::sign_ins_page))
        .route(
            "/account/sign_ins/end",
            get(account::sign_ins::sign_ins_page).post(account::sign_ins::end_all),
        )
        .route(
            "/account/sign_ins/{id}/end",
            post(account::sign_ins::end_sign_in),
        )
        .merge(chat_router())
        .route("/connect", get(connect::page::connect_page))
        .route(
            "/connect/keys",
            get(connect::page::connect_page).post(connect::create_key::create_key),
        )
        .route(
            "/connect/keys/{id}/revoke",
            get(connect::revoke_key::revoke_page).post(connect::revoke_key::revoke_key),
        )
        .merge(integrations_router())
        .route("/activity", get(activity::page::activity_page))
        .route("/activity/calls/{id}", get(activity::explain::explain_page))
        .route("/activity/export", get(activity::export::export_activity))
        .route(
            "/users",
            get(users::page::users_page).post(users::invite::invite),
        )
        .merge(users_router())
        .merge(settings_router())
        .merge(models_router())
        .route("/events", get(events::events))
}

fn users_router() -> Router<AppState> {
    use users::{change, invite, keys, person, sign_ins};
    Router::new()
        .route("/users/{id}", get(person::person_page))
        .route(
            "/users/{id}/invite",
            get(person::person_page).post(invite::invite_again),
        )
        .route(
            "/users/{id}/role",
            get(change::role_page).post(change::change_role),
        )
        .route(
            "/users/{id}/suspend",
            get(change::suspend_page).post(change::suspend),
        )
        .route("/users/{id}/restore", post(change::restore))
        .route(
            "/users/{id}/keys/{key}/revoke",
            get(keys::revoke_page).post(keys::revoke_key),
        )
        .route("/users/{id}/sign_ins/end", post(sign_ins::end_all))
        .route(
            "/users/{id}/sign_ins/{sign_in}/end",
            post(sign_ins::end_one),
        )
}

fn chat_router() -> Router<AppState> {
    use chat::{decide, delete, page, rename, send, start, stop, stream, whole};
    Router::new()
        .route("/chat", get(page::chat_page).post(start::start_session))
        .route("/chat/new", get(page::chat_page).post(start::with_draft))
        .route("/chat/{id}", get(page::session_page))
        .route(
            "/chat/{id}/send",
            get(page::session_page).post(send::send_message),
        )
        .route("/chat/{id}/stop", post(stop::stop_turn))
        .route("/chat/{id}/stream", get(stream::stream_session))
        .route(
            "/chat/{id}/rename",
            get(rename::rename_page).post(rename::rename_session),
        )
        .route(
            "/chat/{id}/delete",
            get(delete::delete_page).post(delete::delete_session),
        )
        .route(
            "/chat/{id}/calls/{call}/decision",
            post(decide::decide_call),
        )
        .route("/chat/{id}/calls/{call}/{part}", get(whole::whole_text))
}

fn integrations_router() -> Router<AppState> {
    use integrations::{
        add, bulk, connect_provider, connector, edit, new, page, remove, review, rotate,
        slug_preview, switch_tools, test, test_now, tools, try_tool, turn_off,
    };
    Router::new()
        .route("/integrations", get(page::integrations_page))
        .route(
            "/integrations/new",
            get(new::new_page).post(add::add_connector),
        )
        .route(
            "/integrations/test",
            get(new::new_page).post(test::test_connector),
        )
        .route("/integrations/bulk", get(bulk::bulk_page).post(bulk::bulk))
        .route("/integrations/slug", get(slug_preview::slug_preview))
        .route(
            "/integrations/providers/{slug}",
            get(connect_provider::provider_page).post(connect_provider::connect_provider),
        )
        .route(
            "/integrations/providers/{slug}/test",
            get(connect_provider::provider_page).post(connect_provider::test_provider),
        )
        .route("/integrations/c/{slug}", get(connector::connector_page))
        .route(
            "/integrations/c/{slug}/test",
            get(connector::connector_page).post(test_now::test_now),
        )
        .route(
            "/integrations/c/{slug}/edit",
            get(connector::connector_page).post(edit::edit_connector),
        )
        .route(
            "/integrations/c/{slug}/rotate",
            get(connector::connector_page).post(rotate::rotate_token),
        )
        .route(
            "/integrations/c/{slug}/review",
            get(review::review_page).post(review::decide),
        )
        .route(
            "/integrations/c/{slug}/tools/all",
            get(connector::connector_page).post(switch_tools::switch_all),
        )
        .route(
            "/integrations/c/{slug}/tools/undo",
            get(connector::connector_page).post(switch_tools::undo_switch),
        )
        .route(
            "/integrations/c/{slug}/try",
            get(try_tool::try_page).post(try_tool::try_tool),
        )
        .route("/integrations/c/{slug}/turn_off", post(turn_off::turn_off))
        .route("/integrations/c/{slug}/turn_on", post(turn_off::turn_on))
        .route(
            "/integrations/c/{slug}/tools",
            get(connector::connector_page).post(tools::set_policy),
        )
        .route(
            "/integrations/c/{slug}/remove",
            get(remove::remove_page).post(remove::remove_connector),
        )
}

fn settings_router() -> Router<AppState> {
    use settings::{backup, edit};
    Router::new()
        .route("/settings", get(edit::general_page))
        .route(
            "/settings/general",
            get(edit::general_page).post(edit::save_general),
        )
        .route(
            "/settings/network",
            get(edit::network_page).post(edit::save_network),
        )
        .route(
            "/settings/security",
            get(edit::security_page).post(edit::save_security),
        )
        .route("/settings/data", get(edit::data_page).post(edit::save_data))
        .route(
            "/settings/data/backup",
            get(edit::data_page).post(backup::download_backup),
        )
}

fn models_router() -> Router<AppState> {
    use settings::models::{add, default, edit, page, remove};
    Router::new()
        .route("/settings/models", get(page::models_page))
        .route(
            "/settings/models/new",
            get(add::new_page).post(add::add_model),
        )
        .route(
            "/settings/models/{id}",
            get(edit::edit_page).post(edit::edit_model),
        )
        .route("/settings/models/{id}/default", post(default::make_default))
        .route(
            "/settings/models/{id}/remove",
            get(remove::remove_page).post(remove::remove_model),
        )
}

async fn asset(
    State(state): State<AppState>,
    Path((hash, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    state.assets.serve(&hash, &path, &headers)
}
