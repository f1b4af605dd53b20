//! The form of a model API: what was typed, and the form that shows it again. The key is never shown again.

use serde::Deserialize;
use tieline_domain::{Actor, FieldError, ModelDraft, ModelId, ModelKind, ModelUrl};
use tieline_hub::{AddModelError, ModelView};

use super::view::{Failed, FallbackChoice, KindChoice, ModelForm};
use crate::dashboard::parts::Field;
use crate::dashboard::secret::Secret;
use crate::problem::Problem;
use crate::state::AppState;

const KEY_HELP: &str = "Stored encrypted, never shown again.";

/// The fields, and the button that was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TypedModel {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) model: String,
    pub(crate) key: Secret,
    pub(crate) fallback: String,
    pub(crate) row_version: String,
    pub(crate) action: String,
}

/// Why nothing was saved.
#[derive(Debug)]
pub(crate) enum NotSaved {
    /// Fields that need another look.
    Fields(Vec<FieldError>),
    /// The model API did not pass the test; it may be saved all the same.
    Test(String),
}

impl NotSaved {
    /// The status of the page that says so.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Fields(fields) => Problem::invalid(fields.clone()),
            Self::Test(text) => Problem::model_test_failed(text.clone()),
        }
    }
}

impl TypedModel {
    /// Whether the admin saw the failed test and wants it saved all the same.
    pub(crate) fn anyway(&self) -> bool {
        self.action == "anyway"
    }

    /// The chosen fallback, or what is wrong with the choice.
    pub(crate) fn fallback(&self) -> Result<Option<ModelId>, FieldError> {
        match self.fallback.trim() {
            "" => Ok(None),
            id => ModelId::parse(id)
                .map(Some)
                .map_err(|error| FieldError::new("fallback", "fallback_unknown", &error)),
        }
    }

    /// Tests what was typed and adds it. `Ok(None)` means that it was added.
    pub(crate) async fn add(
        &self,
        state: &AppState,
        actor: &Actor,
    ) -> Result<Option<NotSaved>, Problem> {
        let fallback = match self.fallback() {
            Ok(fallback) => fallback,
            Err(error) => return Ok(Some(NotSaved::Fields(vec![error]))),
        };
        let draft = ModelDraft {
            name: self.name.clone(),
            kind: self.kind.clone(),
            base_url: self.base_url.clone(),
            model: self.model.clone(),
            key: self.key.0.clone(),
            fallback,
        };
        let new = match draft.parse() {
            Ok(new) => new,
            Err(fields) => return Ok(Some(NotSaved::Fields(fields))),
        };
        if let Some(field) = state.hub.refused_model(&new).await? {
            return Ok(Some(NotSaved::Fields(vec![field])));
        }
        if !self.anyway() {
            let candidate = state.hub.model_to_test(&new);
            if let Err(error) = state.models.check(&candidate).await {
                return Ok(Some(NotSaved::Test(error.to_string())));
            }
        }
        match state.hub.add_model(actor, new).await {
            Ok(_) => Ok(None),
            Err(AddModelError::Invalid { fields }) => Ok(Some(NotSaved::Fields(fields))),
            Err(AddModelError::Store(error)) => Err(error.into()),
        }
    }

    /// Puts what was typed into a form, except the key.
    pub(crate) fn fill(&self, form: &mut ModelForm) {
        form.name.value.clone_from(&self.name);
        form.base_url.value.clone_from(&self.base_url);
        form.model.value.clone_from(&self.model);
        form.caution = caution(&self.base_url);
        form.key_again = !self.key.0.is_empty();
        for choice in &mut form.fallbacks {
            choice.chosen = choice.id == self.fallback;
        }
    }
}

impl ModelForm {
    /// An empty form for a kind, with what its maker's own address needs filled in.
    pub(crate) fn of_kind(here: &str, kind: ModelKind, others: &[ModelView]) -> Self {
        let maker = match kind {
            ModelKind::Anthropic => "Anthropic",
            ModelKind::OpenAi => "OpenAI",
        };
        let is_free = others.iter().all(|other| other.name != maker);
        Self {
            action: here.to_owned(),
            kinds: ModelKind::ALL
                .map(|choice| kind_choice(here, choice, kind))
                .into(),
            kind: kind.as_str(),
            kind_help: kind_help(kind),
            name: Field::required(if is_free { maker } else { "" })
                .help("What people choose it by."),
            base_url: Field::required(kind.default_base_url().as_str()),
            model: Field::required(kind.default_model())
                .help("Any model that this API knows, by the name that it uses."),
            key: Field::default().help(KEY_HELP),
            fallbacks: fallbacks(others, None, None),
            ..Self::default()
        }
    }

    /// The form of one that exists.
    pub(crate) fn of(model: &ModelView, others: &[ModelView]) -> Self {
        let kept = match &model.key_hint {
            Some(tail) => format!("Leave empty to keep …{tail}"),
            None if model.key_set => "Leave empty to keep the stored key".to_owned(),
            None => String::new(),
        };
        Self {
            action: format!("/settings/models/{}", model.id),
            kind: model.kind.as_str(),
            row_version: model.row_version.to_string(),
            name: Field::required(model.name.as_str()),
            base_url: Field::required(model.base_url.as_str()),
            caution: caution(&model.base_url),
            model: Field::required(model.model.as_str()),
            key: Field {
                placeholder: kept,
                ..Field::default()
            }
            .help(KEY_HELP),
            key_stored: model.key_set,
            fallbacks: fallbacks(others, Some(model.id), model.fallback),
            exists: true,
            ..Self::default()
        }
    }

    /// Shows why nothing was saved.
    pub(crate) fn explain(&mut self, not_saved: &NotSaved) {
        match not_saved {
            NotSaved::Fields(fields) => {
                for field in fields {
                    let place = match field.field {
                        "name" => &mut self.name.problem,
                        "base_url" | "kind" => &mut self.base_url.problem,
                        "model" => &mut self.model.problem,
                        "fallback" => &mut self.fallback_problem,
                        _ => &mut self.key.problem,
                    };
                    place.clone_from(&field.detail);
                }
            }
            NotSaved::Test(text) => {
                self.failed = Some(Failed {
                    title: "The test failed, so nothing was saved.",
                    text: text.clone(),
                    anyway: true,
                    theirs: None,
                });
            }
        }
    }
}

fn kind_choice(here: &str, kind: ModelKind, at: ModelKind) -> KindChoice {
    KindChoice {
        label: kind.title(),
        note: match kind {
            ModelKind::Anthropic => "Claude models",
            ModelKind::OpenAi => "Any base URL, also local",
        },
        href: format!("{here}?kind={kind}"),
        current: kind == at,
    }
}

fn kind_help(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Anthropic => "Claude, through Anthropic’s Messages API.",
        ModelKind::OpenAi => {
            "OpenAI, and what speaks its chat completions: Ollama, vLLM, OpenRouter, Azure. A server of your own may need no key."
        }
    }
}

fn fallbacks(
    others: &[ModelView],
    own: Option<ModelId>,
    chosen: Option<ModelId>,
) -> Vec<FallbackChoice> {
    others
        .iter()
        .filter(|other| Some(other.id) != own)
        .map(|other| FallbackChoice {
            id: other.id.to_string(),
            name: other.name.clone(),
            chosen: Some(other.id) == chosen,
        })
        .collect()
}

/// What to know about a base URL without stopping anybody.
fn caution(base_url: &str) -> &'static str {
    match ModelUrl::parse(base_url) {
        Ok(url) if url.is_plain_http() => {
            "Plain HTTP: the key and all conversations travel unencrypted. Use it only inside a network you trust."
        }
        _ => "",
    }
}
