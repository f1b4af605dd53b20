//! `/settings/models/{id}/remove`: the question with its consequence, and the removal.

use axum::extract::{Path, State};
use axum::response::Response;
use tieline_hub::ModelView;

use super::page::known;
use super::view::RemoveModelPage;
use crate::auth::Admin;
use crate::dashboard::asked::Asked;
use crate::dashboard::page::{go, page};
use crate::dashboard::shell::Section;
use crate::problem::Problem;
use crate::state::AppState;

/// Asks.
pub(crate) async fn remove_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    let all = state.hub.list_models().await?;
    let model = all.iter().find(|model| model.id == id);
    let model = model.ok_or_else(Problem::not_found)?;
    Ok(page(&RemoveModelPage {
        shell: asked.shell(&state, &who, Section::Settings).await,
        id: id.to_string(),
        name: model.name.clone(),
        consequence: consequence(model, &all),
        key_fate: if model.key_set {
            "The key is deleted."
        } else {
            "It has no key."
        },
    }))
}

/// Removes it.
pub(crate) async fn remove_model(
    State(state): State<AppState>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    state.hub.remove_model(&admin.actor(), id).await?;
    Ok(go("/settings/models?done=model_removed"))
}

/// Who asks what from the next message on.
fn consequence(model: &ModelView, all: &[ModelView]) -> String {
    let mut others = all.iter().filter(|other| other.id != model.id);
    let next = match others.next() {
        None => {
            return "It is the only one: the agent stops answering until another one is added. The gateway is not affected.".to_owned();
        }
        Some(oldest) if model.is_default => &oldest.name,
        Some(_) => {
            let default = all.iter().find(|other| other.is_default);
            default.map_or("the default", |default| &default.name)
        }
    };
    let fallback_of = all.iter().filter(|other| other.fallback == Some(model.id));
    let names: Vec<&str> = fallback_of.map(|other| other.name.as_str()).collect();
    let lost = match names.as_slice() {
        [] => String::new(),
        names => format!(" {} will have no fallback.", names.join(" and ")),
    };
    if model.is_default {
        format!(
            "It is the default. {next} becomes the default, and sessions ask it from their next message.{lost}"
        )
    } else {
        format!("Sessions that chose it cannot go on with it; new ones ask {next}.{lost}")
    }
}
