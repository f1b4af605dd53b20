//! `/integrations/providers/{slug}`: connects a built-in provider; the wiring is that of a custom connector.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Deserialize;
use tieline_domain::{Provider, provider};
use tieline_hub::{AddConnectorError, ConnectProviderError};

use super::add_view::{Foot, TokenField};
use super::provider_view::ConnectProviderPage;
use super::rail_view::Rail;
use super::stream::stream_test;
use super::tested::Tested;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about, wants_stream};
use crate::dashboard::secret::Secret;
use crate::dashboard::shell::{Section, Shell};
use crate::problem::Problem;
use crate::state::AppState;

/// The token, and the button that was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProviderForm {
    token: Secret,
    action: String,
}

/// The empty form.
pub(crate) async fn provider_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let provider = supported(&slug)?;
    Ok(page(&form(
        asked.shell(&state, &who, Section::Integrations).await,
        provider,
    )))
}

/// Connects it. Without scripts the token is tested first.
pub(crate) async fn connect_provider(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(slug): Path<String>,
    Form(typed): Form<ProviderForm>,
) -> Result<Response, Problem> {
    let provider = supported(&slug)?;
    let shell = asked.shell(&state, &admin.0, Section::Integrations).await;
    if !matches!(typed.action.as_str(), "save" | "save_anyway") {
        let tested = test(&state, provider, &typed).await?;
        if !tested.ok {
            return Ok(page(&with_result(form(shell, provider), tested)));
        }
    }
    match state
        .hub
        .connect_provider(&admin.actor(), &slug, &typed.token.0)
        .await
    {
        Ok(added) => Ok(go(&format!(
            "/integrations?done=added&what={}",
            added.connector.slug
        ))),
        Err(
            error @ (ConnectProviderError::Unknown { .. }
            | ConnectProviderError::Add(AddConnectorError::Store(_))),
        ) => Ok(Problem::from(error).into_response()),
        Err(error) => {
            let mut view = form(shell, provider);
            match &error {
                ConnectProviderError::Invalid { field } if field.field == "token" => {
                    view.token.problem.clone_from(&field.detail);
                }
                other => view.general = Some(other.to_string()),
            }
            Ok(page_about(error, &view))
        }
    }
}

/// Tests the token; nothing is saved.
pub(crate) async fn test_provider(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    headers: HeaderMap,
    Path(slug): Path<String>,
    Form(typed): Form<ProviderForm>,
) -> Result<Response, Problem> {
    let provider = supported(&slug)?;
    if wants_stream(&headers) {
        return Ok(stream_test(move |steps| async move {
            let people = state.hub.people().await.unwrap_or_default();
            let result = state
                .hub
                .test_provider(&provider.slug, &typed.token.0, &mut |step| steps.tell(step))
                .await;
            tested(provider, result, people)
                .unwrap_or_else(|_| Tested::refused(&[], token_field(provider)))
                .message(Vec::new())
        }));
    }
    let view = form(
        asked.shell(&state, &who, Section::Integrations).await,
        provider,
    );
    Ok(page(&with_result(
        view,
        test(&state, provider, &typed).await?,
    )))
}

fn supported(slug: &str) -> Result<&'static Provider, Problem> {
    provider(slug)
        .filter(|provider| provider.supported)
        .ok_or_else(Problem::not_found)
}

async fn test(
    state: &AppState,
    provider: &'static Provider,
    typed: &ProviderForm,
) -> Result<Tested, Problem> {
    let people = state.hub.people().await?;
    let result = state
        .hub
        .test_provider(&provider.slug, &typed.token.0, &mut |_| {})
        .await;
    tested(provider, result, people)
}

fn tested(
    provider: &Provider,
    result: Result<tieline_hub::TestReport, ConnectProviderError>,
    people: usize,
) -> Result<Tested, Problem> {
    match result {
        Ok(report) => Ok(Tested::ran(&report, people, token_field(provider))),
        Err(ConnectProviderError::Invalid { field }) => {
            Ok(Tested::refused(&[field], token_field(provider)))
        }
        Err(error) => Err(error.into()),
    }
}

fn with_result(mut view: ConnectProviderPage, tested: Tested) -> ConnectProviderPage {
    view.token = tested.token;
    view.rail = tested.rail;
    view.foot = tested.foot;
    view.general = Some(tested.url_problem).filter(|problem| !problem.is_empty());
    view
}

fn token_field(provider: &Provider) -> TokenField {
    let mut word = provider.token_word.clone();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let starts = match provider.token_prefixes.as_slice() {
        [] => String::new(),
        prefixes => format!(" It starts with {}.", prefixes.join(" or ")),
    };
    TokenField {
        label: word,
        help: format!("Stored encrypted, never shown again.{starts}"),
        ..TokenField::default()
    }
}

fn form(shell: Shell, provider: &Provider) -> ConnectProviderPage {
    ConnectProviderPage {
        lead: format!(
            "{}, for every agent in {} from the next session on.",
            provider.summary,
            shell.org_in_sentence()
        ),
        shell,
        name: provider.name.clone(),
        slug: provider.slug.clone(),
        url: provider.url.clone(),
        recipe: provider.recipe.clone(),
        open_url: provider.open_url.clone(),
        open_label: provider.open_label.clone(),
        general: None,
        token: token_field(provider),
        header: None,
        rail: Rail::untested(),
        foot: Foot::default(),
    }
}
