//! `/settings/models/new`: the form, and adding what was typed once the model API has answered a test.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::ModelKind;

use super::form::TypedModel;
use super::view::{ModelForm, ModelFormPage};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::{Section, Shell};
use crate::problem::Problem;
use crate::state::AppState;

const HERE: &str = "/settings/models/new";

/// The kind that the form is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KindQuery {
    kind: String,
}

impl KindQuery {
    /// The kind that was asked for; anything else is the first one.
    pub(crate) fn kind(&self) -> ModelKind {
        self.kind.parse().unwrap_or(ModelKind::ALL[0])
    }
}

/// The empty form.
pub(crate) async fn new_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Query(query): Query<KindQuery>,
) -> Result<Response, Problem> {
    let others = state.hub.list_models().await?;
    let shell = asked.shell(&state, &who, Section::Settings).await;
    let form = ModelForm::of_kind(HERE, query.kind(), &others);
    Ok(page(&view(shell, form)))
}

/// Tests and adds, or shows the form again with what was typed.
pub(crate) async fn add_model(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<TypedModel>,
) -> Result<Response, Problem> {
    let Some(not_saved) = typed.add(&state, &admin.actor()).await? else {
        return Ok(go("/settings/models?done=model_added"));
    };
    let others = state.hub.list_models().await?;
    let kind = typed.kind.parse().unwrap_or(ModelKind::ALL[0]);
    let mut form = ModelForm::of_kind(HERE, kind, &others);
    typed.fill(&mut form);
    form.explain(&not_saved);
    let shell = asked.shell(&state, &admin.0, Section::Settings).await;
    Ok(page_about(not_saved.problem(), &view(shell, form)))
}

fn view(shell: Shell, form: ModelForm) -> ModelFormPage {
    ModelFormPage {
        shell,
        title: "Add model API".to_owned(),
        lead: "The built-in agent asks it. It is tested before it is saved.",
        form,
    }
}
