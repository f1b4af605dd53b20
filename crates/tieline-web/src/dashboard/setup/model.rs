//! `/setup/model`: the second step. The model API is tested and added, or left for later.

use axum::extract::{Query, State};
use axum::response::Response;
use tieline_domain::ModelKind;
use tieline_hub::ModelView;

use super::page::step;
use super::view::{At, ModelStep, SetupPage};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::settings::models::add::KindQuery;
use crate::dashboard::settings::models::form::TypedModel;
use crate::dashboard::settings::models::view::ModelForm;
use crate::problem::Problem;
use crate::state::AppState;

const HERE: &str = "/setup/model";

/// The form, or what is set up already.
pub(crate) async fn model_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Query(query): Query<KindQuery>,
) -> Result<Response, Problem> {
    let models = state.hub.list_models().await?;
    let shown = match models.iter().find(|model| model.is_default) {
        Some(model) => ModelStep::Ready(ready(model)),
        None => ModelStep::Form(Box::new(ModelForm::of_kind(HERE, query.kind(), &models))),
    };
    Ok(page(&view(asked, &who.email, shown)))
}

/// Tests and adds, or goes on without.
pub(crate) async fn set_up_model(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Form(typed): Form<TypedModel>,
) -> Result<Response, Problem> {
    if typed.action == "skip" {
        return Ok(go("/setup/connector"));
    }
    let Some(not_saved) = typed.add(&state, &admin.actor()).await? else {
        return Ok(go("/setup/connector"));
    };
    let kind = typed.kind.parse().unwrap_or(ModelKind::ALL[0]);
    let mut form = ModelForm::of_kind(HERE, kind, &[]);
    typed.fill(&mut form);
    form.explain(&not_saved);
    let view = view(asked, &admin.0.email, ModelStep::Form(Box::new(form)));
    Ok(page_about(not_saved.problem(), &view))
}

fn view(asked: Asked, email: &str, shown: ModelStep) -> SetupPage {
    let mut view = step(asked, At::Model, email, None);
    view.model = Some(shown);
    view
}

fn ready(model: &ModelView) -> String {
    format!(
        "{} is set up: the agent asks {}. Change it in Settings, Models.",
        model.name, model.model
    )
}
