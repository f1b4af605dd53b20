//! `GET /chat` and `GET /chat/{id}`.

use axum::extract::{Path, State};
use axum::response::Response;
use tieline_agent::SessionView;
use tieline_hub::{ModelView, SignedIn};

use super::story::Story;
use super::view::{ChatPage, Composer, NotSetUpPage, OpenSession, Talk};
use super::{address, caller, known, list, panel};
use crate::auth::Member;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::page;
use crate::dashboard::shell::Section;
use crate::dashboard::words::{any_of, counted, shown};
use crate::problem::Problem;
use crate::state::AppState;

/// A new session: it begins with the first message.
pub(crate) async fn chat_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
) -> Result<Response, Problem> {
    match new_session(&state, asked, &who, Draft::default()).await? {
        Page::Chat(view) => Ok(page(&*view)),
        Page::NotSetUp(view) => Ok(page(&*view)),
    }
}

/// An open session. Somebody else's is not found.
pub(crate) async fn session_page(
    State(state): State<AppState>,
    asked: Asked,
    Member(who): Member,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = open_session(&state, asked, &who, known(&id)?, Draft::default()).await?;
    Ok(page(&view))
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) problem: String,
}

/// What `/chat` shows.
pub(super) enum Page {
    Chat(Box<ChatPage>),
    NotSetUp(Box<NotSetUpPage>),
}

/// The page of a new session, or whom to ask while there is no model API.
pub(super) async fn new_session(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    draft: Draft,
) -> Result<Page, Problem> {
    let models = state.hub.list_models().await?;
    let shell = asked.shell(state, who, Section::Chat).await;
    if models.is_empty() {
        let (text, meanwhile) = not_set_up(state, who).await;
        return Ok(Page::NotSetUp(Box::new(NotSetUpPage {
            shell,
            text,
            meanwhile,
        })));
    }
    let connectors = panel::connectors(state).await;
    let sessions = state.agent.sessions(&caller(who)).await?;
    Ok(Page::Chat(Box::new(ChatPage {
        groups: list::groups(sessions, None, state.hub.clock().now()),
        open: None,
        talk: Talk::default(),
        notes: Vec::new(),
        composer: Composer {
            action: "/chat".to_owned(),
            stop: String::new(),
            draft: draft.text,
            placeholder: "Ask for something",
            problem: draft.problem,
            models: choices(&models),
        },
        panel: panel::of_now(state, &connectors),
        shell,
    })))
}

/// Whom to ask, and what works already.
async fn not_set_up(state: &AppState, who: &SignedIn) -> (String, String) {
    let tools = state.hub.catalog().tool_count() as u64;
    let meanwhile = match tools {
        0 => String::new(),
        tools => format!(
            "Claude Code, Cursor, VS Code and other clients can use the {} today.",
            counted(tools, "connected tool", "connected tools")
        ),
    };
    if who.is_admin() {
        return ("Give it a model API first.".to_owned(), meanwhile);
    }
    let admins = state.hub.admin_names().await.unwrap_or_default();
    (format!("Ask {}.", any_of(&admins)), meanwhile)
}

/// The names to choose from, the default first.
fn choices(models: &[ModelView]) -> Vec<String> {
    let mut names: Vec<&ModelView> = models.iter().collect();
    names.sort_by_key(|model| !model.is_default);
    names.into_iter().map(|model| model.name.clone()).collect()
}

/// The page of a session.
pub(super) async fn open_session(
    state: &AppState,
    asked: Asked,
    who: &SignedIn,
    id: tieline_domain::SessionId,
    draft: Draft,
) -> Result<ChatPage, Problem> {
    let caller = caller(who);
    let now = state.hub.clock().now();
    let session = state.agent.session(&caller, id).await?;
    let transcript = state.agent.transcript(&caller, id).await?;
    let sessions = state.agent.sessions(&caller).await?;
    let connectors = panel::connectors(state).await;
    let model = model_of(state, &session).await?;
    let story = Story::new(transcript, address(id), who.is_admin(), model.clone());
    Ok(ChatPage {
        shell: asked.shell(state, who, Section::Chat).await,
        groups: list::groups(sessions, Some(id), now),
        open: Some(OpenSession {
            href: address(id),
            title: list::title(&session.title),
            model,
        }),
        notes: panel::notes(&session, story.latest_turn() == 0),
        talk: story.talk(now),
        composer: Composer {
            action: format!("{}/send", address(id)),
            stop: format!("{}/stop", address(id)),
            draft: draft.text,
            placeholder: "Ask for something",
            problem: draft.problem,
            models: Vec::new(),
        },
        panel: panel::of_session(&session, &connectors, now),
    })
}

/// The model that answers in a session: the one behind the chosen name, or the default.
pub(super) async fn model_of(state: &AppState, session: &SessionView) -> Result<String, Problem> {
    let models = state.hub.list_models().await?;
    let chosen = session.model.as_deref();
    let found = models.iter().find(|model| match chosen {
        Some(name) => model.name.eq_ignore_ascii_case(name),
        None => model.is_default,
    });
    let name = found
        .map(|model| model.model.as_str())
        .or(chosen)
        .unwrap_or("no model");
    Ok(shown(name, 60))
}
