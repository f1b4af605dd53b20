//! `/settings/models/{id}`: the form of one model API. What changes how it is reached is tested before it is saved.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use tieline_domain::{FieldError, ModelId};
use tieline_hub::{AuditFilter, AuditRow, EditModelError, ModelView, UpdateModel};
use zeroize::Zeroizing;

use super::form::{NotSaved, TypedModel};
use super::page::known;
use super::view::{Failed, ModelForm, ModelFormPage};
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::first::who_was_first;
use crate::dashboard::form::Form;
use crate::dashboard::page::{go, page, page_about};
use crate::dashboard::shell::{Section, Shell};
use crate::problem::Problem;
use crate::state::AppState;

/// The page.
pub(crate) async fn edit_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (model, all) = found(&state, known(&id)?).await?;
    let shell = asked.shell(&state, &who, Section::Settings).await;
    let form = ModelForm::of(&model, &all);
    Ok(page(&view(shell, &model, form)))
}

/// Tests, saves, or shows the form again with what was typed.
pub(crate) async fn edit_model(
    State(state): State<AppState>,
    asked: Asked,
    admin: Admin,
    Path(id): Path<String>,
    Form(typed): Form<TypedModel>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let (model, all) = found(&state, id).await?;
    let error = match save(&state, &admin, &model, &typed).await {
        Ok(None) => return Ok(go("/settings/models?done=model_saved")),
        Ok(Some(Found::Passed)) => None,
        Ok(Some(Found::NotSaved(not_saved))) => Some(not_saved),
        Err(EditModelError::Stale) => return stale(&state, asked, &admin, id, &typed).await,
        Err(EditModelError::Invalid { fields }) => Some(NotSaved::Fields(fields)),
        Err(error @ EditModelError::KeyRequiredForNewOrigin { .. }) => {
            let code = "key_required_for_new_origin";
            let field = FieldError::new("key", code, &error);
            Some(NotSaved::Fields(vec![field]))
        }
        Err(EditModelError::Store(error)) => return Ok(Problem::from(error).into_response()),
    };
    let mut form = ModelForm::of(&model, &all);
    typed.fill(&mut form);
    let shell = asked.shell(&state, &admin.0, Section::Settings).await;
    let Some(not_saved) = error else {
        form.passed = Some("It answered: address, key and model are right.".to_owned());
        return Ok(page(&view(shell, &model, form)));
    };
    form.explain(&not_saved);
    if let Some(failed) = &mut form.failed
        && typed.action == "test"
    {
        failed.title = "The test failed.";
        failed.anyway = false;
    }
    Ok(page_about(not_saved.problem(), &view(shell, &model, form)))
}

/// What came of it, when it was not saved.
enum Found {
    Passed,
    NotSaved(NotSaved),
}

async fn save(
    state: &AppState,
    admin: &Admin,
    model: &ModelView,
    typed: &TypedModel,
) -> Result<Option<Found>, EditModelError> {
    let actor = admin.actor();
    if typed.action == "remove_key" {
        let without = UpdateModel {
            key: Some(Zeroizing::default()),
            ..UpdateModel::default()
        };
        state.hub.update_model(&actor, model.id, without).await?;
        return Ok(None);
    }
    let update = match update_of(typed) {
        Ok(update) => update,
        Err(field) => return Ok(Some(Found::NotSaved(NotSaved::Fields(vec![field])))),
    };
    let only_test = typed.action == "test";
    if only_test || (!typed.anyway() && reaches_elsewhere(model, typed)) {
        let candidate = state.hub.updated_model_to_test(model.id, &update).await?;
        let failed = match candidate {
            None => Some("The stored key cannot be read. Enter it again.".to_owned()),
            Some(candidate) => {
                let checked = state.models.check(&candidate).await;
                checked.err().map(|error| error.to_string())
            }
        };
        match failed {
            Some(text) => return Ok(Some(Found::NotSaved(NotSaved::Test(text)))),
            None if only_test => return Ok(Some(Found::Passed)),
            None => {}
        }
    }
    state.hub.update_model(&actor, model.id, update).await?;
    Ok(None)
}

fn update_of(typed: &TypedModel) -> Result<UpdateModel, FieldError> {
    Ok(UpdateModel {
        name: Some(typed.name.clone()),
        base_url: Some(typed.base_url.clone()),
        model: Some(typed.model.clone()),
        key: Some(typed.key.0.clone()).filter(|key| !key.is_empty()),
        fallback: Some(typed.fallback()?),
        row_version: typed.row_version.parse().ok(),
    })
}

/// Whether another address, model or key is asked from now on.
fn reaches_elsewhere(model: &ModelView, typed: &TypedModel) -> bool {
    typed.base_url != model.base_url || typed.model != model.model || !typed.key.0.is_empty()
}

async fn found(state: &AppState, id: ModelId) -> Result<(ModelView, Vec<ModelView>), Problem> {
    let all = state.hub.list_models().await?;
    let model = all.iter().find(|model| model.id == id).cloned();
    Ok((model.ok_or_else(Problem::not_found)?, all))
}

async fn stale(
    state: &AppState,
    asked: Asked,
    admin: &Admin,
    id: ModelId,
    typed: &TypedModel,
) -> Result<Response, Problem> {
    // The newer version's number is in the form, so sending it again keeps what was typed.
    let (model, all) = found(state, id).await?;
    let mut form = ModelForm::of(&model, &all);
    typed.fill(&mut form);
    // The audit log names a model API by the name that it had, so the moment has to tell which change it was.
    let filter = AuditFilter {
        since: Some(model.updated_at),
        until: Some(model.updated_at),
        ..AuditFilter::default()
    };
    let of_model = |change: &AuditRow| change.target_kind == "model";
    form.failed = Some(Failed {
        title: "Nothing was saved.",
        text: who_was_first(state, "this", &filter, of_model).await?,
        anyway: false,
        theirs: Some(form.action.clone()),
    });
    let shell = asked.shell(state, &admin.0, Section::Settings).await;
    Ok(page_about(
        EditModelError::Stale,
        &view(shell, &model, form),
    ))
}

fn view(shell: Shell, model: &ModelView, form: ModelForm) -> ModelFormPage {
    ModelFormPage {
        shell,
        title: model.name.clone(),
        lead: "Another address, model or key is tested before it is saved. The agent’s next message uses it.",
        form,
    }
}
