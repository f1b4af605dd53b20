//! `tieline model add|list|default|remove`.

use serde_json::json;
use tieline_agent::ModelChecker;
use tieline_domain::{Actor, ModelDraft};
use tieline_hub::{AddModelError, ModelView};
use tieline_store::StoreError;

use super::{read_stdin, say, table};
use crate::cli::ModelCommand;
use crate::compose::Composed;
use crate::failure::Failure;

pub(crate) async fn run(command: ModelCommand, composed: &Composed) -> Result<(), Failure> {
    match command {
        ModelCommand::Add {
            kind,
            name,
            base_url,
            model,
            key_stdin,
            fallback,
            skip_test,
        } => {
            let mut draft = ModelDraft {
                name,
                kind,
                base_url,
                model,
                ..ModelDraft::default()
            };
            if let Some(fallback) = fallback {
                draft.fallback = Some(named(composed, &fallback).await?.id);
            }
            if key_stdin {
                draft.key = read_stdin()?;
            }
            add(composed, &draft, skip_test).await
        }
        ModelCommand::List { json } => list(composed, json).await,
        ModelCommand::Default { name } => {
            let model = named(composed, &name).await?;
            let hub = &composed.hub;
            hub.set_default_model(&Actor::CommandLine, model.id).await?;
            Ok(())
        }
        ModelCommand::Remove { name } => {
            let model = named(composed, &name).await?;
            let hub = &composed.hub;
            hub.remove_model(&Actor::CommandLine, model.id).await?;
            Ok(())
        }
    }
}

/// Bad input is found before the test, so that a taken name does not cost a request.
async fn add(composed: &Composed, draft: &ModelDraft, skip_test: bool) -> Result<(), Failure> {
    let hub = &composed.hub;
    let new = draft.parse().map_err(|fields| Failure::fields(&fields))?;
    if let Some(field) = hub.refused_model(&new).await? {
        return Err(Failure::fields(&[field]));
    }
    if !skip_test {
        let candidate = hub.model_to_test(&new);
        let tested = ModelChecker::new(hub).check(&candidate).await;
        tested.map_err(|error| {
            Failure::test_failed(format!("{error} Nothing was saved."))
                .hint("--skip-test saves it without asking it.")
        })?;
    }
    match hub.add_model(&Actor::CommandLine, new).await {
        Ok(added) => {
            say(added.name);
            Ok(())
        }
        Err(AddModelError::Invalid { fields }) => Err(Failure::fields(&fields)),
        Err(AddModelError::Store(error)) => Err(error.into()),
    }
}

async fn list(composed: &Composed, as_json: bool) -> Result<(), Failure> {
    let models = composed.hub.list_models().await?;
    if as_json {
        let all: Vec<_> = models.iter().map(to_json).collect();
        say(serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let head = ["NAME", "KIND", "MODEL", "KEY", "DEFAULT", "FALLBACK", "URL"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for model in models {
        let key = match (model.key_set, model.key_hint) {
            (true, Some(tail)) => format!("…{tail}"),
            (true, None) => "set".to_owned(),
            (false, _) => "none".to_owned(),
        };
        rows.push(vec![
            model.name,
            model.kind.to_string(),
            model.model,
            key,
            if model.is_default { "yes" } else { "" }.to_owned(),
            model.fallback_name.unwrap_or_default(),
            model.base_url,
        ]);
    }
    say(table(&rows));
    Ok(())
}

fn to_json(model: &ModelView) -> serde_json::Value {
    json!({
        "id": model.id, "name": model.name, "kind": model.kind, "base_url": model.base_url, "model": model.model,
        "default": model.is_default, "fallback": model.fallback_name, "key_set": model.key_set,
        "created_at": model.created_at, "updated_at": model.updated_at,
    })
}

async fn named(composed: &Composed, name: &str) -> Result<ModelView, Failure> {
    match composed.hub.model_by_name(name).await {
        Ok(model) => Ok(model),
        Err(StoreError::NotFound) => {
            Err(Failure::bad_input("There is no model API with this name.")
                .hint("`tieline model list` shows every model API."))
        }
        Err(error) => Err(error.into()),
    }
}
