//! `GET /chat`: says honestly what works until there is a model provider.

use axum::extract::State;
use axum::response::Response;

use super::view::ChatPage;
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::dashboard::words::{any_of, counted};
use crate::state::AppState;

/// The page.
pub(crate) async fn chat_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
) -> Response {
    let tools = counted(
        state.hub.catalog().tool_count() as u64,
        "connected tool",
        "connected tools",
    );
    let today =
        format!("Claude Code, Cursor, VS Code and other clients can use the {tools} today.");
    let text = if who.is_admin() {
        format!("The built-in agent comes with a later release. {today}")
    } else {
        let admins = state.hub.admin_names().await.unwrap_or_default();
        format!("Ask {}. {today}", any_of(&admins))
    };
    page(&ChatPage {
        shell: asked.shell(&state, &who, Section::Chat).await,
        text,
    })
}
