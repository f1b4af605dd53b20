//! `GET /settings/models`: the list.

use axum::extract::State;
use axum::response::Response;
use tieline_domain::ModelId;
use tieline_hub::ModelView;

use super::view::{ModelLine, ModelsPage};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::page;
use crate::dashboard::settings::view::Tab;
use crate::dashboard::shell::Section;
use crate::dashboard::words::shown;
use crate::problem::Problem;
use crate::state::AppState;

/// The page.
pub(crate) async fn models_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
) -> Result<Response, Problem> {
    let models = state.hub.list_models().await?;
    Ok(page(&ModelsPage {
        shell: asked.shell(&state, &who, Section::Settings).await,
        tabs: Tab::all("/settings/models"),
        models: models.into_iter().map(line).collect(),
    }))
}

fn line(model: ModelView) -> ModelLine {
    ModelLine {
        id: model.id.to_string(),
        key: key_words(&model),
        name: model.name,
        kind: model.kind.title(),
        model: shown(&model.model, 200),
        base_url: model.base_url,
        fallback: model.fallback_name.unwrap_or_default(),
        is_default: model.is_default,
    }
}

/// What may be said about the stored key.
pub(super) fn key_words(model: &ModelView) -> String {
    match (&model.key_hint, model.key_set) {
        (Some(tail), true) => format!("Key ends in {tail}"),
        (None, true) => "Key stored".to_owned(),
        (_, false) => "No key".to_owned(),
    }
}

/// The id in an address, or 404.
pub(super) fn known(id: &str) -> Result<ModelId, Problem> {
    ModelId::parse(id).map_err(|_| Problem::not_found())
}
